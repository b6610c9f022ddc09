// Points in time as reports print them. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wireproof::report {

// Nanoseconds since the Unix epoch as "2025-03-04T05:06:07.123456789Z" (RFC 3339, UTC).
std::string utc_text(std::int64_t time_ns);
std::optional<std::int64_t> utc_from_text(std::string_view text);

// "412 us", "3.42 ms", "1.50 s", "2 min 5 s": three figures.
std::string duration_text(double milliseconds);

}  // namespace wireproof::report
