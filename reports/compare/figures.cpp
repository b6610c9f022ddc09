#include "reports/compare/figures.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>

#include "reports/compare/bootstrap.h"
#include "reports/time_text.h"

namespace wireproof::compare {
namespace {

constexpr std::array figures = {
    Figure{"duration", Unit::milliseconds, false, "the whole case, from launch to verdict"},
    Figure{"handshake", Unit::milliseconds, false, "first SYN to the handshake's ACK"},
    Figure{"first-byte", Unit::milliseconds, false, "first packet to the server's first byte"},
    Figure{"close", Unit::milliseconds, false, "first FIN or RST to the close's last ACK"},
    Figure{"cpu", Unit::milliseconds, false, "CPU time of the case and its programs"},
    Figure{"throughput", Unit::per_second, true, "answers a second under load"},
    Figure{"p50", Unit::milliseconds, false, "median latency under load"},
    Figure{"p90", Unit::milliseconds, false, "90 % of answers under load came within this"},
    Figure{"p99", Unit::milliseconds, false, "99 % of answers under load came within this"},
    Figure{"p99.9", Unit::milliseconds, false, "99.9 % of answers under load came within this"},
    Figure{"relative-throughput", Unit::ratio, true, "throughput over the bare loop's beside it"},
    Figure{"relative-p50", Unit::ratio, false, "median latency over the bare loop's beside it"},
    Figure{"errors", Unit::ratio, false, "errors and timeouts under load, of all requests"},
    Figure{"server-cpu", Unit::milliseconds, false, "the server's CPU time; under load, a request"},
};

using Phase = std::optional<std::int64_t> tcp::Connection::*;

void add_phase(Values& values, const report::CaseReport& one, const char* name, Phase phase) {
  std::vector<double> times;
  for (const report::ConnectionReport& each : one.connections) {
    if (const auto& time = each.connection.*phase)
      times.push_back(static_cast<double>(*time) / 1e6);
  }
  if (!times.empty()) values[name] = {median_of(std::move(times))};
}

void add_percentile(Values& values, const load::PhaseResult& phase, const char* name,
                    double quantile) {
  const load::Percentile* one = phase.percentile(quantile);
  if (one != nullptr) values[name] = {static_cast<double>(one->value_ns) / 1e6};
}

// Where a load was repeated, its repetitions are the values; else its whole is one.
void add_load(Values& values, const load::LoadResult& load) {
  values["errors"] = {load.error_share()};
  if (load.cpu.server_us_per_request > 0) {
    values["server-cpu"] = {load.cpu.server_us_per_request / 1e3};
  }
  values["throughput"] = {load.throughput_per_s};
  if (load.reference && load.reference->rate_ratio && !load.open_loop) {
    values["relative-throughput"] = {*load.reference->rate_ratio};
  }
  if (load.reference && load.reference->p50_ratio) {
    values["relative-p50"] = {*load.reference->p50_ratio};
  }
  if (const load::PhaseResult* phase = load.phase("latency")) {
    add_percentile(values, *phase, "p50", 0.5);
    add_percentile(values, *phase, "p90", 0.9);
    add_percentile(values, *phase, "p99", 0.99);
    add_percentile(values, *phase, "p99.9", 0.999);
  }
  if (load.repetitions.size() < 2) return;
  for (const char* name : {"throughput", "p50", "p99"}) values[name].clear();
  for (const load::Repetition& each : load.repetitions) {
    values["throughput"].push_back(each.throughput_per_s);
    if (each.p50_ns) values["p50"].push_back(static_cast<double>(*each.p50_ns) / 1e6);
    if (each.p99_ns) values["p99"].push_back(static_cast<double>(*each.p99_ns) / 1e6);
  }
  std::erase_if(values, [](const auto& figure) { return figure.second.empty(); });
}

}  // namespace

std::span<const Figure> all_figures() { return figures; }

const Figure* find_figure(std::string_view name) {
  for (const Figure& figure : figures) {
    if (figure.name == name) return &figure;
  }
  return nullptr;
}

std::vector<std::string> figure_names() {
  std::vector<std::string> names;
  for (const Figure& figure : figures) names.emplace_back(figure.name);
  return names;
}

Values figures_of(const report::CaseReport& one) {
  Values values;
  const bool as_it_should = one.status == report::Status::passed || one.expected_failure;
  if (!as_it_should) return values;
  add_phase(values, one, "handshake", &tcp::Connection::handshake_ns);
  add_phase(values, one, "close", &tcp::Connection::close_ns);
  if (one.load) {  // lasts as long as it was asked to
    add_load(values, *one.load);
    return values;
  }
  values["duration"] = {one.duration_ms};
  if (one.cpu_ms > 0) values["cpu"] = {one.cpu_ms};
  for (const report::TargetReport& target : one.targets) {
    if (target.role == Side::server && target.cpu_ms > 0) values["server-cpu"] = {target.cpu_ms};
  }
  add_phase(values, one, "first-byte", &tcp::Connection::first_byte_ns);
  return values;
}

std::string value_text(const Figure& figure, double value) {
  switch (figure.unit) {
    case Unit::milliseconds:
      return report::duration_text(value);
    case Unit::per_second:
      return fmt::format("{:.{}f}/s", value, value < 100 ? 1 : 0);
    case Unit::ratio:
      return fmt::format("{:.3g} %", value * 100);
  }
  return {};
}

std::string change_text(double ratio) {
  if (ratio >= 2.5) return fmt::format("x {:.1f}", ratio);
  const double percent = (ratio - 1) * 100;
  const std::string text = fmt::format("{:+.{}f} %", percent, std::abs(percent) < 9.95 ? 1 : 0);
  return text == "-0.0 %" ? "+0.0 %" : text;
}

}  // namespace wireproof::compare
