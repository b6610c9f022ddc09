#include "load/turns.h"

#include <algorithm>

namespace wireproof::load {

std::vector<Turn> turns_of(const Recording& recording) {
  const Plan& plan = recording.plan;
  const std::int64_t first = (plan.measure_ns - plan.start_ns) / plan.window_ns;
  const std::int64_t end =
      (std::min<std::int64_t>(plan.end_ns, recording.ended_ns) - plan.start_ns) / plan.window_ns;
  std::vector<Turn> turns;
  Histogram latency;
  std::uint64_t answered = 0;
  std::int64_t start = first;
  auto window = std::ranges::lower_bound(recording.windows, first, {}, &Window::index);
  for (std::int64_t index = first; index <= end; ++index) {
    if (index == end || plan.is_pause(index)) {
      if (index > start) {
        Turn& turn = turns.emplace_back();
        turn.start_ns = plan.start_ns + start * plan.window_ns;
        turn.end_ns = plan.start_ns + index * plan.window_ns;
        turn.rate_per_s = static_cast<double>(answered) /
                          (static_cast<double>(turn.end_ns - turn.start_ns) / 1e9);
        if (latency.count() > 0) turn.p50_ns = latency.value_at(0.5);
      }
      latency.take();
      answered = 0;
      start = index + 1;
      continue;
    }
    // Windows in which nothing came are left out.
    while (window != recording.windows.end() && window->index < index) ++window;
    if (window == recording.windows.end() || window->index > index) continue;
    answered += window->counts.answered;
    latency.add(window->phases[static_cast<std::size_t>(Phase::latency)]);
    ++window;
  }
  return turns;
}

void fold_pauses(Recording& recording) {
  if (recording.plan.pauses == 0) return;
  std::vector<Window> folded;
  std::array<Histogram, phase_count> scratch;
  for (Window& window : recording.windows) {
    if (folded.empty() || !recording.plan.is_pause(window.index)) {
      folded.push_back(std::move(window));
    } else {
      folded.back().add(window, scratch);
    }
  }
  recording.windows = std::move(folded);
}

}  // namespace wireproof::load
