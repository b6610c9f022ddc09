#include "scenario/limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace wireproof::scenario {
namespace {

using Is = Limit::Is;

constexpr std::string_view phases[] = {"connect_", "service_", "close_", "first_byte_",
                                       "lateness_"};
constexpr std::string_view plain_metrics[] = {
    "rate", "errors", "timeouts",        "error_share", "cpu",   "server_cpu",
    "loss", "proven", "retransmissions", "jitter",      "bytes", "connections"};

bool is_percentile(std::string_view metric) {
  if (!metric.starts_with('p')) return false;
  double number = 0;
  const auto [rest, error] =
      std::from_chars(metric.data() + 1, metric.data() + metric.size(), number);
  return error == std::errc{} && rest == metric.data() + metric.size() && number > 0 &&
         number < 100;
}

std::string_view without_phase(std::string_view metric) {
  for (const std::string_view phase : phases) {
    if (metric.starts_with(phase)) return metric.substr(phase.size());
  }
  return metric;
}

bool is_known(std::string_view metric) {
  return is_time(metric) || std::find(std::begin(plain_metrics), std::end(plain_metrics), metric) !=
                                std::end(plain_metrics);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool done() {
    skip_blanks();
    return at_ == text_.size();
  }
  std::size_t at() const { return at_; }
  std::string_view word() {
    skip_blanks();
    const std::size_t from = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '_' || text_[at_] == '.')) {
      ++at_;
    }
    return text_.substr(from, at_ - from);
  }
  std::string_view relation() {
    skip_blanks();
    const std::size_t from = at_;
    while (at_ < text_.size() &&
           std::string_view("<>=").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
    return text_.substr(from, at_ - from);
  }
  bool number(double& value) {
    skip_blanks();
    const auto [rest, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{} || !std::isfinite(value)) return false;
    at_ = static_cast<std::size_t>(rest - text_.data());
    return true;
  }
  std::string_view unit() {
    const std::size_t from = at_;
    while (at_ < text_.size() &&
           (std::isalpha(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '%')) {
      ++at_;
    }
    return text_.substr(from, at_ - from);
  }
  std::string_view between(std::size_t from) const { return text_.substr(from, at_ - from); }
  void back_to(std::size_t at) { at_ = at; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool scale_of(std::string_view metric, std::string_view unit, double& scale) {
  struct Unit {
    std::string_view name;
    double scale;
  };
  static constexpr Unit times[] = {{"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}, {"s", 1e3}};
  static constexpr Unit counts[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}};
  static constexpr Unit shares[] = {{"", 1}, {"%", 1}};
  static constexpr Unit microseconds[] = {{"", 1}, {"us", 1}, {"ms", 1e3}};
  const auto find = [&](const auto& table) {
    for (const Unit& one : table) {
      if (one.name == unit) {
        scale = one.scale;
        return true;
      }
    }
    return false;
  };
  if (is_time(metric)) return find(times);
  if (metric == "error_share" || metric == "loss" || metric == "proven") return find(shares);
  if (metric == "cpu" || metric == "server_cpu" || metric == "jitter") return find(microseconds);
  return find(counts);
}

}  // namespace

bool is_time(std::string_view metric) {
  const std::string_view rest = without_phase(metric);
  return is_percentile(rest) || rest == "mean" || rest == "max";
}

std::string_view sign(Is relation) {
  switch (relation) {
    case Is::less:
      return "<";
    case Is::at_most:
      return "<=";
    case Is::equal:
      return "=";
    case Is::at_least:
      return ">=";
    case Is::more:
      return ">";
  }
  return "";
}

bool holds(const Limit& limit, double measured) {
  switch (limit.is) {
    case Is::less:
      return measured < limit.value;
    case Is::at_most:
      return measured <= limit.value;
    case Is::equal:
      return measured == limit.value;
    case Is::at_least:
      return measured >= limit.value;
    case Is::more:
      return measured > limit.value;
  }
  return false;
}

tl::expected<std::vector<Limit>, LimitError> parse_limits(std::string_view text) {
  std::vector<Limit> limits;
  Reader reader(text);
  const auto wrong = [&](std::size_t at, std::string message, std::string hint) {
    return tl::unexpected(LimitError{at, std::move(message), std::move(hint)});
  };
  while (true) {
    reader.skip_blanks();
    const std::size_t start = reader.at();
    const std::string_view metric = reader.word();
    if (metric.empty()) return wrong(start, "a metric is wanted", "for example: p99 < 2ms");
    if (!is_known(metric)) {
      std::vector<std::string> names(std::begin(plain_metrics), std::end(plain_metrics));
      names.insert(names.end(), {"p50", "p95", "p99", "p99.9", "mean", "max"});
      const std::string near = nearest(metric, names);
      return wrong(start, fmt::format("unknown metric {}", quoted(metric)),
                   near.empty()
                       ? "p50 ... p99.999, mean, max (also connect_p99 ...), rate, errors, "
                         "error_share, proven, loss, jitter, server_cpu"
                       : fmt::format("did you mean \"{}\"?", near));
    }
    reader.skip_blanks();
    const std::size_t relation_at = reader.at();
    const std::string_view relation = reader.relation();
    Limit limit;
    limit.metric = metric;
    if (relation == "<") {
      limit.is = Is::less;
    } else if (relation == "<=") {
      limit.is = Is::at_most;
    } else if (relation == "=" || relation == "==") {
      limit.is = Is::equal;
    } else if (relation == ">=") {
      limit.is = Is::at_least;
    } else if (relation == ">") {
      limit.is = Is::more;
    } else {
      return wrong(relation_at, fmt::format("a relation is wanted after {}", metric),
                   "<, <=, =, >= or >");
    }
    reader.skip_blanks();
    const std::size_t number_at = reader.at();
    if (!reader.number(limit.value) || limit.value < 0) {
      return wrong(number_at, "a number is wanted, of 0 or more", "for example: 2ms, 20k, 1%");
    }
    const std::size_t unit_at = reader.at();
    const std::string_view unit = reader.unit();
    double scale = 1;
    if (unit.empty() && is_time(metric)) {
      return wrong(unit_at, fmt::format("{} is a time: a unit is wanted", metric),
                   fmt::format("ns, us, ms or s, as {}ms", reader.between(start)));
    }
    if (!scale_of(metric, unit, scale)) {
      return wrong(unit_at, fmt::format("{} is no unit of {}", quoted(unit), metric),
                   is_time(metric) ? "ns, us, ms or s" : "k or M of counts, % of shares");
    }
    limit.value *= scale;
    limit.shown = std::string(reader.between(start));
    limits.push_back(std::move(limit));
    if (reader.done()) return limits;
    const std::size_t joint_at = reader.at();
    if (reader.word() != "and") {
      return wrong(joint_at, "\"and\" is wanted between two limits", "p99 < 2ms and errors = 0");
    }
  }
}

tl::expected<double, std::string> parse_count(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const double scale = unit.empty() ? 1 : unit == "k" || unit == "K" ? 1e3 : unit == "M" ? 1e6 : 0;
  if (error != std::errc{} || scale == 0 || !std::isfinite(value)) {
    return tl::unexpected(fmt::format("{} is no number (20000, 20k or 1.5M)", quoted(text)));
  }
  return value * scale;
}

tl::expected<nanoseconds, std::string> parse_span(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const double scale = unit.empty() || unit == "s"    ? 1e9
                       : unit == "ms"                 ? 1e6
                       : unit == "us"                 ? 1e3
                       : unit == "ns"                 ? 1
                       : unit == "m" || unit == "min" ? 60e9
                       : unit == "h"                  ? 3600e9
                                                      : 0;
  if (error != std::errc{} || scale == 0 || !(value >= 0) || value * scale > 8e18) {
    return tl::unexpected(
        fmt::format("{} is no span of time (500us, 20ms, 10s, 2m)", quoted(text)));
  }
  return nanoseconds(static_cast<std::int64_t>(std::llround(value * scale)));
}

}  // namespace wireproof::scenario
