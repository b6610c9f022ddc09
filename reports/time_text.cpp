#include "reports/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>

namespace wireproof::report {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  unsigned value = 0;
  const char* first = text.data() + at;
  const auto [end, failure] = std::from_chars(first, first + count, value);
  if (failure != std::errc{} || end != first + count) return std::nullopt;
  return value;
}

}  // namespace

std::string utc_text(std::int64_t time_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> moment{nanoseconds(time_ns)};
  const sys_days day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss time(moment - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::optional<std::int64_t> utc_from_text(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view shape = "0000-00-00T00:00:00.000000000Z";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : text[i] != shape[i]) return std::nullopt;
  }
  const year_month_day date{year(static_cast<int>(*digits(text, 0, 4))), month(*digits(text, 5, 2)),
                            day(*digits(text, 8, 2))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t seconds = sys_days(date).time_since_epoch().count() * std::int64_t{86'400} +
                               *digits(text, 11, 2) * 3600 + *digits(text, 14, 2) * 60 +
                               *digits(text, 17, 2);
  // The years that 64 bits of nanoseconds hold.
  if (seconds < -9'000'000'000 || seconds > 9'000'000'000) return std::nullopt;
  return seconds * ns_per_s + *digits(text, 20, 9);
}

std::string duration_text(double milliseconds) {
  if (!(milliseconds >= 0)) return "-";
  const auto figures = [](double value, const char* unit) {
    const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return fmt::format("{:.{}f} {}", value, decimals, unit);
  };
  if (milliseconds < 0.9995) return fmt::format("{:.0f} us", milliseconds * 1000);
  if (milliseconds < 999.5) return figures(milliseconds, "ms");
  if (milliseconds < 119'500) return figures(milliseconds / 1000, "s");
  const auto seconds = std::llround(milliseconds / 1000);
  return fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

}  // namespace wireproof::report
