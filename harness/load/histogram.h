// A histogram of durations in nanoseconds with three significant digits at every magnitude: the
// buckets of HdrHistogram, so that its tools read what is exported (histogram_log.h). Nothing is
// clamped: it grows with its largest value, and least and largest are exact. Thread rule: one
// thread at a time; histograms of several threads are merged.
//
//   index   0 .. 2047        1 ns each
//           2048 .. 3071     2 ns each: 2,048 .. 4,095
//           3072 .. 4095     4 ns each, and so on: 1,024 buckets for each doubling
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace wireproof::load {

// A histogram with its empty buckets left out: what is kept of each window of time.
struct HistogramCounts {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> counts;  // bucket, samples; in order
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max(), most = 0;
  std::uint64_t total = 0;
  long double sum = 0;
};

class Histogram {
 public:
  static constexpr unsigned half_bits = 10;  // 2 * 10^3 values at unit resolution: 11 bits

  Histogram();

  void record(std::uint64_t value, std::uint64_t times = 1) {
    const std::size_t index = index_of(value);
    if (index >= counts_.size()) grow(index);
    counts_[index] += times;
    total_ += times;
    sum_ += value * times;
    if (value < least_) least_ = value;
    if (value > most_) most_ = value;
  }
  void add(const Histogram& other);
  void add(const HistogramCounts& other);
  // What was recorded since the last call; empty afterwards.
  HistogramCounts take();
  HistogramCounts snapshot() const;

  std::uint64_t count() const { return total_; }
  std::uint64_t least() const { return total_ == 0 ? 0 : least_; }
  std::uint64_t most() const { return most_; }
  double mean() const;
  double standard_deviation() const;

  // The value that a share of `quantile` of all samples does not exceed: the top of its bucket, and
  // never above the largest value. 0 when empty.
  std::uint64_t value_at(double quantile) const;
  // The sample of this rank, from 1.
  std::uint64_t value_of_rank(std::uint64_t rank) const;
  std::uint64_t count_up_to(std::uint64_t value) const;  // by whole buckets

  std::span<const std::uint64_t> counts() const { return counts_; }

  static constexpr std::size_t index_of(std::uint64_t value) {
    const unsigned bucket =
        static_cast<unsigned>(std::bit_width(value | ((2u << half_bits) - 1)) - (half_bits + 1));
    return (static_cast<std::size_t>(bucket) << half_bits) +
           static_cast<std::size_t>(value >> bucket);
  }
  static constexpr std::uint64_t lowest_of(std::size_t index) {
    if (index < (2u << half_bits)) return index;
    const std::size_t bucket = (index >> half_bits) - 1;
    return static_cast<std::uint64_t>(index - (bucket << half_bits)) << bucket;
  }
  static constexpr std::uint64_t highest_of(std::size_t index) { return lowest_of(index + 1) - 1; }

 private:
  void grow(std::size_t index);

  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0, sum_ = 0;
  std::uint64_t least_ = std::numeric_limits<std::uint64_t>::max(), most_ = 0;
};

// A percentile is told only where at least ten samples lie beyond it.
constexpr bool enough_samples(std::uint64_t count, double quantile) {
  return static_cast<double>(count) * (1 - quantile) >= 10 - 1e-6;
}
std::optional<std::uint64_t> percentile(const Histogram& histogram, double quantile);

}  // namespace wireproof::load
