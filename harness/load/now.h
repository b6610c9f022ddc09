// The clock that load is measured by: CLOCK_MONOTONIC in nanoseconds, read from the vDSO.
#pragma once

#include <time.h>

#include <cstdint>
#include <limits>

namespace wireproof::load {

inline std::int64_t now_ns() {
  timespec time;
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

inline constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();

}  // namespace wireproof::load
