// IPv4 and IPv6 headers with their options and extension headers, of a packet or of the beginning
// of one that an ICMP error quotes. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "packet/packet.h"

namespace wireproof::packet {

namespace ip_protocol {
inline constexpr std::uint8_t hop_by_hop = 0, icmp = 1, tcp = 6, udp = 17, routing = 43,
                              fragment = 44, esp = 50, ah = 51, icmpv6 = 58, none = 59,
                              destination = 60, mobility = 135, hip = 139, shim6 = 140;
}

struct IpHeader {
  Address source, destination;
  Address final_destination;  // what checksums cover: of a routing header, the last address
  bool final_destination_known = true;
  std::uint8_t protocol = 0;  // after all extension headers
  std::uint8_t traffic_class = 0, ttl = 0;
  std::uint32_t id = 0;
  bool dont_fragment = false, is_fragment = false, more_fragments = false;
  std::uint16_t fragment_offset = 0;  // bytes
  std::uint32_t fragment_data = 0;  // where the fragment's part begins: after the headers before it
  std::uint32_t length = 0;         // of the headers, all together
  std::uint32_t payload_length = 0;  // after them, as the length fields say
  Checksum checksum = Checksum::unknown;
  bool cut = false;      // headers not captured to their end: protocol is not reached
  bool stopped = false;  // malformed such that no transport header follows
  std::string_view malformed;
};

// `bytes` are those captured from the IP header on, `on_wire` how many there were. A quoted packet
// (`quoted`) may end anywhere, whatever its length field says.
IpHeader decode_ipv4(std::span<const std::uint8_t> bytes, std::uint32_t on_wire, bool verify,
                     bool quoted);
IpHeader decode_ipv6(std::span<const std::uint8_t> bytes, std::uint32_t on_wire, bool quoted);

}  // namespace wireproof::packet
