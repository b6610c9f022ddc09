#include "load/doubt.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include "load/histogram_log.h"
#include "load/statistics.h"
#include "scenario/limit.h"

namespace wireproof::load {
namespace {

constexpr double tolerated_rate_error = 0.02;
constexpr double tolerated_lateness_share = 0.1;            // of the median latency ...
constexpr std::uint64_t tolerated_lateness_ns = 1'000'000;  // ... or this, whichever is more
constexpr double tolerated_rate_trend = 0.2, tolerated_latency_trend = 0.5;
constexpr double saturated_share = 0.95, kept_waiting_share = 0.1;
constexpr std::int64_t tolerated_stall_ns = 50'000'000;

std::string in_ms(double ns) { return fmt::format("{:.3g} ms", ns / 1e6); }

std::optional<std::uint64_t> quantile_of(const LoadResult& result, std::string_view phase,
                                         double quantile) {
  const PhaseResult* const found = result.phase(phase);
  const Percentile* const one = found == nullptr ? nullptr : found->percentile(quantile);
  return one == nullptr ? std::nullopt : std::optional(one->value_ns);
}

class Examiner {
 public:
  Examiner(const LoadResult& result, const WorkerEnd& end, const Circumstances& circumstances)
      : result_(result), end_(end), circumstances_(circumstances) {}

  std::vector<Doubt> examine() {
    if (!end_.failure.empty()) add("generator failed", end_.failure, true);
    if (result_.open_loop) examine_schedule();
    examine_answers();
    examine_sources();
    examine_generator();
    examine_machine();
    examine_samples();
    return std::move(doubts_);
  }

 private:
  void add(std::string about, std::string words, bool decisive) {
    doubts_.push_back({std::move(about), std::move(words), decisive});
  }

  void examine_answers() {
    if (!circumstances_.answers_unchecked || result_.answered == 0) return;
    add("answers are not checked",
        "whatever came is taken for an answer, whole or not: say what is right (--answer, --echo), "
        "or where one ends (--answer-length, --answer-delimiter ...)",
        false);
  }

  void examine_schedule() {
    if (result_.asked_rate_per_s && !result_.interrupted && result_.measured_s >= 0.5) {
      const double asked = *result_.asked_rate_per_s;
      const double sent = rate_of_sends();
      if (std::abs(sent - asked) > tolerated_rate_error * asked && !poisson_scatter(sent, asked)) {
        add("rate not reached",
            fmt::format("{:.0f} requests/s were asked for and {:.0f} were sent", asked, sent),
            true);
      }
    }
    if (result_.not_sent > 0) {
      add("schedule not kept",
          fmt::format("{} requests that were due had not been sent at the end: no connection was "
                      "free; their waiting counts in the latency",
                      result_.not_sent),
          false);
    }
    const auto late = quantile_of(result_, "lateness", 0.99);
    const auto latency = quantile_of(result_, "latency", 0.5);
    if (late && latency) {
      const auto tolerated = std::max<double>(
          tolerated_lateness_ns, tolerated_lateness_share * static_cast<double>(*latency));
      if (static_cast<double>(*late) > tolerated) {
        add("schedule late",
            fmt::format("one send in a hundred left {} or more after its time, with a connection "
                        "free: the generator's doing, and part of the latency shown",
                        in_ms(static_cast<double>(*late))),
            true);
      }
    }
  }

  // Of a Poisson process the count itself scatters: four deviations are no miss.
  bool poisson_scatter(double sent, double asked) const {
    if (result_.arrivals != "poisson") return false;
    const double expected = asked * result_.measured_s;
    return std::abs(sent * result_.measured_s - expected) <= 4 * std::sqrt(expected);
  }

  // The series is the last repetition's; after its measured time only answers are waited for.
  bool was_measured(const SeriesPoint& point) const {
    const double repetitions = std::max<double>(1, static_cast<double>(result_.repetitions.size()));
    const double end_s = result_.warm_up_s + (result_.measured_s + result_.paused_s) / repetitions;
    return point.at_s + 1e-9 >= result_.warm_up_s && point.at_s + point.span_s <= end_s + 1e-9;
  }

  // In the time itself: what was overdue at the end and sent then does not make up for it.
  double rate_of_sends() const {
    double sent = 0, span_s = 0;
    for (const SeriesPoint& point : result_.series) {
      if (!was_measured(point)) continue;
      sent += static_cast<double>(point.sent);
      span_s += point.span_s;
    }
    return span_s > 0 ? sent / span_s : static_cast<double>(result_.sent) / result_.measured_s;
  }

  void examine_sources() {
    if (end_.spread_over == 0) return;
    add("ports ran out",
        fmt::format("the load went on from {} source addresses; --sources {} from the beginning "
                    "spares it the search for a free port",
                    end_.spread_over, end_.spread_over),
        false);
  }

  void examine_generator() {
    if (circumstances_.wall_s <= 0) return;
    const double run = static_cast<double>(end_.run_ns) / 1e9 / circumstances_.wall_s;
    const double waited = static_cast<double>(end_.runqueue_ns) / 1e9 / circumstances_.wall_s;
    if (waited > kept_waiting_share) {
      add("generator kept waiting",
          fmt::format("its busiest thread waited {:.0f} % of the time for a processor that others "
                      "used: latency and rate are theirs too",
                      100 * waited),
          waited > 3 * kept_waiting_share);
    }
    if (run > saturated_share && !result_.busy_poll && result_.pattern != "idle") {
      add("generator saturated",
          fmt::format("its busiest thread used {:.0f} % of a processor: the rate may be its limit "
                      "and not the server's (--threads)",
                      100 * run),
          result_.open_loop);
    }
    const auto& own = result_.cpu.generator_cpus;
    const auto& theirs = result_.cpu.server_cpus;
    const bool shared = own.size() == 1 && theirs == own;
    if (shared) {
      add("one processor for both",
          fmt::format(
              "generator and server both ran on processor {}: their work is in each other's "
              "latency",
              own.front()),
          false);
    }
  }

  void examine_machine() {
    if (circumstances_.longest_stall_ns > tolerated_stall_ns) {
      add("machine stalled",
          fmt::format("for up to {}, {} times for over 10 ms: the highest percentiles may be the "
                      "machine's",
                      in_ms(static_cast<double>(circumstances_.longest_stall_ns)),
                      circumstances_.stalls),
          circumstances_.longest_stall_ns > 4 * tolerated_stall_ns);
    }
    if (result_.cpu.steal_percent > 5) {
      add("stolen time",
          fmt::format("{:.0f} % of the processors' time went to other virtual machines",
                      result_.cpu.steal_percent),
          false);
    }
    if (result_.cpu.other_percent > 25) {
      add("busy machine",
          fmt::format("{:.0f} % of the processors' time went to other programs",
                      result_.cpu.other_percent),
          false);
    }
    if (const auto full = result_.kernel_counters.find("listen_overflows");
        full != result_.kernel_counters.end() && full->second > 0) {
      add("listen queue full",
          fmt::format("{} connects found the server's queue full and waited a second or more to "
                      "send their SYN again: its backlog, or net.core.somaxconn",
                      full->second),
          false);
    }
    const std::string& clock = circumstances_.clock_source;
    if (clock == "hpet" || clock == "acpi_pm" || clock == "jiffies" || clock == "refined-jiffies") {
      add("poor clock",
          fmt::format("the kernel's clock source is {}: reading it costs microseconds", clock),
          false);
    }
  }

  void examine_samples() {
    const PhaseResult* const latency = result_.phase("latency");
    if (latency == nullptr) return;
    if (!enough_samples(latency->count, 0.99)) {
      add("few samples",
          fmt::format("{} are too few for p99, which needs 1,000 (ten beyond it)", latency->count),
          false);
    }
    examine_warm_up();
    examine_course();
  }

  void examine_warm_up() {
    if (!circumstances_.warm_up_sought || result_.warm_up_found) return;
    const std::string words =
        result_.processes > 1
            ? "is not looked for where the generator runs in several processes, none of which sees "
              "all figures: {:.2g} s were left out (--warm-up)"
            : "was not found: {:.2g} s were left out, and the load may not have been steady after "
              "them";
    add("end of the warm-up", fmt::format(fmt::runtime(words), result_.warm_up_s), false);
  }

  // How the rate or, where that is given, the latency went while it was measured.
  void examine_course() {
    const bool rated = result_.open_loop;
    std::vector<double> values;
    double span_s = 0;
    for (const SeriesPoint& point : result_.series) {
      if (!was_measured(point)) continue;
      if (rated && !point.p50_ns) continue;
      values.push_back(static_cast<double>(rated ? *point.p50_ns : point.answered));
      span_s = point.span_s;
    }
    if (values.size() < 10) return;
    const std::string what = rated ? "median latency" : "rate";
    const double trend = drift(values);
    if (std::abs(trend) > (rated ? tolerated_latency_trend : tolerated_rate_trend)) {
      add("not steady",
          fmt::format("the {} {} by {:.0f} % while it was measured: a longer warm-up, or a server "
                      "that changes",
                      what, trend > 0 ? "rose" : "fell", 100 * std::abs(trend)),
          false);
      return;
    }
    const std::size_t unlike = warm_up_length(values);
    if (unlike == 0 || 2 * unlike >= values.size()) return;
    const auto mean = [&](std::size_t from, std::size_t to) {
      return mean_of(std::span(values).subspan(from, to - from));
    };
    const double before = mean(0, unlike), after = mean(unlike, values.size());
    if (after <= 0 || std::abs(before / after - 1) < tolerated_rate_trend) return;
    add("warm-up too short",
        fmt::format("the {} of the first {:.1f} s was {:.2g} times the later one: --warm-up auto, "
                    "or a longer one",
                    what, static_cast<double>(unlike) * span_s, before / after),
        false);
  }

  const LoadResult& result_;
  const WorkerEnd& end_;
  const Circumstances& circumstances_;
  std::vector<Doubt> doubts_;
};

std::optional<double> phase_metric(const LoadResult& result, std::string_view name) {
  std::string_view phase = "latency";
  for (const std::string_view one : {"connect", "service", "close", "first_byte", "lateness"}) {
    if (name.starts_with(one) && name.size() > one.size() && name[one.size()] == '_') {
      phase = one;
      name.remove_prefix(one.size() + 1);
      break;
    }
  }
  const PhaseResult* const found = result.phase(phase);
  if (found == nullptr || found->count == 0) return std::nullopt;
  if (name == "mean") return found->mean_ns / 1e6;
  if (name == "max") return static_cast<double>(found->most_ns) / 1e6;
  double percent = 0;
  std::from_chars(name.data() + 1, name.data() + name.size(), percent);
  const auto histogram = decode_v2(found->histogram);
  if (!histogram) return std::nullopt;
  const auto value = percentile(*histogram, percent / 100);
  if (!value) return std::nullopt;
  return static_cast<double>(std::min(*value, found->most_ns)) / 1e6;
}

}  // namespace

std::vector<Doubt> doubts_of(const LoadResult& result, const WorkerEnd& end,
                             const Circumstances& circumstances) {
  return Examiner(result, end, circumstances).examine();
}

std::uint64_t samples_needed(const std::vector<scenario::Limit>& limits) {
  double most = 0;
  for (const scenario::Limit& limit : limits) {
    const std::size_t at = limit.metric.rfind('p');
    double percent = 0;
    if (!scenario::is_time(limit.metric) || at == std::string::npos) continue;
    const char* const end = limit.metric.data() + limit.metric.size();
    if (std::from_chars(limit.metric.data() + at + 1, end, percent).ptr != end) continue;
    if (percent < 100) most = std::max(most, 10 / (1 - percent / 100));
  }
  return static_cast<std::uint64_t>(std::ceil(most - 1e-6));
}

std::optional<double> metric(const LoadResult& result, std::string_view name) {
  if (scenario::is_time(name)) return phase_metric(result, name);
  if (name == "rate") return result.throughput_per_s;
  if (name == "errors") {
    return static_cast<double>(result.failures());
  }
  if (name == "timeouts") return static_cast<double>(result.timeouts);
  if (name == "error_share") return 100 * result.error_share();
  if (name == "bytes") return result.bytes_sent_per_s + result.bytes_received_per_s;
  if (name == "connections") return static_cast<double>(result.connections_made);
  if (name == "cpu") return result.cpu.server_us_per_request + result.cpu.generator_us_per_request;
  if (name == "server_cpu") return result.cpu.server_us_per_request;
  if (name == "retransmissions") {
    const auto found = result.kernel_counters.find("tcp_retransmitted");
    if (found == result.kernel_counters.end()) return std::nullopt;
    return static_cast<double>(found->second);
  }
  if (name == "proven") {
    if (!result.proof || result.proof->connections_made == 0) return std::nullopt;
    const auto proven = std::min(result.proof->handshakes_proven, result.proof->closes_proven);
    return 100 * static_cast<double>(proven) / static_cast<double>(result.proof->connections_made);
  }
  if (!result.datagrams) return std::nullopt;
  if (name == "jitter") return result.datagrams->jitter_us;
  if (name == "loss" && result.datagrams->sent > 0) {
    return 100 * static_cast<double>(result.datagrams->lost) /
           static_cast<double>(result.datagrams->sent);
  }
  return std::nullopt;
}

std::vector<LimitResult> judge_limits(const std::vector<scenario::Limit>& limits,
                                      const LoadResult& result) {
  std::vector<LimitResult> judged;
  for (const scenario::Limit& limit : limits) {
    LimitResult one;
    one.limit = limit.shown;
    one.measured = metric(result, limit.metric);
    one.held = one.measured && scenario::holds(limit, *one.measured);
    if (!one.measured) {
      one.words =
          limit.metric + " could not be measured (too few samples, or not of this workload)";
    } else if (scenario::is_time(limit.metric)) {
      one.words = fmt::format("{} = {:.4g} ms", limit.metric, *one.measured);
    } else {
      one.words = fmt::format("{} = {:.6g}", limit.metric, *one.measured);
    }
    judged.push_back(std::move(one));
  }
  return judged;
}

}  // namespace wireproof::load
