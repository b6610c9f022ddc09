// Datagrams one way, as fast as they go or at a rate, many a system call, each with its number and
// the time it left. They are received by the generator itself: at the destination's address, where
// it is asked to be the server too (`sink`), or as echoes of a server.
//
//   bytes   0 .. 7    number, from 0      8 .. 15   CLOCK_MONOTONIC at the send, in nanoseconds
//           16 ..     the message
// Thread rule: run_flood() blocks its caller; a sender and a receiver thread within. Lifetime:
// nothing outlives it.
#pragma once

#include "load/generator.h"

namespace wireproof::load {

inline constexpr std::size_t flood_header_bytes = 16;

// Windows carry counts of datagrams and bytes, and of received ones their one-way (or round-trip)
// time as latency. Throws SystemError.
Recording run_flood(Plan plan, const GeneratorOptions& options);

}  // namespace wireproof::load
