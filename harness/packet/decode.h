// Decoding of frames: link layer, IP, and TCP, UDP or ICMP. Never throws; what is wrong with a
// packet is in it (`malformed`, `cut`). Thread rule: pure functions.
#pragma once

#include "packet/packet.h"

namespace wireproof::packet {

// `verify_checksums` costs a pass over the payload.
Packet decode(const Frame& frame, bool verify_checksums = true);
// The same into a packet that is used again, which held what decode() made of another frame: no
// copy where there are millions.
void decode(const Frame& frame, bool verify_checksums, Packet& packet);

}  // namespace wireproof::packet
