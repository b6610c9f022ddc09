#include "reports/history/change_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace wireproof::history {
namespace {

std::vector<double> series(std::mt19937& random, std::vector<std::pair<std::size_t, double>> parts,
                           double sigma = 0.05) {
  std::normal_distribution<double> normal;
  std::vector<double> values;
  for (const auto& [count, level] : parts) {
    for (std::size_t i = 0; i < count; ++i) {
      values.push_back(level * std::exp(sigma * normal(random)));
    }
  }
  return values;
}

TEST(ChangePoints, OneStepIsFoundWhereItIs) {
  std::mt19937 random(1);
  for (const double level : {1.2, 0.8}) {
    const auto found = change_points(series(random, {{30, 1}, {30, level}}));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NEAR(static_cast<double>(found[0].at), 30, 1);
    EXPECT_LE(found[0].p, 0.01);
    EXPECT_NEAR(found[0].before, 1, 0.03);
    EXPECT_NEAR(found[0].after, level, 0.03);
  }
}

TEST(ChangePoints, ASpellThatPassesHasTwo) {
  std::mt19937 random(2);
  const auto found = change_points(series(random, {{20, 1}, {15, 1.5}, {25, 1}}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NEAR(static_cast<double>(found[0].at), 20, 1);
  EXPECT_NEAR(static_cast<double>(found[1].at), 35, 1);
  EXPECT_NEAR(found[0].after, 1.5, 0.05);
  EXPECT_NEAR(found[1].after, 1, 0.03);
}

TEST(ChangePoints, AWiderSpreadIsAChangeToo) {
  std::mt19937 random(3);
  auto values = series(random, {{60, 1}}, 0.02);
  const auto wide = series(random, {{60, 1}}, 0.3);
  values.insert(values.end(), wide.begin(), wide.end());
  const auto found = change_points(values);
  ASSERT_GE(found.size(), 1u);
  EXPECT_NEAR(static_cast<double>(found[0].at), 60, 8);
}

TEST(ChangePoints, NoneInNoise) {
  std::mt19937 random(4);
  int alarms = 0;
  constexpr int trials = 100;
  for (int i = 0; i < trials; ++i) alarms += !change_points(series(random, {{40, 1}})).empty();
  EXPECT_LE(alarms, 4);  // of 1 expected
}

TEST(ChangePoints, AnOutlierIsNone) {
  std::mt19937 random(5);
  auto values = series(random, {{40, 1}});
  values[17] = 20;
  EXPECT_TRUE(change_points(values).empty());
}

TEST(ChangePoints, NeedsValues) {
  EXPECT_TRUE(change_points({}).empty());
  EXPECT_TRUE(change_points(std::vector<double>{1, 1, 1, 9, 9, 9, 9, 9, 9}).empty())
      << "each course has five values";
  EXPECT_TRUE(change_points(std::vector<double>(50, 3.0)).empty());
  EXPECT_EQ(change_points(std::vector<double>{1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9}).size(), 1u);
}

}  // namespace
}  // namespace wireproof::history
