#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "load/generator.h"
#include "load/histogram_log.h"
#include "load/statistics.h"
#include "load/steps.h"

namespace wireproof::load {
namespace {

constexpr double quantiles[] = {0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999};
constexpr std::size_t kept_examples = 10, fewest_batches = 10;

// To the plan's end or, where the load ended before, to its last answer.
std::int64_t measured_until(const Recording& recording) {
  const Plan& plan = recording.plan;
  std::int64_t end = std::min<std::int64_t>(plan.end_ns, recording.ended_ns);
  const bool by_operations = plan.workload.operations != 0;
  if (by_operations && recording.end.last_answer_ns > 0) {
    end = std::min(end, recording.end.last_answer_ns);
  }
  return end;
}

// The windows that lie wholly within the measured time of a run, those of its pauses left out;
// null: nothing happened in it.
std::vector<const Window*> measured_windows(const Recording& recording) {
  const Plan& plan = recording.plan;
  const std::int64_t first = (plan.measure_ns - plan.start_ns) / plan.window_ns;
  const std::int64_t end = std::max<std::int64_t>(measured_until(recording), plan.measure_ns);
  const std::int64_t last = (end - plan.start_ns) / plan.window_ns;
  std::map<std::int64_t, const Window*> known;
  for (const Window& window : recording.windows) known.emplace(window.index, &window);
  std::vector<const Window*> windows;
  for (std::int64_t index = first; index < last; ++index) {
    if (plan.is_pause(index)) continue;
    const auto found = known.find(index);
    windows.push_back(found == known.end() ? nullptr : found->second);
  }
  return windows;
}

struct Timeline {
  std::vector<double> rates;    // of each measured window
  std::vector<double> medians;  // of those with answers
  std::vector<const Window*> windows;
  double window_s = 0;
};

Timeline timeline_of(const Recording& recording) {
  Timeline line;
  line.windows = measured_windows(recording);
  line.window_s = static_cast<double>(recording.plan.window_ns) / 1e9;
  Histogram scratch;
  for (const Window* window : line.windows) {
    line.rates.push_back(
        window == nullptr ? 0 : static_cast<double>(window->counts.answered) / line.window_s);
    if (window == nullptr) continue;
    scratch.add(window->phases[0]);
    if (scratch.count() >= 20) line.medians.push_back(static_cast<double>(scratch.value_at(0.5)));
    scratch.take();
  }
  return line;
}

// The percentile of each of some twenty batches: their scatter is the percentile's own, also where
// neighbouring samples hang together.
std::vector<double> batch_percentiles(const std::vector<Timeline>& lines, std::size_t phase,
                                      double quantile) {
  std::vector<double> values;
  Histogram batch;
  for (const Timeline& line : lines) {
    const std::size_t a_batch = std::max<std::size_t>(1, line.windows.size() * lines.size() / 20);
    std::size_t taken = 0;
    for (const Window* window : line.windows) {
      if (window != nullptr) batch.add(window->phases[phase]);
      if (++taken % a_batch != 0) continue;
      if (static_cast<double>(batch.count()) * (1 - quantile) >= 1) {
        values.push_back(static_cast<double>(batch.value_at(quantile)));
      }
      batch.take();
    }
    batch.take();
  }
  return values;
}

void add_interval(Percentile& one, const Histogram& histogram, const std::vector<Timeline>& lines,
                  std::size_t phase, bool hang_together) {
  if (!hang_together) {
    if (const auto interval = percentile_interval(histogram, one.quantile)) {
      one.low_ns = interval->low_ns;
      one.high_ns = interval->high_ns;
    }
    return;
  }
  const std::vector<double> batches = batch_percentiles(lines, phase, one.quantile);
  if (batches.size() < fewest_batches) return;
  const auto interval = resembling_mean_interval(batches);
  const double reach = (interval->high - interval->low) / 2;
  const auto value = static_cast<double>(one.value_ns);
  one.low_ns = static_cast<std::uint64_t>(std::max(0.0, value - reach));
  one.high_ns = static_cast<std::uint64_t>(value + reach);
}

PhaseResult phase_result(Phase phase, const Histogram& histogram,
                         const std::vector<Timeline>& lines, bool hang_together) {
  PhaseResult result;
  result.phase = name(phase);
  result.count = histogram.count();
  result.least_ns = histogram.least();
  result.most_ns = histogram.most();
  result.mean_ns = histogram.mean();
  result.deviation_ns = histogram.standard_deviation();
  for (const double quantile : quantiles) {
    const auto value = percentile(histogram, quantile);
    if (!value) break;
    Percentile one{quantile, *value, {}, {}};
    add_interval(one, histogram, lines, static_cast<std::size_t>(phase), hang_together);
    result.percentiles.push_back(one);
  }
  result.interval_method = hang_together ? "batch means, Student's t (Law 9.5.3)"
                                         : "order statistics (Hahn & Meeker 5.2)";
  result.histogram = encode_v2(histogram);
  return result;
}

// As seconds, or as windows where the run is short.
std::vector<SeriesPoint> series_of(const Recording& recording) {
  const Plan& plan = recording.plan;
  std::vector<SeriesPoint> series;
  Histogram latency;
  const auto put_latency = [&] {
    if (series.empty()) return;
    SeriesPoint& point = series.back();
    if (latency.count() > 0) {
      point.p50_ns = latency.value_at(0.5);
      if (const auto p99 = percentile(latency, 0.99)) point.p99_ns = *p99;
      point.most_ns = latency.most();
    }
    latency.take();
  };
  for (const Window& window : recording.windows) {
    put_latency();
    SeriesPoint point;
    point.at_s = static_cast<double>(window.index * plan.window_ns) / 1e9;
    point.span_s = static_cast<double>(plan.window_ns) / 1e9;
    point.sent = window.counts.sent;
    point.answered = window.counts.answered;
    point.errors = window.counts.failures() - window.counts.timeouts;
    point.timeouts = window.counts.timeouts;
    point.connections = window.counts.connections;
    point.bytes_sent = window.counts.bytes_sent;
    point.bytes_received = window.counts.bytes_received;
    for (std::size_t i = 0; i < failure_count; ++i) {
      if (window.failures[i] == 0) continue;
      point.failures.emplace(name(static_cast<Failure>(i)), window.failures[i]);
    }
    series.push_back(point);
    latency.add(window.phases[0]);
  }
  put_latency();
  return series;
}

void add_errors(const Recording& recording, LoadResult& result) {
  for (std::size_t i = 0; i < failure_count; ++i) {
    std::uint64_t count = 0;
    for (const Window& window : recording.windows) count += window.failures[i];
    if (count == 0) continue;
    const auto kind = static_cast<Failure>(i);
    auto at = std::find_if(result.error_kinds.begin(), result.error_kinds.end(),
                           [&](const ErrorKind& one) { return one.kind == name(kind); });
    if (at == result.error_kinds.end()) {
      result.error_kinds.push_back({std::string(name(kind)), 0, 0, {}});
      at = std::prev(result.error_kinds.end());
    }
    at->count += count;
    const auto found = recording.examples.find(kind);
    if (found == recording.examples.end()) continue;
    std::int64_t first = found->second.empty() ? 0 : found->second.front().at_ns;
    for (const FailureExample& example : found->second) {
      first = std::min(first, example.at_ns);
      const bool known =
          std::find(at->examples.begin(), at->examples.end(), example.words) != at->examples.end();
      if (!known && at->examples.size() < kept_examples) at->examples.push_back(example.words);
    }
    at->first_s = static_cast<double>(first) / 1e9;
  }
}

template <typename Get>
auto median_of(const std::vector<witness::TcpInfo>& infos, Get get) {
  std::vector<decltype(get(infos[0]))> values;
  for (const auto& info : infos) values.push_back(get(info));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

std::optional<TcpSummary> tcp_summary(const std::vector<witness::TcpInfo>& infos) {
  if (infos.empty()) return std::nullopt;
  TcpSummary sum;
  sum.connections = infos.size();
  sum.min_rtt_us = infos.front().min_rtt_us;
  for (const auto& info : infos) {
    sum.retransmissions += info.total_retransmissions;
    sum.lost += info.lost;
    sum.min_rtt_us = std::min(sum.min_rtt_us, info.min_rtt_us);
  }
  sum.rtt_us_median = median_of(infos, [](const auto& info) { return info.rtt_us; });
  sum.congestion_window_median =
      median_of(infos, [](const auto& info) { return info.congestion_window; });
  sum.delivery_rate_bytes_per_s_median =
      median_of(infos, [](const auto& info) { return info.delivery_rate_bytes_per_s; });
  return sum;
}

void describe_plan(const Recording& recording, LoadResult& result) {
  const Plan& plan = recording.plan;
  const scenario::Workload& workload = plan.workload;
  result.pattern = name(workload.pattern);
  if (workload.pattern == scenario::Pattern::stream) {
    result.pattern += " " + std::string(name(workload.direction));
  }
  result.arrivals = name(workload.arrivals.kind);
  result.engine = recording.engine;
  result.target = plan.to.shown;
  result.close = name(workload.close);
  result.connections = workload.connections;
  result.threads = plan.threads;
  if (plan.processes > 1) result.processes = plan.processes;
  result.depth = workload.depth;
  result.source_addresses = std::max(plan.source_addresses, recording.end.spread_over);
  result.pinned = workload.pin;
  result.busy_poll = workload.busy_poll;
  result.open_loop = workload.open_loop();
  if (workload.arrivals.rate > 0) result.asked_rate_per_s = workload.arrivals.rate;
  result.warm_up_found = recording.warm_up_found;
  result.warm_up_s = static_cast<double>(plan.measure_ns - plan.start_ns) / 1e9;
}

void add_counts(const Recording& recording, LoadResult& result) {
  const Plan& plan = recording.plan;
  const std::int64_t first = (plan.measure_ns - plan.start_ns) / plan.window_ns;
  const bool without_requests = plan.workload.pattern == scenario::Pattern::stream ||
                                plan.workload.pattern == scenario::Pattern::one_way;
  for (const Window& window : recording.windows) {
    const Counts& counts = window.counts;
    // Requests know whether they were meant for the measured time; pieces of a stream do not.
    if (window.index >= first || !without_requests) {
      result.sent += counts.sent;
      result.answered += counts.answered;
    }
    result.errors += counts.errors;
    result.timeouts += counts.timeouts;
    result.connections_made += counts.connections;
    result.connect_errors += counts.connect_errors;
    result.idle_errors += counts.idle_errors;
    result.closes += counts.closes;
    result.closed_by_server += counts.closed_by_server;
    result.closed_by_reset += counts.closed_by_reset;
    if (window.index < first) continue;
    result.bytes_sent += counts.bytes_sent;
    result.bytes_received += counts.bytes_received;
  }
  result.in_flight += recording.end.in_flight;
  result.not_sent += recording.end.not_sent;
  result.warm_up_requests += recording.end.warm_up_requests;
  result.most_connected = std::max(result.most_connected, recording.end.most_connected);
}

// The time that counts.
double measured_seconds(const Recording& recording) {
  const Plan& plan = recording.plan;
  const std::int64_t until = measured_until(recording);
  const std::int64_t span_ns = until - plan.measure_ns - plan.paused_ns(until);
  return static_cast<double>(std::max<std::int64_t>(span_ns, 1)) / 1e9;
}

}  // namespace

double LoadResult::error_share() const {
  const auto tried = static_cast<double>(sent + connect_errors + idle_errors);
  return tried == 0 ? 0 : static_cast<double>(failures()) / tried;
}

const Percentile* PhaseResult::percentile(double quantile) const {
  const auto found =
      std::find_if(percentiles.begin(), percentiles.end(),
                   [&](const Percentile& one) { return std::abs(one.quantile - quantile) < 1e-9; });
  return found == percentiles.end() ? nullptr : &*found;
}

const PhaseResult* LoadResult::phase(std::string_view wanted) const {
  for (const PhaseResult& one : phases) {
    if (one.phase == wanted) return &one;
  }
  return nullptr;
}

LoadResult summarize(const Recording& recording) { return summarize(std::vector{recording}); }

LoadResult summarize(const std::vector<Recording>& repetitions) {
  LoadResult result;
  describe_plan(repetitions.front(), result);
  std::vector<Timeline> lines;
  std::array<Histogram, phase_count> phases;
  std::vector<witness::TcpInfo> infos;
  double answered_in_time = 0, windows_s = 0;
  for (const Recording& one : repetitions) {
    add_counts(one, result);
    add_errors(one, result);
    result.measured_s += measured_seconds(one);
    result.paused_s += static_cast<double>(one.plan.paused_ns(measured_until(one))) / 1e9;
    result.interrupted |= one.interrupted;
    lines.push_back(timeline_of(one));
    for (const double rate : lines.back().rates) answered_in_time += rate * lines.back().window_s;
    windows_s += static_cast<double>(lines.back().rates.size()) * lines.back().window_s;
    for (const Window& window : one.windows) {
      for (std::size_t i = 0; i < phase_count; ++i) phases[i].add(window.phases[i]);
    }
    infos.insert(infos.end(), one.end.tcp_infos.begin(), one.end.tcp_infos.end());
  }
  // Over whole windows where there are enough: what was answered after the end is not of this time.
  const bool by_windows = windows_s >= 0.8 * result.measured_s;
  result.throughput_per_s = by_windows ? answered_in_time / windows_s
                                       : static_cast<double>(result.answered) / result.measured_s;
  result.bytes_sent_per_s = static_cast<double>(result.bytes_sent) / result.measured_s;
  result.bytes_received_per_s = static_cast<double>(result.bytes_received) / result.measured_s;

  std::vector<double> rates, medians;
  for (const Timeline& line : lines) {
    rates.insert(rates.end(), line.rates.begin(), line.rates.end());
    medians.insert(medians.end(), line.medians.begin(), line.medians.end());
  }
  const bool hang_together = medians.size() < 8 || !independent(medians);
  for (std::size_t i = 0; i < phase_count; ++i) {
    if (phases[i].count() == 0) continue;
    result.phases.push_back(phase_result(static_cast<Phase>(i), phases[i], lines, hang_together));
  }
  if (!result.open_loop && result.phase("latency") != nullptr) {
    PhaseResult service = *result.phase("latency");  // in a closed loop the same
    service.phase = name(Phase::service);
    result.phases.push_back(std::move(service));
  }

  const bool repeated = repetitions.size() >= 3;
  if (repeated) {
    rates.clear();
    for (const Recording& one : repetitions) {
      rates.push_back(summarize(one).throughput_per_s);
    }
    result.throughput_method = fmt::format("Student's t over {} repetitions", rates.size());
  } else {
    rates = independent_batches(std::move(rates));
    result.throughput_method =
        fmt::format("batch means over {} batches, Student's t", rates.size());
  }
  if (rates.size() >= 3) {
    result.throughput_interval = repeated ? mean_interval(rates) : resembling_mean_interval(rates);
  }
  if (result.throughput_interval) {  // none is negative, as normal theory would have it
    result.throughput_interval->low = std::max(0.0, result.throughput_interval->low);
  }
  result.datagrams = repetitions.back().datagrams;
  result.series = series_of(repetitions.back());
  result.steps = steps_of(repetitions.back());
  result.tcp = tcp_summary(infos);
  if (repetitions.size() > 1) {
    for (const Recording& recording : repetitions) {
      const LoadResult one = summarize(recording);
      Repetition repetition;
      repetition.throughput_per_s = one.throughput_per_s;
      repetition.answered = one.answered;
      if (const PhaseResult* latency = one.phase("latency")) {
        if (const auto* p50 = latency->percentile(0.5)) repetition.p50_ns = p50->value_ns;
        if (const auto* p99 = latency->percentile(0.99)) repetition.p99_ns = p99->value_ns;
        repetition.most_ns = latency->most_ns;
      }
      result.repetitions.push_back(repetition);
    }
  }
  return result;
}

}  // namespace wireproof::load
