// Chance that can be repeated: the nth draw for a purpose is a function of seed, direction, purpose
// and n alone (a counter-based generator), so that what one packet gets does not depend on how
// often anything else was drawn. The standard library's distributions differ between libraries:
// numbers are made of the bits here. Thread rule: pure functions.
#pragma once

#include <cstdint>

#include "wire/model.h"

namespace wireproof::wire {

enum class Purpose : std::uint8_t { loss, burst, duplication, reordering, corruption, bit, jitter };

class Dice {
 public:
  constexpr Dice(std::uint64_t seed, Direction direction, Purpose purpose)
      : key_(mix(seed ^ mix(std::uint64_t{static_cast<std::uint8_t>(direction)} << 8 |
                            static_cast<std::uint8_t>(purpose)))) {}

  constexpr std::uint64_t bits(std::uint64_t n) const { return mix(key_ + n * 0x9E3779B97F4A7C15); }
  // In [0, 1), in steps of 2^-53.
  constexpr double unit(std::uint64_t n) const {
    return static_cast<double>(bits(n) >> 11) * 0x1p-53;
  }
  constexpr bool happens(std::uint64_t n, double probability) const {
    return unit(n) < probability;
  }

 private:
  // The finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
  // generators", 2014), with Stafford's constants.
  static constexpr std::uint64_t mix(std::uint64_t z) {
    z += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }
  std::uint64_t key_;
};

}  // namespace wireproof::wire
