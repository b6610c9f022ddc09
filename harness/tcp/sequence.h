// Sequence arithmetic (RFC 9293 3.4): 32-bit numbers widened to 64 bits near a known place, so that
// everything after this file compares plain integers. Pure functions.
#pragma once

#include <cstdint>

namespace wireproof::tcp {

// The number nearest to `near` (relative to `base`) that is `raw` on the wire. Right as long as the
// true number is less than 2^31 away from `near`; windows are at most 2^30 (RFC 7323 2.3).
constexpr std::int64_t widen(std::uint32_t raw, std::uint32_t base, std::int64_t near) {
  const auto here = base + static_cast<std::uint32_t>(near);
  return near + static_cast<std::int32_t>(raw - here);
}

// a < b in the circular order of 32-bit numbers; also of time stamps (RFC 7323 5.2).
constexpr bool before(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

}  // namespace wireproof::tcp
