#include "packet/link.h"

#include "packet/bytes.h"

namespace wireproof::packet {
namespace {

using Bytes = std::span<const std::uint8_t>;

LinkHeader cut() {
  LinkHeader link;
  link.cut = true;
  return link;
}

// IP without anything before it: told by its version.
LinkHeader bare_ip(Bytes bytes, std::size_t offset) {
  if (bytes.size() <= offset) return cut();
  LinkHeader link;
  link.length = offset;
  const unsigned version = bytes[offset] >> 4;
  if (version == 4) {
    link.type = ether_type::ipv4;
  } else if (version == 6) {
    link.type = ether_type::ipv6;
  } else {
    link.malformed = "IP version is neither 4 nor 6";
  }
  return link;
}

// `type` may be that of a VLAN tag (IEEE 802.1Q): two bytes of tag, then the next type.
LinkHeader after_type(Bytes bytes, std::uint16_t type, std::size_t offset) {
  LinkHeader link;
  while (type == ether_type::vlan || type == ether_type::qinq || type == ether_type::old_qinq) {
    if (bytes.size() < offset + 4) return cut();
    type = be16(bytes.data() + offset + 2);
    offset += 4;
    // Saturates: a frame of nothing but tags must not wrap to none.
    if (link.vlan_tags < 255) ++link.vlan_tags;
  }
  link.length = offset;
  link.type = type;
  // Below 1536 it is a length (IEEE 802.3); LLC with SNAP says the type after all (RFC 1042).
  if (type < 0x0600) {
    link.type = 0;
    static constexpr std::uint8_t snap[] = {0xAA, 0xAA, 0x03, 0, 0, 0};
    if (bytes.size() >= offset + 8 && std::memcmp(bytes.data() + offset, snap, sizeof snap) == 0) {
      link.type = be16(bytes.data() + offset + 6);
      link.length = offset + 8;
    }
  }
  return link;
}

LinkHeader ethernet(Bytes bytes) {
  if (bytes.size() < 14) return cut();
  return after_type(bytes, be16(bytes.data() + 12), 14);
}

// https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html: the protocol field is an EtherType
// for interfaces with packets of their own framing; netlink's and radiotap's are not.
LinkHeader cooked(Bytes bytes, std::size_t length, std::size_t arphrd_at, std::size_t type_at) {
  if (bytes.size() < length) return cut();
  constexpr std::uint16_t netlink = 824, radiotap = 803, gre = 778;
  const std::uint16_t arphrd = be16(bytes.data() + arphrd_at);
  if (arphrd == netlink || arphrd == radiotap || arphrd == gre) {
    LinkHeader link;
    link.length = length;
    return link;
  }
  return after_type(bytes, be16(bytes.data() + type_at), length);
}

// Four bytes of address family: in the capturing machine's order (NULL) or the network's (LOOP);
// both are tried, since the file may come from elsewhere. AF_INET6 differs by system: 10 on Linux,
// 24 NetBSD and OpenBSD, 28 FreeBSD, 30 Darwin.
LinkHeader address_family(Bytes bytes) {
  if (bytes.size() < 4) return cut();
  LinkHeader link;
  link.length = 4;
  const std::uint32_t first = be32(bytes.data());
  for (const std::uint32_t family : {first, swapped(first)}) {
    if (family == 2) link.type = ether_type::ipv4;
    if (family == 10 || family == 24 || family == 28 || family == 30) link.type = ether_type::ipv6;
  }
  return link;
}

// RFC 1661 2 and RFC 1662 3.1: address and control bytes may be there or not, and a protocol number
// whose first byte is odd is that one byte.
LinkHeader ppp(Bytes bytes) {
  std::size_t at = 0;
  if (bytes.size() >= 2 && bytes[0] == 0xFF && bytes[1] == 0x03) at = 2;
  if (bytes.size() < at + 1 || (at == 0 && bytes.size() == 1)) return cut();
  std::uint16_t protocol = bytes[at];
  if ((protocol & 1) != 0) {
    at += 1;
  } else {
    if (bytes.size() < at + 2) return cut();
    protocol = be16(bytes.data() + at);
    at += 2;
  }
  LinkHeader link;
  link.length = at;
  link.type = protocol == 0x21 ? ether_type::ipv4 : protocol == 0x57 ? ether_type::ipv6 : 0;
  return link;
}

}  // namespace

LinkHeader decode_link(const Frame& frame) {
  const Bytes bytes = frame.bytes;
  switch (frame.link) {
    case LinkType::ethernet:
      return ethernet(bytes);
    case LinkType::cooked_v1:
      return cooked(bytes, 16, 2, 14);
    case LinkType::cooked_v2:
      return cooked(bytes, 20, 8, 0);
    case LinkType::null:
    case LinkType::loop:
      return address_family(bytes);
    case LinkType::ppp:
      return ppp(bytes);
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return bare_ip(bytes, 0);
  }
  return {};
}

}  // namespace wireproof::packet
