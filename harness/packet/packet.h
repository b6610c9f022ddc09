// One captured frame, and what decoding found in it. Views: `Frame::bytes` and the spans of Packet
// point into the capture's memory and live as long as that does. No copies, no allocation.
// Plain values: no thread rule.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wireproof::packet {

// Numbers as capture files carry them (https://www.tcpdump.org/linktypes.html). DLT_RAW's other
// numbers (12, 14) are mapped to `raw` when a file is opened.
enum class LinkType : std::uint16_t {
  null = 0,
  ethernet = 1,
  ppp = 9,
  raw = 101,
  loop = 108,
  cooked_v1 = 113,
  ipv4 = 228,
  ipv6 = 229,
  cooked_v2 = 276,
};

struct Frame {
  std::uint64_t number = 0;  // place in the capture, from 1 (as Wireshark numbers frames)
  std::int64_t time_ns = 0;  // CLOCK_REALTIME
  LinkType link = LinkType::ethernet;
  std::uint32_t wire_length = 0;  // bytes on the wire; bytes.size() is what was captured
  std::span<const std::uint8_t> bytes;
  // The capture's clock (tcp/trace_clock.h) at this frame, where its packets are dealt out: what
  // one tracker forgets by the time must not depend on which packets the others have. 0: not dealt
  // out.
  std::int64_t clock_ns = 0;
};

enum class Family : std::uint8_t { none, ipv4, ipv6 };

struct Address {
  Family family = Family::none;
  std::array<std::uint8_t, 16> bytes{};  // an IPv4 address in the first four
  friend auto operator<=>(const Address&, const Address&) = default;
};
std::string to_string(const Address&);  // inet_ntop's form
std::optional<Address> parse_address(std::string_view text);

struct Endpoint {
  Address address;
  std::uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};
std::string to_string(const Endpoint&);  // "192.0.2.1:80", "[2001:db8::1]:80"

enum class Protocol : std::uint8_t { none, tcp, udp, icmp, icmpv6, arp, other };

enum class Checksum : std::uint8_t {
  unknown,  // not all bytes were captured, or a fragment
  good,
  bad,
  partial,  // holds only the pseudo-header's sum: left to hardware that never came (offload)
  absent,   // UDP with zero: not used (RFC 768; over IPv6 forbidden, RFC 8200 8.1)
};

// The TCP flag bits as in the header's 13th and 14th octet (RFC 9293 3.1, RFC 3168, RFC 9768).
namespace flag {
inline constexpr std::uint16_t fin = 0x001, syn = 0x002, rst = 0x004, psh = 0x008, ack = 0x010,
                               urg = 0x020, ece = 0x040, cwr = 0x080, ae = 0x100;
}
std::string flags_text(std::uint16_t flags);  // "SYN", "FIN ACK", "none"

struct TcpOptions {
  struct Timestamps {
    std::uint32_t value = 0, echo_reply = 0;
  };
  struct SackBlock {
    std::uint32_t left = 0, right = 0;
  };
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;
  std::optional<Timestamps> timestamps;
  std::array<SackBlock, 4> sack{};
  std::uint8_t sack_count = 0;
  bool sack_permitted = false;
  bool fast_open = false;  // RFC 7413
  std::uint8_t fast_open_cookie_length = 0;
  bool mptcp = false;                         // RFC 8684
  bool md5_or_ao = false;                     // RFC 2385, RFC 5925
  std::optional<std::uint16_t> user_timeout;  // RFC 5482, raw
  std::uint8_t unknown_count = 0;
  // Empty, or what is malformed: "option 8 has length 0". Parsing stopped there.
  std::string_view malformed;
};

struct TcpHeader {
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t flags = 0;
  std::uint16_t window = 0;  // as sent, unscaled
  std::uint16_t urgent = 0;
  std::uint8_t header_length = 0;  // bytes
  TcpOptions options;
  bool has(std::uint16_t wanted) const { return (flags & wanted) == wanted; }
};

// An ICMP error (RFC 792, RFC 4443) and the datagram it quotes.
struct IcmpHeader {
  std::uint8_t type = 0, code = 0;
  std::uint16_t mtu = 0;  // fragmentation needed / packet too big
  bool is_error = false;
  Protocol quoted_protocol = Protocol::none;
  Endpoint quoted_source, quoted_destination;
  std::optional<std::uint32_t> quoted_tcp_seq;
  std::uint16_t quoted_udp_length = 0;
};

struct Packet {
  Frame frame;
  // tcp and udp only where the fields below hold: TCP up to its flags, UDP's whole header. A later
  // fragment, or a header cut before that, is `other` and known by ip_protocol.
  Protocol protocol = Protocol::none;
  std::uint8_t ip_protocol = 0;  // IANA's number after all extension headers: 6, 17 ...
  std::uint16_t ether_type = 0;  // as the link layer says or, where it does not, as IP's version
  Endpoint source, destination;  // ports are 0 but for TCP and UDP
  std::uint8_t ttl = 0;
  std::uint8_t ecn = 0;  // IP's two ECN bits
  std::uint8_t dscp = 0;
  std::uint32_t ip_id = 0;  // IPv6: the fragment header's, else 0
  bool dont_fragment = false;
  bool is_fragment = false;
  std::uint16_t fragment_offset = 0;  // bytes
  bool more_fragments = false;
  // Of a fragment: where in frame.bytes its part of the original packet begins, and how long that
  // is by the length fields. In a first fragment the transport header may stand further on.
  std::uint32_t fragment_data = 0, fragment_length = 0;
  std::uint8_t vlan_tags = 0;
  bool cut = false;  // the capture has not all bytes of the headers below
  // Empty, or what breaks the rules of its own format: "TCP data offset 3 is below 5". Such a
  // packet has the fields up to there.
  std::string_view malformed;
  Checksum ip_checksum = Checksum::unknown;  // IPv4 only
  Checksum checksum = Checksum::unknown;     // of TCP, UDP or ICMP

  TcpHeader tcp;                 // when protocol == tcp
  IcmpHeader icmp;               // when protocol == icmp or icmpv6
  std::uint16_t udp_length = 0;  // when protocol == udp: its header's length field
  // Where in frame.bytes IP's and the transport's header begin; 0: they were not reached. The end
  // of IP's headers is the transport offset.
  std::uint32_t ip_offset = 0, transport_offset = 0;
  std::uint32_t payload_length = 0;  // as IP and transport lengths state it
  // By decode(): of an ordinary TCP segment in an ordinary frame. What such a one cannot have is as
  // in a new Packet, and need not be made so again.
  bool plain = false;
  std::span<const std::uint8_t> payload;  // what of it was captured
};

}  // namespace wireproof::packet
