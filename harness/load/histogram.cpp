#include "load/histogram.h"

#include <algorithm>
#include <cmath>

namespace wireproof::load {
namespace {

constexpr std::uint64_t an_hour_ns = 3'600'000'000'000;

}  // namespace

Histogram::Histogram() : counts_(index_of(an_hour_ns) + 1) {}

void Histogram::grow(std::size_t index) {
  counts_.resize(((index >> half_bits) + 1) << half_bits);  // up to the end of its doubling
}

void Histogram::add(const Histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
  sum_ += other.sum_;
  least_ = std::min(least_, other.least_);
  most_ = std::max(most_, other.most_);
}

void Histogram::add(const HistogramCounts& other) {
  if (other.counts.empty()) return;
  if (other.counts.back().first >= counts_.size()) grow(other.counts.back().first);
  for (const auto& [index, times] : other.counts) counts_[index] += times;
  total_ += other.total;
  sum_ += static_cast<std::uint64_t>(other.sum);
  least_ = std::min(least_, other.least);
  most_ = std::max(most_, other.most);
}

HistogramCounts Histogram::snapshot() const {
  HistogramCounts taken;
  if (total_ == 0) return taken;
  taken.least = least_;
  taken.most = most_;
  taken.total = total_;
  taken.sum = static_cast<long double>(sum_);
  const std::size_t last = index_of(most_);
  for (std::size_t i = index_of(least_); i <= last; ++i) {
    if (counts_[i] != 0) taken.counts.emplace_back(static_cast<std::uint32_t>(i), counts_[i]);
  }
  taken.counts.shrink_to_fit();  // kept for each window of a run, however long
  return taken;
}

HistogramCounts Histogram::take() {
  HistogramCounts taken = snapshot();
  for (const auto& entry : taken.counts) counts_[entry.first] = 0;
  total_ = sum_ = most_ = 0;
  least_ = std::numeric_limits<std::uint64_t>::max();
  return taken;
}

double Histogram::mean() const {
  return total_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(total_);
}

double Histogram::standard_deviation() const {
  if (total_ == 0) return 0;
  const double center = mean();
  double squares = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const double middle =
        (static_cast<double>(lowest_of(i)) + static_cast<double>(highest_of(i))) / 2;
    squares += (middle - center) * (middle - center) * static_cast<double>(counts_[i]);
  }
  return std::sqrt(squares / static_cast<double>(total_));
}

std::uint64_t Histogram::value_of_rank(std::uint64_t rank) const {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (counts_[i] != 0 && seen >= rank) return std::clamp(highest_of(i), least_, most_);
  }
  return most_;
}

std::uint64_t Histogram::value_at(double quantile) const {
  if (total_ == 0) return 0;
  // A hair below, so that 0.99 of 100 samples is the 99th and not, by rounding, the 100th.
  const double wanted = std::ceil(quantile * static_cast<double>(total_) * (1 - 1e-15));
  return value_of_rank(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted)));
}

std::uint64_t Histogram::count_up_to(std::uint64_t value) const {
  const std::size_t last = std::min(index_of(value), counts_.size() - 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i <= last; ++i) seen += counts_[i];
  return seen;
}

std::optional<std::uint64_t> percentile(const Histogram& histogram, double quantile) {
  if (!enough_samples(histogram.count(), quantile)) return std::nullopt;
  return histogram.value_at(quantile);
}

}  // namespace wireproof::load
