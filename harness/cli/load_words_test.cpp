#include "cli/load_words.h"

#include <gtest/gtest.h>

namespace wireproof::cli {
namespace {

using scenario::SizeKind;

TEST(LoadWords, SizesAreAKindAndItsEnds) {
  const auto uniform = parse_sizes("uniform:16-4096");
  ASSERT_TRUE(uniform);
  EXPECT_EQ(uniform->kind, SizeKind::uniform);
  EXPECT_EQ(uniform->least, 16u);
  EXPECT_EQ(uniform->most, 4'096u);
  const auto exponential = parse_sizes("exponential:1-65536:512");
  ASSERT_TRUE(exponential);
  EXPECT_EQ(exponential->kind, SizeKind::exponential);
  EXPECT_EQ(exponential->mean, 512u);
  for (const char* const text :
       {"", "uniform", "normal:1-2", "uniform:5", "uniform:5-4", "uniform:0-4", "uniform:1-2:1",
        "uniform:1-99999999999", "exponential:5-9:4", "exponential:5-9:x", "uniform:1-2-3",
        "uniform:1-2:3:4"}) {
    EXPECT_FALSE(parse_sizes(text)) << text;
  }
}

TEST(LoadWords, AScheduleIsTimesWithTheirRates) {
  const auto points = parse_schedule("0s:100,500ms:2k,2:0");
  ASSERT_TRUE(points);
  ASSERT_EQ(points->size(), 3u);
  EXPECT_EQ((*points)[1].at_s, 0.5);
  EXPECT_EQ((*points)[1].rate, 2'000);
  EXPECT_EQ((*points)[2].at_s, 2);
  for (const char* const text :
       {"", "0s:100", "0s:100,", "0s:100,1s", "1s:1,0s:1", "0s:-1,1s:5", "0s:x,1s:5", "x:1,1s:5",
        "0s:0,1s:0", "0s:1,1s:1e9", "0h:1,25h:1"}) {
    EXPECT_FALSE(parse_schedule(text)) << text;
  }
}

TEST(LoadWords, TimesAreMillisecondsOneALine) {
  const auto times = parse_times("# recorded\n0\n 1.5\r\n\n1.5\n20\n");
  ASSERT_TRUE(times);
  EXPECT_EQ(*times, (std::vector<std::int64_t>{0, 1'500'000, 1'500'000, 20'000'000}));
  EXPECT_EQ(parse_times("1\n2\nx\n").error().message, "line 3: \"x\" is no time");
  EXPECT_EQ(parse_times("2\n1\n").error().message, "line 2: a time that goes back");
  for (const char* const text : {"", "#\n", "-1\n", "nan\n", "1e12\n", "1 2\n"}) {
    EXPECT_FALSE(parse_times(text)) << text;
  }
}

TEST(LoadWords, APrefixIsBytesAndTheirOrder) {
  const auto plain = parse_prefix("4");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->bytes, 4u);
  EXPECT_FALSE(plain->little_endian || plain->counts_itself);
  const auto all = parse_prefix("2,little-endian,counts-itself");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->bytes == 2 && all->little_endian && all->counts_itself);
  for (const char* const text : {"", "0", "9", "four", "4,", "4,big", "4 ,little-endian"}) {
    EXPECT_FALSE(parse_prefix(text)) << text;
  }
}

}  // namespace
}  // namespace wireproof::cli
