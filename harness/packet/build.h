// Frames made to measure: IP, TCP, UDP and ICMP with right lengths and checksums unless a field is
// set to break them. For tests, and for what the harness sends itself. Plain values and pure
// functions; each layer takes the bytes of the one inside it:
//
//   ethernet(ip(client.address, server.address, 6, tcp(client, server, {.seq = 1, .flags = syn})))
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "packet/packet.h"

namespace wireproof::packet::build {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

Bytes text(std::string_view characters);
Bytes join(std::initializer_list<View> parts);
Endpoint endpoint(std::string_view address, std::uint16_t port);  // throws on a bad address

struct TcpFields {
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t flags = flag::ack;
  std::uint16_t window = 65535, urgent = 0;
  Bytes options = {};                            // padded with zeros to whole words
  std::optional<std::uint8_t> data_offset = {};  // words
  std::optional<std::uint16_t> checksum = {};
  bool offloaded = false;  // the checksum is left as Linux leaves it to hardware
};
struct UdpFields {
  std::optional<std::uint16_t> length = {}, checksum = {};
};
struct IpFields {
  std::uint8_t ttl = 64, traffic_class = 0;
  std::uint32_t id = 0;
  bool dont_fragment = true;
  std::uint16_t fragment_offset = 0;  // bytes; with more_fragments, makes a fragment header in IPv6
  bool more_fragments = false;
  Bytes options = {};                // IPv4: padded to whole words. IPv6: extension headers, whole
  std::uint8_t first_extension = 0;  // IPv6: what the first of them is, when there are any
  std::optional<std::uint16_t> length = {},
                               checksum = {};  // the length field; IPv4's header checksum
};

Bytes option_mss(std::uint16_t mss);
Bytes option_window_scale(std::uint8_t shift);
Bytes option_sack_permitted();
Bytes option_timestamps(std::uint32_t value, std::uint32_t echo_reply);
Bytes option_sack(std::initializer_list<TcpOptions::SackBlock> blocks);

Bytes tcp(const Endpoint& from, const Endpoint& to, const TcpFields& fields, View payload = {});
Bytes udp(const Endpoint& from, const Endpoint& to, View payload, const UdpFields& fields = {});
// An ICMP or ICMPv6 message by the family of `from`; `rest` are the four bytes after the checksum.
Bytes icmp(const Address& from, const Address& to, std::uint8_t type, std::uint8_t code,
           std::uint32_t rest, View body);

// The IP packet around `payload`; its family is that of `from`.
Bytes ip(const Address& from, const Address& to, std::uint8_t protocol, View payload,
         const IpFields& fields = {});

// Around an IP packet; without padding. Tags as {0x88A8, id}, outermost first.
struct VlanTag {
  std::uint16_t type = 0x8100, id = 0;
};
Bytes ethernet(View ip_packet, std::initializer_list<VlanTag> tags = {});
// In the header of any link type (Ethernet's MAC addresses are zero).
Bytes link(LinkType type, View ip_packet);

// A whole frame in one call: Ethernet, IP and the segment or datagram.
Bytes tcp_frame(const Endpoint& from, const Endpoint& to, const TcpFields& fields,
                View payload = {});
Bytes udp_frame(const Endpoint& from, const Endpoint& to, View payload,
                const UdpFields& fields = {});

// A view of `bytes`, which must live as long.
Frame frame(View bytes, std::uint64_t number = 1, std::int64_t time_ns = 0,
            LinkType type = LinkType::ethernet);

}  // namespace wireproof::packet::build
