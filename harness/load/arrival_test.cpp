#include "load/arrival.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "load/statistics.h"

namespace wireproof::load {
namespace {

using scenario::ArrivalKind;
using scenario::Arrivals;

std::vector<std::int64_t> times(const Arrivals& plan, unsigned shares, std::size_t count,
                                std::uint64_t seed = 1) {
  std::vector<std::int64_t> all;
  for (unsigned share = 0; share < shares; ++share) {
    ArrivalClock clock(plan, share, shares, seed);
    for (std::size_t i = 0; i < count / shares; ++i) {
      const auto next = clock.next();
      if (!next) break;
      all.push_back(*next);
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<double> gaps(const std::vector<std::int64_t>& times) {
  std::vector<double> list;
  for (std::size_t i = 1; i < times.size(); ++i) {
    list.push_back(static_cast<double>(times[i] - times[i - 1]));
  }
  return list;
}

Arrivals rated(ArrivalKind kind, double rate) {
  Arrivals plan;
  plan.kind = kind;
  plan.rate = rate;
  return plan;
}

TEST(Arrivals, ConstantOnesKeepTheirDistanceOverAnyNumberOfThreads) {
  const Arrivals plan = rated(ArrivalKind::constant, 3'000);
  const auto one = times(plan, 1, 9'000), three = times(plan, 3, 9'000);
  EXPECT_EQ(one, three);
  EXPECT_EQ(one.front(), 0);
  EXPECT_EQ(one[3'000], 1'000'000'000);  // no drift
  EXPECT_EQ(one[6'000], 2'000'000'000);
}

TEST(Arrivals, BurstsComeAtOnceAndTheRateStays) {
  Arrivals plan = rated(ArrivalKind::constant, 1'000);
  plan.burst = 10;
  const auto all = times(plan, 1, 100);
  EXPECT_EQ(all[9], all[0]);
  EXPECT_EQ(all[10], 10'000'000);
  EXPECT_EQ(all[99], 90'000'000);
}

TEST(Arrivals, PoissonOnesPassAndersonDarlingAndConstantOnesFailIt) {
  const auto poisson = times(rated(ArrivalKind::poisson, 5'000), 2, 10'000);
  EXPECT_FALSE(test_exponential(gaps(poisson)).rejected);
  const double rate = 10'000 / (static_cast<double>(poisson.back()) / 1e9);
  EXPECT_NEAR(rate, 5'000, 5'000 * 0.05);
  EXPECT_TRUE(
      test_exponential(gaps(times(rated(ArrivalKind::constant, 5'000), 1, 10'000))).rejected);
}

TEST(Arrivals, TheSameSeedGivesTheSameTimes) {
  const Arrivals plan = rated(ArrivalKind::poisson, 100);
  EXPECT_EQ(times(plan, 2, 100, 7), times(plan, 2, 100, 7));
  EXPECT_NE(times(plan, 2, 100, 7), times(plan, 2, 100, 8));
}

TEST(Arrivals, AScheduleFollowsItsRate) {
  Arrivals plan;
  plan.kind = ArrivalKind::schedule;
  plan.points = {{0, 0}, {1, 1'000}, {2, 1'000}, {3, 0}};  // 500 + 1,000 + 500 arrivals
  const auto all = times(plan, 2, 10'000);
  EXPECT_NEAR(static_cast<double>(all.size()), 2'000, 2);
  const auto before = [&](double s) {
    return static_cast<double>(
        std::lower_bound(all.begin(), all.end(), static_cast<std::int64_t>(s * 1e9)) - all.begin());
  };
  for (const double s : {0.5, 1.0, 1.7, 2.5}) {
    EXPECT_NEAR(before(s), arrivals_before(plan.points, s), 2) << s;
  }
  EXPECT_NEAR(arrivals_before(plan.points, 0.5), 125, 1e-9);
}

TEST(Arrivals, AScheduleOfStepsJumpsBetweenThem) {
  Arrivals plan;
  plan.kind = ArrivalKind::schedule;
  plan.points = {{0, 100}, {1, 100}, {1, 500}, {2, 500}};
  EXPECT_NEAR(static_cast<double>(times(plan, 2, 10'000).size()), 600, 2);
  EXPECT_NEAR(arrivals_before(plan.points, 1), 100, 1e-9);
  EXPECT_NEAR(arrivals_before(plan.points, 2), 600, 1e-9);
}

TEST(Arrivals, ARecordedListIsKeptToTheNanosecond) {
  Arrivals plan;
  plan.kind = ArrivalKind::recorded;
  plan.times_ns = {0, 5, 5, 1'000, 70'000};
  EXPECT_EQ(times(plan, 2, 100), plan.times_ns);
}

TEST(Arrivals, AClosedLoopHasNone) { EXPECT_FALSE(ArrivalClock(Arrivals(), 0, 1, 1).next()); }

}  // namespace
}  // namespace wireproof::load
