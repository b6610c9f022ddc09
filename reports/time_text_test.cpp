#include "reports/time_text.h"

#include <gtest/gtest.h>

namespace wireproof::report {
namespace {

TEST(UtcText, ThereAndBack) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(utc_text(1'740'000'000'123'456'789), "2025-02-19T21:20:00.123456789Z");
  for (const std::int64_t ns : {std::int64_t{0}, std::int64_t{1'740'000'000'123'456'789},
                                std::int64_t{951'782'400'000'000'001}}) {
    EXPECT_EQ(utc_from_text(utc_text(ns)), ns);
  }
}

TEST(UtcText, RefusesWhatIsNoTime) {
  for (const char* bad :
       {"", "today", "2025-02-30T00:00:00.000000000Z", "2025-02-19 21:20:00.123456789Z",
        "2025-02-19T21:20:00Z", "9999-01-01T00:00:00.000000000Z"}) {
    EXPECT_EQ(utc_from_text(bad), std::nullopt) << bad;
  }
}

TEST(DurationText, ThreeFigures) {
  EXPECT_EQ(duration_text(0), "0 us");
  EXPECT_EQ(duration_text(0.4123), "412 us");
  EXPECT_EQ(duration_text(3.4217), "3.42 ms");
  EXPECT_EQ(duration_text(48.24), "48.2 ms");
  EXPECT_EQ(duration_text(412.4), "412 ms");
  EXPECT_EQ(duration_text(999.7), "1.00 s");
  EXPECT_EQ(duration_text(3'421), "3.42 s");
  EXPECT_EQ(duration_text(125'000), "2 min 5 s");
  EXPECT_EQ(duration_text(-1), "-");
}

}  // namespace
}  // namespace wireproof::report
