#include "load/plan.h"

#include <algorithm>

namespace wireproof::load {
namespace {

// One window in twenty is a pause: 5 % of the time, and a reference that is at most 2 s away.
constexpr std::int64_t windows_a_turn = 19, windows_and_pause = windows_a_turn + 1;

}  // namespace

// From the next window on; until when the last request may be answered.
void Plan::measure_from(std::int64_t ns) {
  // Long enough for the last request to time out, unless that takes long, and for the look that
  // notices it (Worker::sweep).
  const std::int64_t patience = std::min<std::int64_t>(workload.timeout.count(), 2'000'000'000);
  const std::int64_t first = start_ns + (ns - start_ns + window_ns - 1) / window_ns * window_ns;
  if (may_pause) {
    // The last turn is between half and one and a half times as long as the others.
    const std::int64_t turn_ns = windows_a_turn * window_ns;
    const std::int64_t turns = (workload.duration.count() + turn_ns / 2) / turn_ns;
    pauses = static_cast<unsigned>(std::max<std::int64_t>(turns, 1) - 1);
  }
  const std::int64_t last = first + workload.duration.count() + pauses * window_ns;
  // The earliest is set last: who sees it sees the others.
  drain_ns = last + patience + patience / 10 + 10'000'000;
  end_ns = last;
  measure_ns = first;
}

std::int64_t Plan::paused_until(std::int64_t now) const {
  if (!may_pause) return 0;
  const std::int64_t measured_ns = now - measure_ns;
  if (measured_ns < 0) return 0;
  const std::int64_t every_ns = windows_and_pause * window_ns;
  const std::int64_t turn = measured_ns / every_ns, within_ns = measured_ns % every_ns;
  if (turn >= pauses || within_ns < every_ns - window_ns) return 0;
  return measure_ns + (turn + 1) * every_ns;
}

std::int64_t Plan::paused_ns(std::int64_t until) const {
  const std::int64_t windows = (until - measure_ns) / window_ns;
  const std::int64_t over = std::min<std::int64_t>(windows / windows_and_pause, pauses);
  // One that is still on counts as far as it has come.
  const std::int64_t pause_end = paused_until(until);
  return over * window_ns + (pause_end == 0 ? 0 : until - (pause_end - window_ns));
}

bool Plan::is_pause(std::int64_t window) const {
  return paused_until(start_ns + window * window_ns) != 0;
}

}  // namespace wireproof::load
