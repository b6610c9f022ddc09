#include "load/sequence_check.h"

#include <algorithm>
#include <cstdlib>

namespace wireproof::load {

SequenceCheck::SequenceCheck() : seen_(window / 64) {}

void SequenceCheck::arrived(std::uint64_t number, std::int64_t sent_ns, std::int64_t now_ns) {
  const auto word = [&](std::uint64_t n) -> std::uint64_t& { return seen_[n % window / 64]; };
  const auto bit = [](std::uint64_t n) { return std::uint64_t{1} << (n % 64); };
  if (number >= next_) {
    // Numbers between are not there yet: their bits, of a window ago, are forgotten.
    if (number - next_ >= window) {
      std::fill(seen_.begin(), seen_.end(), 0);
    } else {
      for (std::uint64_t n = next_; n < number; ++n) word(n) &= ~bit(n);
    }
    next_ = number + 1;
  } else {
    const bool too_old = next_ - number > window;
    if (too_old || (word(number) & bit(number)) != 0) {
      ++duplicated_;
      return;
    }
    ++reordered_;
  }
  word(number) |= bit(number);

  const std::int64_t transit = now_ns - sent_ns;
  if (received_++ > 0) {
    const auto difference = static_cast<double>(std::abs(transit - transit_ns_));
    jitter_ns_ += (difference - jitter_ns_) / 16;
  }
  transit_ns_ = transit;
}

}  // namespace wireproof::load
