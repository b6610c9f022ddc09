#include "packet/tunnel.h"

#include <algorithm>

#include "packet/bytes.h"
#include "packet/link.h"

namespace wireproof::packet {
namespace {

namespace protocol {
constexpr std::uint8_t ipv4 = 4, ipv6 = 41, gre = 47;
}
constexpr std::uint16_t vxlan_port = 4789, old_vxlan_port = 8472;  // IANA's; Linux's before it
constexpr std::uint16_t transparent_ethernet = 0x6558;

// What of the packet's payload lies behind `header` bytes.
std::optional<Frame> behind(const Packet& packet, std::size_t header, LinkType link) {
  if (packet.payload.size() <= header) return std::nullopt;
  Frame frame = packet.frame;
  frame.link = link;
  frame.bytes = packet.payload.subspan(header);
  frame.wire_length =
      static_cast<std::uint32_t>(std::max<std::size_t>(packet.payload_length, header) - header);
  return frame;
}

// 0   1   2   3           13    16                             31
// | C | 0 | K | S |   0   | version |       protocol type       |
// |    checksum, reserved (C)   |    key (K)    | sequence (S)  |
std::optional<Frame> inside_gre(const Packet& packet) {
  if (packet.payload.size() < 4) return std::nullopt;
  const std::uint16_t flags = be16(packet.payload.data()), type = be16(packet.payload.data() + 2);
  constexpr std::uint16_t checksum = 0x8000, routing = 0x4000, key = 0x2000, sequence = 0x1000,
                          version = 0x0007;
  if ((flags & (routing | version)) != 0) return std::nullopt;
  std::size_t header = 4;
  for (const std::uint16_t four_more : {checksum, key, sequence})
    if ((flags & four_more) != 0) header += 4;
  switch (type) {
    case ether_type::ipv4:
      return behind(packet, header, LinkType::ipv4);
    case ether_type::ipv6:
      return behind(packet, header, LinkType::ipv6);
    case transparent_ethernet:
      return behind(packet, header, LinkType::ethernet);
    default:
      return std::nullopt;
  }
}

// | flags (0x08: the network's number is valid) | reserved | VNI | reserved |
std::optional<Frame> inside_vxlan(const Packet& packet) {
  if (packet.payload.size() < 8 || (packet.payload[0] & 0x08) == 0) return std::nullopt;
  return behind(packet, 8, LinkType::ethernet);
}

}  // namespace

std::optional<Frame> inner_frame(const Packet& packet) {
  if (packet.is_fragment) return std::nullopt;
  if (packet.protocol == Protocol::udp) {
    const std::uint16_t port = packet.destination.port;
    return port == vxlan_port || port == old_vxlan_port ? inside_vxlan(packet) : std::nullopt;
  }
  if (packet.protocol != Protocol::other || packet.transport_offset == 0) return std::nullopt;
  switch (packet.ip_protocol) {
    case protocol::ipv4:
      return behind(packet, 0, LinkType::ipv4);
    case protocol::ipv6:
      return behind(packet, 0, LinkType::ipv6);
    case protocol::gre:
      return inside_gre(packet);
    default:
      return std::nullopt;
  }
}

}  // namespace wireproof::packet
