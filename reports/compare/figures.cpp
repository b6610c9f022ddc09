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
};

using Phase = std::optional<std::int64_t> tcp::Connection::*;

void add_phase(std::map<std::string, double>& values, const report::CaseReport& one,
               const char* name, Phase phase) {
  std::vector<double> times;
  for (const report::ConnectionReport& each : one.connections) {
    if (const auto& time = each.connection.*phase) times.push_back(static_cast<double>(*time) / 1e6);
  }
  if (!times.empty()) values[name] = median_of(std::move(times));
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

std::map<std::string, double> figures_of(const report::CaseReport& one) {
  std::map<std::string, double> values;
  const bool as_it_should = one.status == report::Status::passed || one.expected_failure;
  if (!as_it_should) return values;
  values["duration"] = one.duration_ms;
  if (one.cpu_ms > 0) values["cpu"] = one.cpu_ms;
  add_phase(values, one, "handshake", &tcp::Connection::handshake_ns);
  add_phase(values, one, "first-byte", &tcp::Connection::first_byte_ns);
  add_phase(values, one, "close", &tcp::Connection::close_ns);
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
