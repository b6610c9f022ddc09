// The link layer of a frame: where the next layer begins and what it is. Thread rule: pure
// functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "packet/packet.h"

namespace wireproof::packet {

namespace ether_type {
inline constexpr std::uint16_t ipv4 = 0x0800, arp = 0x0806, vlan = 0x8100, ipv6 = 0x86DD,
                               qinq = 0x88A8, old_qinq = 0x9100;
}

struct LinkHeader {
  std::uint16_t type = 0;  // an EtherType; 0: none that we know
  std::size_t length = 0;  // bytes before the next layer
  std::uint8_t vlan_tags = 0;
  bool cut = false;
  std::string_view malformed;
};

LinkHeader decode_link(const Frame& frame);

}  // namespace wireproof::packet
