#include "load/search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace wireproof::load {
namespace {

TEST(RateSearch, FindsASharpLimit) {
  for (const double limit : {3.0, 977.0, 123'456.0, 5e6}) {
    RateSearch search(1'000);
    while (const auto rate = search.next()) search.tell(*rate <= limit);
    const auto found = search.found();
    ASSERT_TRUE(found) << limit;
    EXPECT_LE(found->low, limit);
    EXPECT_GE(found->low, limit * 0.85);
    EXPECT_GT(found->high, limit);
    EXPECT_LE(search.trials().size(), 40u);
  }
}

TEST(RateSearch, OfWholeNumbersFindsTheLastThatHolds) {
  for (const double limit : {1.0, 2.0, 7.0, 64.0}) {
    RateSearch search(1, 0.01, true);
    while (const auto connections = search.next()) {
      EXPECT_EQ(*connections, std::floor(*connections));
      search.tell(*connections <= limit);
      ASSERT_LE(search.trials().size(), 40u);
    }
    ASSERT_TRUE(search.found()) << limit;
    EXPECT_EQ(search.found()->low, limit);
    EXPECT_EQ(search.found()->high, limit + 1);
  }
}

TEST(RateSearch, OneThatNothingHoldsEndsWithoutARate) {
  RateSearch search(1'000);
  while (search.next()) search.tell(false);
  EXPECT_FALSE(search.found());
}

TEST(RateSearch, OneThatNothingStopsEnds) {
  RateSearch search(1'000);
  while (search.next()) search.tell(true);
  ASSERT_TRUE(search.found());
  EXPECT_EQ(search.found()->low, 1e8);
}

// Near the limit a trial fails or holds by chance: what is found has held more than once.
TEST(RateSearch, LuckIsNotTakenForARate) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> chance;
  for (int trial = 0; trial < 50; ++trial) {
    RateSearch search(1'000);
    while (const auto rate = search.next()) {
      const double odds = *rate < 9'000 ? 1 : *rate > 11'000 ? 0 : (11'000 - *rate) / 2'000;
      search.tell(chance(random) < odds);
      ASSERT_LT(search.trials().size(), 60u);
    }
    ASSERT_TRUE(search.found());
    EXPECT_LT(search.found()->low, 11'000);
    EXPECT_GT(search.found()->low, 7'000);
    int held = 0;
    for (const auto& one : search.trials()) held += one.held && one.rate == search.found()->low;
    EXPECT_GE(held, 2);
  }
}

}  // namespace
}  // namespace wireproof::load
