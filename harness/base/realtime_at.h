// What CLOCK_REALTIME says at a moment of the steady clock (CLOCK_MONOTONIC), as both clocks stand
// to each other now. Thread rule: any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace wireproof {

// Nanoseconds since the Unix epoch; right within half of the time that a look at a clock takes.
std::int64_t realtime_at(std::chrono::steady_clock::time_point moment);

}  // namespace wireproof
