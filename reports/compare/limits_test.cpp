#include "reports/compare/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wireproof::compare {
namespace {

using testing::HasSubstr;

TEST(Limit, ReadsSharesAndUnits) {
  const auto share = read_limit("duration +10%");
  ASSERT_TRUE(share) << share.error().message;
  EXPECT_EQ(share->figure->name, "duration");
  EXPECT_TRUE(share->relative);
  EXPECT_DOUBLE_EQ(share->by, 0.1);
  const auto time = read_limit("  handshake  + 200 us ");
  ASSERT_TRUE(time) << time.error().message;
  EXPECT_FALSE(time->relative);
  EXPECT_DOUBLE_EQ(time->by, 0.2);
  EXPECT_DOUBLE_EQ(read_limit("duration+1.5s")->by, 1500);
  EXPECT_EQ(read_limit("first-byte +5%")->figure->name, "first-byte");
  EXPECT_DOUBLE_EQ(read_limit("p99 +10%")->by, 0.1);
  EXPECT_EQ(read_limit("p99.9 +10%")->figure->name, "p99.9");
  EXPECT_DOUBLE_EQ(read_limit("throughput -5%")->by, 0.05);
  EXPECT_DOUBLE_EQ(read_limit("throughput -100/s")->by, 100);
  EXPECT_DOUBLE_EQ(read_limit("errors +0.5pp")->by, 0.005);
  EXPECT_TRUE(read_limit("gone")->gone);
  EXPECT_TRUE(read_limit("should")->should);
}

struct Bad {
  const char *text, *message, *hint;
};

TEST(Limit, SaysWhatIsWrong) {
  for (const Bad& bad : {
           Bad{"", "there is no figure", "there are duration"},
           Bad{"durations +10%", "there is no figure \"durations\"", "did you mean duration?"},
           Bad{"duration", "no + or - says how far duration may move", "a limit is written"},
           Bad{"duration 10%", "no + or -", "a limit is written"},
           Bad{"duration -10%", "duration is better when lower", "begins with +"},
           Bad{"duration +", "does not begin with a number", "a limit is written"},
           Bad{"duration +ten%", "\"ten%\" does not begin with a number", "a limit is written"},
           Bad{"duration +-10%", "does not begin with a number", "a limit is written"},
           Bad{"duration +nan%", "does not begin with a number", "a limit is written"},
           Bad{"duration +1e300%", "does not begin with a number", "a limit is written"},
           Bad{"duration +10", "nothing is not a unit of duration", "%, us, ms or s"},
           Bad{"duration +10%%", "\"%%\" is not a unit of duration", "%, us, ms or s"},
           Bad{"duration +10 furlongs", "\"furlongs\" is not a unit", "%, us, ms or s"},
           Bad{"throughput +5%", "throughput is better when higher", "begins with -"},
           Bad{"throughput -5ms", "\"ms\" is not a unit of throughput", "% or /s"},
           Bad{"errors +1ms", "\"ms\" is not a unit of errors", "pp"},
           Bad{"duration of tcp +10%", "\"of tcp\" stands between", "a limit is written"},
           Bad{"\x1b[31m +1%", "there is no figure \"\\x1b[31m\"", "there are"},
       }) {
    const auto limit = read_limit(bad.text);
    ASSERT_FALSE(limit) << bad.text;
    EXPECT_THAT(limit.error().message, HasSubstr(bad.message)) << bad.text;
    EXPECT_THAT(limit.error().hint, HasSubstr(bad.hint)) << bad.text;
  }
}

TEST(Limit, IsPastWhereTheMoveIsGreater) {
  const Limit share = *read_limit("duration +10%"), time = *read_limit("duration +2ms");
  EXPECT_TRUE(is_past(share, 100, 110.1));
  EXPECT_FALSE(is_past(share, 100, 109.9));
  EXPECT_FALSE(is_past(share, 100, 50));
  EXPECT_TRUE(is_past(time, 100, 102.1));
  EXPECT_FALSE(is_past(time, 100, 101.9));
  const Figure rate{"rate", Unit::per_second, true, ""};
  Limit less;
  less.figure = &rate;
  less.by = 0.05;
  EXPECT_TRUE(is_past(less, 1000, 940));
  EXPECT_FALSE(is_past(less, 1000, 960));
  EXPECT_FALSE(is_past(less, 1000, 2000));
}

}  // namespace
}  // namespace wireproof::compare
