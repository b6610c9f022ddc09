#include "load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "load/histogram_log.h"

namespace wireproof::load {
namespace {

std::vector<std::uint64_t> samples(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> distribution(11, 1.5);  // around 60 us, with a long tail
  std::vector<std::uint64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(static_cast<std::uint64_t>(distribution(random)));
  }
  return values;
}

Histogram of(const std::vector<std::uint64_t>& values) {
  Histogram histogram;
  for (const std::uint64_t value : values) histogram.record(value);
  return histogram;
}

TEST(Histogram, EveryBucketIsThreeDigitsFine) {
  for (std::uint64_t value : {0ull, 1ull, 2047ull, 2048ull, 4095ull, 4096ull, 1'000'000ull,
                              3'600'000'000'000ull, ~0ull >> 1}) {
    const std::size_t index = Histogram::index_of(value);
    const std::uint64_t low = Histogram::lowest_of(index), high = Histogram::highest_of(index);
    EXPECT_LE(low, value);
    EXPECT_GE(high, value);
    EXPECT_LE(static_cast<double>(high - low), static_cast<double>(value) / 1000 + 1e-9) << value;
    EXPECT_EQ(Histogram::index_of(low), index);
    EXPECT_EQ(Histogram::index_of(high), index);
  }
}

TEST(Histogram, PercentilesAreThoseOfTheSortedSamples) {
  auto values = samples(50'000, 1);
  const Histogram histogram = of(values);
  std::sort(values.begin(), values.end());
  for (const double quantile : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(quantile * 50'000)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    EXPECT_NEAR(static_cast<double>(histogram.value_at(quantile)), exact, exact / 1000 + 1)
        << quantile;
  }
  EXPECT_EQ(histogram.most(), values.back());
  EXPECT_EQ(histogram.least(), values.front());
}

TEST(Histogram, NothingIsClampedAndTheLargestIsExact) {
  Histogram histogram;
  const std::uint64_t two_days = 172'800'123'456'789;
  histogram.record(5);
  histogram.record(two_days);
  EXPECT_EQ(histogram.most(), two_days);
  EXPECT_EQ(histogram.value_at(1.0), two_days);
  EXPECT_EQ(histogram.least(), 5u);
  EXPECT_EQ(histogram.count(), 2u);
}

TEST(Histogram, MergedOnesEqualOneOfAllSamples) {
  const auto values = samples(20'000, 2);
  const Histogram all = of(values);
  Histogram parts[3], merged, packed;
  for (std::size_t i = 0; i < values.size(); ++i) parts[i % 3].record(values[i]);
  for (Histogram& part : parts) {
    merged.add(part);
    packed.add(part.take());
    EXPECT_EQ(part.count(), 0u);
    EXPECT_EQ(part.value_at(0.5), 0u);
  }
  for (const Histogram* one : {&merged, &packed}) {
    EXPECT_TRUE(std::ranges::equal(one->counts(), all.counts()));
    EXPECT_EQ(one->count(), all.count());
    EXPECT_EQ(one->most(), all.most());
    EXPECT_EQ(one->least(), all.least());
    EXPECT_DOUBLE_EQ(one->mean(), all.mean());
  }
}

TEST(Histogram, TakenWindowsAreOfTheirOwnSamplesOnly) {
  Histogram histogram;
  histogram.record(1'000'000);
  histogram.take();
  histogram.record(10);
  const HistogramCounts second = histogram.take();
  EXPECT_EQ(second.total, 1u);
  EXPECT_EQ(second.most, 10u);
  EXPECT_EQ(second.counts.size(), 1u);
}

TEST(Histogram, APercentileNeedsTenSamplesBeyondIt) {
  Histogram histogram;
  for (int i = 0; i < 999; ++i) histogram.record(100);
  EXPECT_FALSE(percentile(histogram, 0.99));
  EXPECT_TRUE(percentile(histogram, 0.98));
  histogram.record(100);
  EXPECT_TRUE(percentile(histogram, 0.99));
  EXPECT_FALSE(percentile(histogram, 0.999));
}

TEST(HistogramLog, WhatIsEncodedIsReadBack) {
  const Histogram histogram = of(samples(10'000, 3));
  const std::string text = encode_v2(histogram);
  EXPECT_EQ(text.substr(0, 4), "HIST");
  const auto back = decode_v2(text);
  ASSERT_TRUE(back) << back.error();
  EXPECT_TRUE(std::ranges::equal(back->counts(), histogram.counts()));
  for (const double quantile : {0.5, 0.99}) {
    EXPECT_EQ(back->value_at(quantile), histogram.value_at(quantile));
  }
}

TEST(HistogramLog, AnEmptyOneIsReadBackToo) {
  const auto back = decode_v2(encode_v2(Histogram()));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(back->count(), 0u);
}

TEST(HistogramLog, WhatIsNoHistogramIsRefused) {
  EXPECT_FALSE(decode_v2("%%%"));
  EXPECT_FALSE(decode_v2(""));
  EXPECT_FALSE(decode_v2("AAAAAAAAAAAA"));
  std::string cut = encode_v2(of(samples(1'000, 4)));
  cut.resize(cut.size() / 2);
  EXPECT_FALSE(decode_v2(cut));
}

TEST(HistogramLog, IntervalsKeepTheirTagsAndTimes) {
  std::vector<LogInterval> intervals(2);
  intervals[0].tag = "latency";
  intervals[0].start_s = 0.5;
  intervals[0].length_s = 1;
  intervals[0].histogram.record(2'000'000);
  intervals[1].start_s = 1.5;
  intervals[1].length_s = 1;
  const std::string text = histogram_log(1'740'000'000'000'000'000, intervals);
  EXPECT_NE(text.find("#[Histogram log format version 1.3]"), std::string::npos);
  const auto back = read_histogram_log(text);
  ASSERT_TRUE(back) << back.error();
  ASSERT_EQ(back->size(), 2u);
  EXPECT_EQ((*back)[0].tag, "latency");
  EXPECT_DOUBLE_EQ((*back)[0].start_s, 0.5);
  EXPECT_EQ((*back)[0].histogram.count(), 1u);
  EXPECT_EQ((*back)[1].tag, "");
  EXPECT_FALSE(read_histogram_log("1.0,abc,2.0,HIST\n"));
}

}  // namespace
}  // namespace wireproof::load
