// Frames changed: fields, checksums, lengths; truncated, split, joined, fragmented. Frames are
// Ethernet, IPv4 or IPv6. An edit that the frame has no place for (a TCP field in a datagram)
// leaves it alone and says why. Thread rule: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "packet/packet.h"
#include "wire/conversation.h"
#include "wire/model.h"

namespace wireproof::wire {

using View = std::span<const std::uint8_t>;

struct Edited {
  bool done = false;
  std::string what;  // "window 64240 -> 0"; or why not
};

// Without verifying checksums.
packet::Packet decoded(View frame);

// IP's length field from the frame's end (Ethernet padding would count: cut it first), UDP's too.
void mend_lengths(Bytes& frame);
// IPv4's header checksum and the transport's; a fragment's transport checksum is left alone.
void mend_checksums(Bytes& frame);

Edited set_fields(Bytes& frame, const SetFields& fields, const Standing& standing);
Edited corrupt(Bytes& frame, const Corrupt& corruption);
// Flips the bit that `random` picks among those behind IP's headers.
Edited flip_bit(Bytes& frame, std::uint64_t random);
Edited truncate(Bytes& frame, const Truncate& truncation);

// Two TCP segments; the first without FIN and PSH. nullopt: there are not more bytes than that.
std::optional<std::pair<Bytes, Bytes>> split(View frame, std::uint32_t payload_bytes);
// One TCP segment with the header of the second, and both's FIN and PSH. nullopt: the second does
// not continue the first, or together they exceed `mtu`.
std::optional<Bytes> join(View first, View second, unsigned mtu);
// IPv4 fragments of at most `mtu`. Empty: it may not be fragmented (Don't Fragment, IPv6).
std::vector<Bytes> fragment(View frame, unsigned mtu);

}  // namespace wireproof::wire
