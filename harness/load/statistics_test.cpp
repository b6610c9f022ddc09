#include "load/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace wireproof::load {
namespace {

TEST(Statistics, StudentsTIsThatOfTheTables) {
  EXPECT_NEAR(student_t_975(4), 2.776, 0.001);
  EXPECT_NEAR(student_t_975(19), 2.093, 0.001);
}

// The true percentile of an exponential distribution lies in 95 of 100 intervals.
TEST(Statistics, IntervalsOfPercentilesCoverTheTruth) {
  std::mt19937_64 random(5);
  std::exponential_distribution<double> distribution(1.0 / 100'000);
  for (const double quantile : {0.5, 0.9, 0.99}) {
    const double truth = -100'000 * std::log(1 - quantile);
    int covered = 0;
    constexpr int trials = 400;
    for (int trial = 0; trial < trials; ++trial) {
      Histogram histogram;
      for (int i = 0; i < 3'000; ++i) {
        histogram.record(static_cast<std::uint64_t>(distribution(random)));
      }
      const auto interval = percentile_interval(histogram, quantile);
      ASSERT_TRUE(interval);
      // The histogram's own digits: one in a thousand.
      if (static_cast<double>(interval->low_ns) <= truth * 1.001 &&
          static_cast<double>(interval->high_ns) >= truth * 0.999) {
        ++covered;
      }
    }
    EXPECT_GE(covered, trials * 92 / 100) << quantile;
    EXPECT_LE(covered, trials * 99 / 100) << quantile;
  }
}

TEST(Statistics, IntervalsOfMeansCoverTheTruth) {
  std::mt19937_64 random(6);
  std::normal_distribution<double> distribution(50, 10);
  int covered = 0;
  for (int trial = 0; trial < 1'000; ++trial) {
    std::vector<double> batches(10);
    for (double& batch : batches) batch = distribution(random);
    const auto interval = mean_interval(batches);
    covered += interval->low <= 50 && interval->high >= 50;
  }
  EXPECT_GE(covered, 930);
  EXPECT_LE(covered, 970);
  EXPECT_FALSE(mean_interval(std::vector<double>{1}));
}

// Of the mean of a first-order process, x' = rho x + noise, as the rates of successive windows
// might be: how often the interval of `length` of them holds the truth, in percent.
int coverage(double rho, std::size_t length) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> noise;
  constexpr int trials = 1'000;
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    double value = noise(random) / std::sqrt(1 - rho * rho);  // as far on as any other
    std::vector<double> series(length);
    for (double& one : series) one = 100 + (value = rho * value + noise(random));
    const auto interval = resembling_mean_interval(independent_batches(std::move(series)));
    covered += interval->low <= 100 && interval->high >= 100;
  }
  return covered * 100 / trials;
}

TEST(Statistics, IntervalsOfMeansCoverTheTruthWhereSamplesHangTogether) {
  for (const std::size_t windows : {100u, 300u}) {  // of runs of 10 s and 30 s
    for (const double rho : {0.0, 0.3, 0.6}) {
      EXPECT_GE(coverage(rho, windows), 91) << rho << ' ' << windows;
      EXPECT_LE(coverage(rho, windows), 98) << rho << ' ' << windows;
    }
    EXPECT_GE(coverage(0.9, windows), windows == 100 ? 84 : 88) << windows;
  }
  // As though they were independent: what the correction is there for.
  std::mt19937_64 random(12);
  std::normal_distribution<double> noise;
  int covered = 0;
  for (int trial = 0; trial < 500; ++trial) {
    double value = 0;
    std::vector<double> series(100);
    for (double& one : series) one = value = 0.6 * value + noise(random);
    const auto interval = mean_interval(series);
    covered += interval->low <= 0 && interval->high >= 0;
  }
  EXPECT_LE(covered, 500 * 75 / 100);
}

TEST(Statistics, WhatHangsTogetherIsNotTakenForIndependent) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> noise;
  int accepted = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> white(40);
    for (double& value : white) value = noise(random);
    accepted += independent(white);
  }
  EXPECT_GE(accepted, 180);
  std::vector<double> wandering = {0};
  for (int i = 0; i < 40; ++i) wandering.push_back(0.95 * wandering.back() + 0.3 * noise(random));
  EXPECT_FALSE(independent(wandering));
}

TEST(Statistics, AWarmUpIsFoundAndSteadyValuesHaveNone) {
  std::mt19937_64 random(8);
  std::normal_distribution<double> noise(0, 1);
  std::vector<double> values;
  for (int i = 0; i < 100; ++i) values.push_back((i < 20 ? 40.0 - 2 * i : 0) + 100 + noise(random));
  const std::size_t cut = warm_up_length(values);
  EXPECT_GE(cut, 15u);
  EXPECT_LE(cut, 30u);
  for (double& value : values) value = 100 + noise(random);
  EXPECT_LE(warm_up_length(values), 20u);
}

TEST(Statistics, ADriftIsSeenAndNoiseIsNot) {
  std::mt19937_64 random(9);
  std::normal_distribution<double> noise(0, 1);
  std::vector<double> rising;
  for (int i = 0; i < 50; ++i) rising.push_back(100 + i + noise(random));
  EXPECT_NEAR(drift(rising), 49.0 / 149, 0.05);  // of its higher end
  std::vector<double> collapsing(10, 1000.0);
  for (std::size_t i = 5; i < 10; ++i) collapsing[i] = 0;
  EXPECT_GE(drift(collapsing), -1);
  EXPECT_LT(drift(collapsing), -0.9);
  int seen = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> flat(50);
    for (double& value : flat) value = 100 + noise(random);
    seen += drift(flat) != 0;
  }
  EXPECT_LE(seen, 22);  // 5 % of 200, and what chance adds
}

TEST(Statistics, AndersonDarlingKnowsExponentialGapsFromOthers) {
  std::mt19937_64 random(10);
  std::exponential_distribution<double> exponential(1);
  std::uniform_real_distribution<double> uniform(0, 2);
  int rejected = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> gaps(200);
    for (double& gap : gaps) gap = exponential(random);
    rejected += test_exponential(gaps).rejected;
  }
  EXPECT_LE(rejected, 10);
  std::vector<double> gaps(200);
  for (double& gap : gaps) gap = uniform(random);
  EXPECT_TRUE(test_exponential(gaps).rejected);
}

}  // namespace
}  // namespace wireproof::load
