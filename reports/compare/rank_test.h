// Whether two samples differ in where they lie: the Mann-Whitney (Wilcoxon rank-sum) test or, where
// the values come in pairs, the same ranks' sum under all ways to swap the two of a pair; neither
// assumes a distribution. Small samples get their exact p (ties included), large ones the normal
// approximation. Sources: Mann and Whitney, Ann. Math. Statist. 18 (1947); for ties, Lehmann,
// Nonparametrics (1975), 1.2 and 1.4; for pairs, Conover and Iman, Am. Statist. 35 (1981), 3 (ranks
// among all values, not of the differences: one outlier spoils a pair's difference, and hardly a
// rank). Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <span>

namespace wireproof::compare {

struct RankTest {
  double p = 1;          // two-sided
  double greater = 0.5;  // effect size: the share of pairs in which `next` is greater; ties half
};
// Both not empty, all values finite.
double greater_share(std::span<const double> base, std::span<const double> next);
RankTest rank_test(std::span<const double> base, std::span<const double> next);

// Of pairs made beside each other: where nothing changed, each is as likely the other way round,
// whatever the machine was like at the time.
RankTest paired_rank_test(std::span<const double> base, std::span<const double> next);

// By how much the variance of a mean over values in the order they were measured exceeds that of
// independent ones; 1 where they look independent. Noise that comes in spells makes runs that lie
// beside each other alike: they tell less than their number says. An autoregressive process of the
// first order has (1 + r) / (1 - r) times the variance; r is the autocorrelation at lag one of both
// samples' ranks, without its bias (Marriott and Pope, Biometrika 41 (1954)).
double serial_inflation(std::span<const double> base, std::span<const double> next);

// The p of a test of `values` values whose statistic has `inflation` times the variance it was
// computed with. That is estimated from the same values, which are worth but values/inflation
// independent ones: Student's t with so many degrees of freedom, less three for the two sides'
// middles and the autocorrelation.
double widened(double p, double inflation, std::size_t values);
// By how much an interval of 95 % about a median is wider for the same reasons; 1 without
// inflation.
double widening(double inflation, std::size_t values);

// The smallest p that the test can come to with so many values a side.
double least_p(std::size_t base, std::size_t next);
// The same of so many pairs.
double least_paired_p(std::size_t pairs);
// So many a side are needed before it can come to `p`.
std::size_t runs_for(double p);
std::size_t pairs_for(double p);

}  // namespace wireproof::compare
