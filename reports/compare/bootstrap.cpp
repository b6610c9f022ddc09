#include "reports/compare/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace wireproof::compare {
namespace {

constexpr std::size_t resamples = 2000;

// The quantile of values that may be reordered.
double quantile_in_place(std::vector<double>& values, double q) {
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto low = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), low, values.end());
  const double fraction = at - static_cast<double>(below);
  if (fraction == 0) return *low;
  return *low + fraction * (*std::min_element(low + 1, values.end()) - *low);
}

// A whole number below `end` from 32 random bits (the standard's distribution is not the same on
// every library, and an interval should be).
std::size_t below(std::mt19937& random, std::size_t end) {
  return static_cast<std::size_t>((static_cast<std::uint64_t>(random()) * end) >> 32);
}

std::optional<Interval> interval_of(std::span<const double> base, std::span<const double> next,
                                    double q, double level, bool paired) {
  std::mt19937 random(20'240'229);
  std::vector<double> ratios, under, over;
  ratios.reserve(resamples);
  for (std::size_t i = 0; i < resamples; ++i) {
    under.clear();
    over.clear();
    for (std::size_t k = 0; k < base.size(); ++k) {
      const std::size_t at = below(random, base.size());
      under.push_back(base[at]);
      if (paired) over.push_back(next[at]);
    }
    for (std::size_t k = over.size(); k < next.size(); ++k) {
      over.push_back(next[below(random, next.size())]);
    }
    const double low = quantile_in_place(under, q);
    if (low <= 0) return std::nullopt;
    ratios.push_back(quantile_in_place(over, q) / low);
  }
  const double low = quantile_in_place(ratios, (1 - level) / 2);
  return Interval{low, quantile_in_place(ratios, (1 + level) / 2)};
}

}  // namespace

double quantile_of(std::vector<double> values, double q) { return quantile_in_place(values, q); }

std::optional<Interval> ratio_interval(std::span<const double> base, std::span<const double> next,
                                       double q, double level) {
  return interval_of(base, next, q, level, false);
}

std::optional<Interval> paired_ratio_interval(std::span<const double> base,
                                              std::span<const double> next, double q,
                                              double level) {
  return interval_of(base, next, q, level, true);
}

Interval widened(const Interval& interval, double middle, double times) {
  if (times <= 1 || interval.low <= 0 || middle <= 0) return interval;
  const auto away = [&](double edge) { return middle * std::pow(edge / middle, times); };
  return {std::min(interval.low, away(interval.low)), std::max(interval.high, away(interval.high))};
}

}  // namespace wireproof::compare
