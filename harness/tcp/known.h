// An optional number in the room of the number: one value that does not occur stands for none. A
// tracked connection has some twenty, and its size is most of what it costs. Otherwise as
// std::optional. Plain values: no thread rule.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace wireproof::tcp {

template <typename Number, Number none>
class Known {
 public:
  constexpr Known() = default;
  constexpr Known(Number value) : value_(value) {}
  constexpr Known(std::nullopt_t) {}
  constexpr bool has_value() const { return value_ != none; }
  constexpr explicit operator bool() const { return has_value(); }
  constexpr operator std::optional<Number>() const {
    return has_value() ? std::optional<Number>(value_) : std::nullopt;
  }
  constexpr Number operator*() const { return value_; }
  constexpr Number value_or(Number other) const { return has_value() ? value_ : other; }
  constexpr void reset() { value_ = none; }
  friend constexpr bool operator==(const Known&, const Known&) = default;

 private:
  Number value_ = none;
};

using KnownNumber = Known<std::int64_t, std::numeric_limits<std::int64_t>::min()>;
using KnownPacket = Known<std::uint64_t, std::numeric_limits<std::uint64_t>::max()>;

}  // namespace wireproof::tcp
