// Whether a packet is one that a rule names. Thread rule: pure functions.
#pragma once

#include <string>

#include "packet/packet.h"
#include "wire/conversation.h"
#include "wire/model.h"

namespace wireproof::wire {

// ARP, neighbour discovery, multicast listener reports, and what is no IP at all.
bool is_housekeeping(const packet::Packet& packet);

// All that `on` says but for `nth`. `direction` is one of the two.
bool fits(const Match& on, const packet::Packet& packet, const Standing& standing,
          Direction direction);

// "SYN from the client, without ACK"
std::string describe(const Match& on);

}  // namespace wireproof::wire
