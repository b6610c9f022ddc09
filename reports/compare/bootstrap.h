// An interval for the ratio of two samples' quantiles, by the percentile bootstrap: both samples
// are drawn anew from themselves many times. Source: Efron and Tibshirani, An Introduction to the
// Bootstrap (1993), 13.3. Deterministic: the same samples give the same interval.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace wireproof::compare {

// Linear between order statistics (type 7 of Hyndman and Fan). `values` not empty, q in [0, 1].
double quantile_of(std::vector<double> values, double q);
inline double median_of(std::vector<double> values) { return quantile_of(std::move(values), 0.5); }

struct Interval {
  double low = 0, high = 0;
};

// The quantile of `next` over that of `base`, at the level (0.95) asked for. Nothing where that of
// `base` may be zero.
std::optional<Interval> ratio_interval(std::span<const double> base, std::span<const double> next,
                                       double q, double level);

// The same where the values come in pairs, which are drawn together.
std::optional<Interval> paired_ratio_interval(std::span<const double> base,
                                              std::span<const double> next, double q, double level);

// `interval` made wider about `middle` in logarithms, so many times.
Interval widened(const Interval& interval, double middle, double times);

}  // namespace wireproof::compare
