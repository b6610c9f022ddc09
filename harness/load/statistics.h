// How sure a figure is: intervals of percentiles and of means, whether samples hang together, and
// whether arrivals are what they should be. Every interval is of 95 %. Thread rule: pure functions.
//
// Sources: order statistics (Hahn & Meeker, Statistical Intervals, 5.2: binomial ranks, here by the
// normal approximation with a continuity correction); batch means with Student's t (Law, Simulation
// Modeling and Analysis, 9.5.3), corrected for the autocorrelation that is left; von Neumann's
// ratio for independence; MSER-5 (White, 1997) for the end of a warm-up; Anderson-Darling's A* for
// exponential gaps (Stephens, 1974, mean estimated).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "load/histogram.h"
#include "load/result.h"

namespace wireproof::load {

// Of a percentile of independent samples; absent where the ranks fall outside the samples.
struct RankInterval {
  std::uint64_t low_ns, high_ns;
};
std::optional<RankInterval> percentile_interval(const Histogram& samples, double quantile);

double mean_of(std::span<const double> values);  // not empty
// Of a mean, from batches that are taken to be independent: at least two.
std::optional<Interval> mean_interval(std::span<const double> batches);
// Successive values as batches that no longer resemble their neighbours, as far as there are enough
// of them: pairs are joined, and pairs of those.
std::vector<double> independent_batches(std::vector<double> values);
// Of a mean, from batches that may resemble their neighbours still: the interval is wider by what
// the first autocorrelation r explains, sqrt((1 + r) / (1 - r)), as in a first-order process.
std::optional<Interval> resembling_mean_interval(std::span<const double> batches);

// Whether successive values show no tendency to resemble each other (two-sided, 5 %). True where
// there are too few to tell.
bool independent(std::span<const double> values);

// How many of the first values belong to a warm-up: at most half.
std::size_t warm_up_length(std::span<const double> values);

// Whether the series has a trend: the slope's share of the mean over the whole series, where it
// differs from zero (5 %); else 0.
double drift(std::span<const double> values);

// Anderson-Darling statistic of gaps against an exponential distribution of their own mean, and
// whether it rejects at 1 %.
struct ExponentialTest {
  double statistic = 0;
  bool rejected = false;
};
ExponentialTest test_exponential(std::vector<double> gaps);

double student_t_975(std::size_t degrees_of_freedom);

}  // namespace wireproof::load
