#include "reports/compare/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.h"

namespace wireproof::compare {
namespace {

constexpr const char* example = "a limit is written 'duration +10%', 'handshake +200us' or 'gone'";

tl::unexpected<LimitError> refuse(std::string message, std::string hint = example) {
  return tl::unexpected(LimitError{std::move(message), std::move(hint)});
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The amount behind the sign: "10%", "200us", "50/s".
std::optional<LimitError> read_amount(Limit& limit, std::string_view amount) {
  const char* const end = amount.data() + amount.size();
  double number = 0;
  const auto [after, failure] = std::from_chars(amount.data(), end, number);
  if (failure != std::errc{} || !(number >= 0) || number > 1e9) {
    return LimitError{
        wireproof::quoted(limit.text) + ": " + quoted(amount) + " does not begin with a number",
        example};
  }
  const std::string_view unit =
      trimmed(amount.substr(static_cast<std::size_t>(after - amount.data())));
  limit.relative = unit == "%";
  if (limit.relative) {
    limit.by = number / 100;
    return std::nullopt;
  }
  double factor = 0;
  const char* fitting = "%";
  if (limit.figure->unit == Unit::milliseconds) {
    factor = unit == "us" ? 1e-3 : unit == "ms" ? 1 : unit == "s" ? 1e3 : 0;
    fitting = "%, us, ms or s";
  } else if (limit.figure->unit == Unit::per_second) {
    factor = unit == "/s" ? 1 : 0;
    fitting = "% or /s";
  } else {
    factor = unit == "pp" ? 0.01 : 0;
    fitting = "% or pp (percentage points)";
  }
  if (factor == 0) {
    return LimitError{fmt::format("{}: {} is not a unit of {}", wireproof::quoted(limit.text),
                                  unit.empty() ? "nothing" : quoted(unit), limit.figure->name),
                      fmt::format("{} takes {}", limit.figure->name, fitting)};
  }
  limit.by = number * factor;
  return std::nullopt;
}

}  // namespace

tl::expected<Limit, LimitError> read_limit(std::string_view text) {
  Limit limit;
  limit.text = trimmed(text);
  limit.gone = limit.text == "gone";
  limit.should = limit.text == "should";
  if (limit.gone || limit.should) return limit;

  const std::size_t sign = limit.text.find_first_of("+-", limit.text.find(' '));
  const std::string_view whole = limit.text;
  const std::string_view figure = trimmed(whole.substr(0, whole.find_first_of(" +")));
  limit.figure = find_figure(figure);
  if (limit.figure == nullptr) {
    std::vector<std::string> known = figure_names();
    known.insert(known.end(), {"gone", "should"});
    const std::string near = nearest(figure, known);
    return refuse(
        fmt::format("{}: there is no figure {}", wireproof::quoted(limit.text), quoted(figure)),
        near.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                     : "did you mean " + near + "?");
  }
  const std::size_t at = sign == std::string::npos ? limit.text.find('+') : sign;
  if (at == std::string::npos || at < figure.size()) {
    return refuse(fmt::format("{}: no + or - says how far {} may move",
                              wireproof::quoted(limit.text), figure));
  }
  if (!trimmed(whole.substr(figure.size(), at - figure.size())).empty()) {
    return refuse(fmt::format("{}: {} stands between the figure and its limit",
                              wireproof::quoted(limit.text),
                              quoted(trimmed(whole.substr(figure.size(), at - figure.size())))));
  }
  const bool up = whole[at] == '+';
  if (up == limit.figure->more_is_better) {
    return refuse(fmt::format("{}: {} is better when {}", wireproof::quoted(limit.text), figure,
                              up ? "higher" : "lower"),
                  fmt::format("a limit on it begins with {}", up ? '-' : '+'));
  }
  if (const auto error = read_amount(limit, trimmed(whole.substr(at + 1)))) {
    return tl::unexpected(*error);
  }
  return limit;
}

bool is_past(const Limit& limit, double base, double next) {
  const double worse_by = limit.figure->more_is_better ? base - next : next - base;
  return worse_by > (limit.relative ? limit.by * base : limit.by);
}

double ratio_at(const Limit& limit, double base) {
  const double share = limit.relative ? limit.by : limit.by / base;
  return limit.figure->more_is_better ? std::max(0.0, 1 - share) : 1 + share;
}

}  // namespace wireproof::compare
