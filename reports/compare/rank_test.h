// Whether two samples differ in where they lie: the Mann-Whitney (Wilcoxon rank-sum) test, which
// assumes no distribution. Small samples get their exact p (ties included), large ones the normal
// approximation. Source: Mann and Whitney, Ann. Math. Statist. 18 (1947); for ties, Lehmann,
// Nonparametrics (1975), 1.2 and 1.4. Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <span>

namespace wireproof::compare {

struct RankTest {
  double p = 1;          // two-sided
  double greater = 0.5;  // effect size: the share of pairs in which `next` is greater; ties half
};
// Both not empty, all values finite.
RankTest rank_test(std::span<const double> base, std::span<const double> next);

// By how much the variance of a mean over these values, taken one after the other, exceeds that of
// independent ones; 1 where they look independent. Noise that comes in spells makes runs that lie
// beside each other alike: they tell less than their number says. From the ranks' autocorrelation
// (initial positive sequence: Geyer, Statist. Sci. 7 (1992), 3.3).
double serial_inflation(std::span<const double> values);

// The p of a test whose statistic has `inflation` times the variance it was computed with.
double widened(double p, double inflation);

// The smallest p that the test can come to with so many values a side.
double least_p(std::size_t base, std::size_t next);
// So many a side are needed before it can come to `p`.
std::size_t runs_for(double p);

}  // namespace wireproof::compare
