// Words for what stands in datagrams as numbers. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "packet/packet.h"

namespace wireproof::udp {

// "ICMP port unreachable", "ICMPv6 packet too big", "ICMP type 3 code 99".
std::string icmp_text(packet::Family family, std::uint8_t type, std::uint8_t code);

}  // namespace wireproof::udp
