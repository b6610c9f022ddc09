// What a tunnel's packet carries: IP in IP (RFC 2003, RFC 4213, RFC 2473), GRE (RFC 2784, RFC 2890)
// with IP or Ethernet in it, and VXLAN (RFC 7348). Thread rule: pure functions.
#pragma once

#include <optional>

#include "packet/packet.h"

namespace wireproof::packet {

// The frame inside, with the number and time of the one around it; decode it as any other. Nothing:
// it is no tunnel's, or a fragment of one. The view lives as long as the packet's.
std::optional<Frame> inner_frame(const Packet& packet);

}  // namespace wireproof::packet
