#include "base/realtime_at.h"

#include "base/clock.h"

namespace wireproof {

// A thread may be kept waiting between looks at two clocks, and would take them for farther apart
// than they are: so of several looks the one that took least.
std::int64_t realtime_at(std::chrono::steady_clock::time_point moment) {
  using Clock = std::chrono::steady_clock;
  constexpr int looks = 16;
  Clock::duration least = Clock::duration::max();
  std::int64_t best = 0;
  for (int i = 0; i < looks; ++i) {
    const Clock::time_point before = Clock::now();
    const std::int64_t realtime = realtime_ns();
    const Clock::time_point after = Clock::now();
    if (after - before >= least) continue;
    least = after - before;
    best = realtime - nanoseconds(before + least / 2 - moment).count();
  }
  return best;
}

}  // namespace wireproof
