#include "cli/load_words.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "cli/split.h"
#include "scenario/limit.h"

namespace wireproof::cli {
namespace {

constexpr std::size_t largest_message = 16u << 20;
constexpr double a_day_s = 86'400, highest_rate = 1e8;

auto wrong(std::string message, std::string hint) {
  return tl::unexpected(Misread{std::move(message), std::move(hint)});
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

tl::expected<Sizes, Misread> parse_sizes(std::string_view text) {
  const std::string hint = "KIND:LEAST-MOST[:MEAN], as uniform:16-4096 or exponential:1-65536:512";
  const auto parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return wrong("no distribution of sizes", hint);
  Sizes sizes;
  if (parts[0] == scenario::name(scenario::SizeKind::exponential)) {
    sizes.kind = scenario::SizeKind::exponential;
  } else if (parts[0] != scenario::name(scenario::SizeKind::uniform)) {
    return wrong(fmt::format("unknown distribution {}", quoted(parts[0])), "uniform, exponential");
  }
  const auto ends = split(parts[1], '-');
  const auto least = number_of<std::size_t>(ends[0]);
  const auto most = ends.size() == 2 ? number_of<std::size_t>(ends[1]) : std::nullopt;
  if (!least || !most) return wrong("the least and the greatest size are wanted", hint);
  if (*least < 1 || *most > largest_message) return wrong("sizes of 1 byte to 16 MiB", hint);
  if (*most < *least) return wrong("the greatest size is below the least", "least <= most");
  sizes.least = *least;
  sizes.most = *most;
  sizes.mean = (*least + *most) / 2;
  if (parts.size() == 3) {
    const auto mean = number_of<std::size_t>(parts[2]);
    if (sizes.kind == scenario::SizeKind::uniform) {
      return wrong("a uniform distribution has the mean of its ends", "leave the mean out");
    }
    if (!mean || *mean < *least || *mean > *most) {
      return wrong("the mean lies between the least and the greatest size", hint);
    }
    sizes.mean = *mean;
  }
  return sizes;
}

tl::expected<std::vector<scenario::RatePoint>, Misread> parse_schedule(std::string_view text) {
  const std::string hint = "TIME:RATE,TIME:RATE ..., as 0s:100,10s:2k";
  std::vector<scenario::RatePoint> points;
  bool any = false;
  for (const std::string_view word : split(text, ',')) {
    const auto pair = split(word, ':');
    if (pair.size() != 2) {
      return wrong(fmt::format("{} is no time with its rate", quoted(word)), hint);
    }
    const auto at = scenario::parse_span(pair[0]);
    if (!at) return wrong(at.error(), hint);
    const auto rate = scenario::parse_count(pair[1]);
    if (!rate) return wrong(rate.error(), hint);
    if (*rate < 0 || *rate > highest_rate) {
      return wrong(fmt::format("a rate of {:g}", *rate),
                   fmt::format("0 to {:g} requests a second", highest_rate));
    }
    const double at_s = static_cast<double>(at->count()) / 1e9;
    if (at_s > a_day_s) return wrong("a time of more than a day", hint);
    if (!points.empty() && at_s < points.back().at_s) {
      return wrong("times that go back", "in rising order");
    }
    points.push_back({at_s, *rate});
    any |= *rate > 0;
  }
  if (points.size() < 2) return wrong("a schedule has at least two points", hint);
  if (!any) return wrong("a schedule without a rate above 0: nothing would be sent", hint);
  return points;
}

tl::expected<std::vector<std::int64_t>, Misread> parse_times(std::string_view text) {
  std::vector<std::int64_t> times;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view word = trimmed(line);
    if (word.empty() || word.front() == '#') continue;
    const auto at_ms = number_of<double>(word);
    if (!at_ms || !(*at_ms >= 0) || *at_ms > a_day_s * 1e3) {
      return wrong(fmt::format("line {}: {} is no time", number, quoted(word, 64)),
                   "milliseconds since the start, one a line");
    }
    const auto at_ns = static_cast<std::int64_t>(std::llround(*at_ms * 1e6));
    if (!times.empty() && at_ns < times.back()) {
      return wrong(fmt::format("line {}: a time that goes back", number), "in rising order");
    }
    times.push_back(at_ns);
  }
  if (times.empty()) return wrong("no time in it", "milliseconds since the start, one a line");
  return times;
}

tl::expected<Prefix, Misread> parse_prefix(std::string_view text) {
  const std::string hint = "BYTES[,little-endian][,counts-itself], as 4 or 2,little-endian";
  const auto parts = split(text, ',');
  const auto bytes = number_of<unsigned>(parts[0]);
  if (!bytes || *bytes < 1 || *bytes > 8) return wrong("1 to 8 bytes of length are wanted", hint);
  Prefix prefix;
  prefix.bytes = *bytes;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == "little-endian") {
      prefix.little_endian = true;
    } else if (parts[i] == "counts-itself") {
      prefix.counts_itself = true;
    } else {
      return wrong(fmt::format("unknown word {}", quoted(parts[i])), hint);
    }
  }
  return prefix;
}

}  // namespace wireproof::cli
