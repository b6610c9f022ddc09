// The statistics that comparisons rest on, against values worked out elsewhere and by simulation
// with fixed seeds: how often they cry wolf, how often they miss.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "reports/compare/bootstrap.h"
#include "reports/compare/multiple.h"
#include "reports/compare/rank_test.h"

namespace wireproof::compare {
namespace {

using Values = std::vector<double>;

TEST(RankTest, KnownValues) {
  // Complete separation of 4 and 4: 2 of the 70 ways.
  EXPECT_NEAR(rank_test(Values{1, 2, 3, 4}, Values{5, 6, 7, 8}).p, 2.0 / 70, 1e-12);
  EXPECT_EQ(rank_test(Values{1, 2, 3, 4}, Values{5, 6, 7, 8}).greater, 1);
  EXPECT_EQ(rank_test(Values{5, 6, 7, 8}, Values{1, 2, 3, 4}).greater, 0);
  // 3 and 3, U = 1: sums 6, 7, 14 and 15 of the 20 ways are as far out.
  EXPECT_NEAR(rank_test(Values{1, 2, 4}, Values{3, 5, 6}).p, 4.0 / 20, 1e-12);
  EXPECT_NEAR(rank_test(Values{1, 2, 4}, Values{3, 5, 6}).greater, 8.0 / 9, 1e-12);
}

TEST(RankTest, Ties) {
  EXPECT_EQ(rank_test(Values{3, 3, 3, 3}, Values{3, 3, 3, 3, 3}).p, 1);
  EXPECT_EQ(rank_test(Values{3, 3, 3, 3}, Values{3, 3, 3, 3, 3}).greater, 0.5);
  // 1 1 2 against 2 2 3: of 20 ways to choose three of 1 1 2 2 2 3 by doubled midranks 3 3 8 8 8 12
  // (mean sum 21), sums of 28 or more or 14 or less: 3 with 8+8+12, 3 with 3+3+8.
  EXPECT_NEAR(rank_test(Values{1, 1, 2}, Values{2, 2, 3}).p, 6.0 / 20, 1e-12);
  EXPECT_EQ(rank_test(Values(50, 1.0), Values(50, 1.0)).p, 1) << "no variance at all";
}

TEST(RankTest, ApproximationMeetsTheExactValue) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 20; ++i) {
    Values base(30), next(30), more_base, more_next;
    for (double& value : base) value = normal(random);
    for (double& value : next) value = normal(random) + 0.3;
    const RankTest exact = rank_test(base, next);
    base.push_back(-100), next.push_back(-100);  // a tied pair more: 62 values, approximated
    const RankTest approximate = rank_test(base, next);
    EXPECT_NEAR(exact.p, approximate.p, 0.03) << i;
  }
}

// All ways to swap the two of a pair, tried one by one.
double by_enumeration(const Values& base, const Values& next) {
  Values all = base;
  all.insert(all.end(), next.begin(), next.end());
  const auto rank = [&](double one) {
    const auto below = std::ranges::count_if(all, [&](double other) { return other < one; });
    return static_cast<double>(below) + static_cast<double>(std::ranges::count(all, one) + 1) / 2;
  };
  double far = 0;
  const auto sum_of = [&](unsigned swaps) {
    double sum = 0;
    for (std::size_t i = 0; i < base.size(); ++i) {
      const double difference = rank(next[i]) - rank(base[i]);
      sum += (swaps >> i & 1) != 0 ? -difference : difference;
    }
    return std::abs(sum);
  };
  const unsigned ways = 1u << base.size();
  for (unsigned swaps = 0; swaps < ways; ++swaps) far += sum_of(swaps) >= sum_of(0) - 1e-9;
  return far / ways;
}

TEST(PairedRankTest, KnownValues) {
  EXPECT_NEAR(paired_rank_test(Values{1, 3, 5, 7, 9}, Values{2, 4, 6, 8, 10}).p, 2.0 / 32, 1e-12);
  EXPECT_NEAR(paired_rank_test(Values{2, 4, 6, 8, 10}, Values{1, 3, 5, 7, 9}).p, 2.0 / 32, 1e-12);
  EXPECT_EQ(paired_rank_test(Values{1, 4, 5, 8}, Values{2, 3, 6, 7}).p, 1);
  EXPECT_EQ(paired_rank_test(Values{3, 3, 3}, Values{3, 3, 3}).p, 1);
  EXPECT_EQ(paired_rank_test(Values{1, 1}, Values{2, 0}).greater, 0.5);
}

TEST(PairedRankTest, IsWhatEnumerationGivesWithTies) {
  std::mt19937 random(7);
  for (int i = 0; i < 30; ++i) {
    Values base(9), next(9);
    for (double& one : base) one = static_cast<double>(random() % 9);
    for (double& one : next) one = static_cast<double>(random() % 9) + 1;
    EXPECT_NEAR(paired_rank_test(base, next).p, by_enumeration(base, next), 1e-9) << i;
  }
}

TEST(PairedRankTest, ApproximationMeetsTheExactValue) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 20; ++i) {
    Values base(60), next(60);
    for (double& one : base) one = normal(random);
    for (double& one : next) one = normal(random) + 0.2;
    const double exact = paired_rank_test(base, next).p;
    base.push_back(100), next.push_back(100);  // a tied pair more: 61, approximated
    EXPECT_NEAR(paired_rank_test(base, next).p, exact, 0.02) << i;
  }
}

TEST(LeastP, OfPairs) {
  EXPECT_EQ(least_paired_p(1), 1);
  EXPECT_NEAR(least_paired_p(6), 2.0 / 64, 1e-12);
  EXPECT_EQ(pairs_for(0.05), 6u);
}

TEST(RatioInterval, OfPairsIsNarrowWhereBothGoUpAndDownTogether) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  Values base, next;
  for (int i = 0; i < 20; ++i) {
    base.push_back(std::exp(0.3 * normal(random)));
    next.push_back(1.1 * base.back());
  }
  const auto apart = ratio_interval(base, next, 0.5, 0.95);
  const auto together = paired_ratio_interval(base, next, 0.5, 0.95);
  ASSERT_TRUE(apart && together);
  EXPECT_LT(apart->low, 1);
  EXPECT_NEAR(together->low, 1.1, 1e-9);
  EXPECT_NEAR(together->high, 1.1, 1e-9);
}

TEST(LeastP, SaysHowManyRunsAreNeeded) {
  EXPECT_NEAR(least_p(4, 4), 2.0 / 70, 1e-12);
  EXPECT_EQ(least_p(1, 1), 1);
  EXPECT_EQ(runs_for(0.05), 4u);
  EXPECT_EQ(runs_for(0.05 / 700), 9u);
}

TEST(Quantile, IsLinearBetweenOrderStatistics) {
  EXPECT_EQ(median_of({3, 1, 2}), 2);
  EXPECT_EQ(median_of({4, 1, 2, 3}), 2.5);
  EXPECT_NEAR(quantile_of({0, 10}, 0.9), 9, 1e-12);
  EXPECT_EQ(quantile_of({7}, 0.99), 7);
}

TEST(RatioInterval, NothingWhereTheBaseMayBeZero) {
  EXPECT_FALSE(ratio_interval(Values{0, 0, 1}, Values{1, 1, 1}, 0.5, 0.95));
  const auto same = ratio_interval(Values{2, 2, 2}, Values{2, 2, 2}, 0.5, 0.95);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->low, 1);
  EXPECT_EQ(same->high, 1);
}

// Lognormal noise, as times have, with a shift; `spell` is the correlation from one to the next.
Values noisy(std::mt19937& random, std::size_t count, double sigma, double factor, double spell) {
  std::normal_distribution<double> normal;
  Values values;
  double state = normal(random);
  for (std::size_t i = 0; i < count; ++i) {
    state = spell * state + std::sqrt(1 - spell * spell) * normal(random);
    values.push_back(factor * std::exp(sigma * state));
  }
  return values;
}

TEST(RatioInterval, HoldsTheTrueRatioAsOftenAsItSays) {
  std::mt19937 random(2);
  for (const std::size_t runs : {10u, 20u}) {
    int held = 0;
    constexpr int trials = 400;
    for (int i = 0; i < trials; ++i) {
      const auto interval = ratio_interval(noisy(random, runs, 0.1, 1, 0),
                                           noisy(random, runs, 0.1, 1.25, 0), 0.5, 0.95);
      held += interval->low <= 1.25 && 1.25 <= interval->high;
    }
    EXPECT_GE(held, trials * 93 / 100) << runs;
    EXPECT_LE(held, trials * 99 / 100) << runs << ": wider than it says";
  }
}

TEST(RankTest, FindsAShiftAndRarelyMore) {
  std::mt19937 random(3);
  constexpr int trials = 1000;
  int alarms = 0, found = 0;
  for (int i = 0; i < trials; ++i) {
    const Values base = noisy(random, 20, 0.08, 1, 0);
    alarms += rank_test(base, noisy(random, 20, 0.08, 1, 0)).p <= 0.05;
    found += rank_test(base, noisy(random, 20, 0.08, 1.1, 0)).p <= 0.05;
  }
  EXPECT_LE(alarms, trials * 6 / 100);
  EXPECT_GE(alarms, trials * 3 / 100) << "a test that never rejects is none";
  EXPECT_GE(found, trials * 90 / 100);
}

TEST(SerialInflation, SeesSpells) {
  std::mt19937 random(4);
  double independent = 0, spells = 0;
  int alarms = 0, corrected = 0;
  constexpr int trials = 1000;
  for (int i = 0; i < trials; ++i) {
    const Values base = noisy(random, 30, 0.1, 1, 0.7), next = noisy(random, 30, 0.1, 1, 0.7);
    independent +=
        serial_inflation(noisy(random, 30, 0.1, 1, 0), noisy(random, 30, 0.1, 1, 0)) / trials;
    const double inflation = serial_inflation(base, next);
    spells += inflation / trials;
    const double p = rank_test(base, next).p;
    alarms += p <= 0.05;
    corrected += widened(p, inflation, 60) <= 0.05;
  }
  EXPECT_LT(independent, 1.4);
  EXPECT_GT(spells, 2.5);
  EXPECT_GT(alarms, trials * 20 / 100) << "spells make a plain test cry wolf";
  EXPECT_LE(corrected, trials * 8 / 100);
  EXPECT_EQ(serial_inflation(Values(20, 5.0), Values(20, 5.0)), 1);
  EXPECT_EQ(serial_inflation(Values{1, 2, 3}, Values(20, 5.0)), 1);
}

TEST(Widened, MovesPAndIntervalsOutwards) {
  EXPECT_EQ(widened(0.01, 1, 40), 0.01);
  // Two sigmas become one, of Student's t with 7 degrees of freedom; of many, of the normal.
  EXPECT_NEAR(widened(0.0455, 4, 40), 0.3506, 1e-3);
  EXPECT_NEAR(widened(0.0455, 4, 4'000'000), 0.3173, 1e-3);
  EXPECT_EQ(widened(1, 4, 40), 1);
  EXPECT_EQ(widening(1, 40), 1);
  EXPECT_NEAR(widening(4, 40), 2.4129, 1e-3);
  EXPECT_NEAR(widening(4, 4'000'000), 2, 1e-3);
  const Interval wide = widened(Interval{0.9, 1.2}, 1, 2);
  EXPECT_NEAR(wide.low, 0.81, 1e-9);
  EXPECT_NEAR(wide.high, 1.44, 1e-9);
}

TEST(Adjusted, AsBenjaminiAndHochbergDid) {
  // The example of their paper (1995), section 3.2: four of fifteen are rejected at 0.05.
  const Values p = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000};
  const Values q = adjusted(p);
  EXPECT_EQ(std::count_if(q.begin(), q.end(), [](double each) { return each <= 0.05; }), 4);
  EXPECT_NEAR(q[0], 0.0015, 1e-9);
  EXPECT_EQ(q.back(), 1);
  EXPECT_TRUE(adjusted({}).empty());
  const Values unsorted = adjusted({0.5, 0.01});
  EXPECT_NEAR(unsorted[1], 0.02, 1e-12);
}

}  // namespace
}  // namespace wireproof::compare
