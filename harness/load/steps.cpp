#include "load/steps.h"

#include <algorithm>
#include <cmath>

#include "load/arrival.h"

namespace wireproof::load {
namespace {

// Where steps begin and end, in seconds since the load's start; the last lasts until its end.
std::vector<LoadStep> planned(const Plan& plan) {
  const scenario::Workload& workload = plan.workload;
  const double end_s = static_cast<double>(plan.end_ns - plan.start_ns) / 1e9;
  std::vector<LoadStep> steps;
  if (!workload.exchanges()) return steps;
  if (workload.ramp_steps > 0) {
    const double span_s = static_cast<double>(workload.ramp.count()) / 1e9 / workload.ramp_steps;
    for (unsigned i = 0; i < workload.ramp_steps; ++i) {
      LoadStep& step = steps.emplace_back();
      step.from_s = i * span_s;
      step.to_s = i + 1 == workload.ramp_steps ? end_s : (i + 1) * span_s;
      step.connections =
          static_cast<unsigned>((i + 1ull) * workload.connections / workload.ramp_steps);
    }
  } else if (workload.arrivals.kind == scenario::ArrivalKind::schedule) {
    const auto& points = workload.arrivals.points;
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const double from_s = points[i].at_s, to_s = points[i + 1].at_s;
      if (to_s <= from_s) continue;  // a jump
      LoadStep& step = steps.emplace_back();
      step.from_s = from_s;
      step.to_s = to_s;
      step.asked_rate_per_s =
          (arrivals_before(points, to_s) - arrivals_before(points, from_s)) / (to_s - from_s);
    }
  }
  return steps;
}

}  // namespace

std::vector<LoadStep> steps_of(const Recording& recording) {
  const Plan& plan = recording.plan;
  const double window_s = static_cast<double>(plan.window_ns) / 1e9;
  const double measured_from_s = static_cast<double>(plan.measure_ns - plan.start_ns) / 1e9;
  const double measured_to_s =
      static_cast<double>(std::min<std::int64_t>(plan.end_ns, recording.ended_ns) - plan.start_ns) /
      1e9;
  std::vector<LoadStep> steps;
  for (LoadStep step : planned(plan)) {
    step.from_s = std::max(step.from_s, measured_from_s);
    step.to_s = std::min(step.to_s, measured_to_s);
    Histogram latency;
    double windows_s = 0;
    // Of the windows that lie wholly in it; those in which nothing came are not there.
    const double slack_s = window_s / 1e6;
    const auto first = static_cast<std::int64_t>(std::ceil((step.from_s - slack_s) / window_s));
    const auto last = static_cast<std::int64_t>(std::floor((step.to_s + slack_s) / window_s));
    for (std::int64_t index = first; index < last; ++index) {
      if (!plan.is_pause(index)) windows_s += window_s;
    }
    if (windows_s <= 0) continue;
    for (const Window& window : recording.windows) {
      if (window.index < first || window.index >= last) continue;
      step.answered += window.counts.answered;
      step.failures += window.counts.failures();
      latency.add(window.phases[static_cast<std::size_t>(Phase::latency)]);
    }
    step.rate_per_s = static_cast<double>(step.answered) / windows_s;
    step.p50_ns = percentile(latency, 0.5);
    step.p99_ns = percentile(latency, 0.99);
    steps.push_back(step);
  }
  return steps;
}

}  // namespace wireproof::load
