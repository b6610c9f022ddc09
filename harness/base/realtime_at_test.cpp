#include "base/realtime_at.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace wireproof {
namespace {

TEST(RealtimeAt, LiesBetweenLooksAtTheClockItself) {
  constexpr std::int64_t slack_ns = 1'000'000;
  const std::int64_t before = realtime_ns();
  const auto moment = std::chrono::steady_clock::now();
  const std::int64_t after = realtime_ns();
  EXPECT_GE(realtime_at(moment), before - slack_ns);
  EXPECT_LE(realtime_at(moment), after + slack_ns);
}

TEST(RealtimeAt, GoesWithTheMoment) {
  constexpr std::int64_t slack_ns = 1'000'000, apart_ns = 3'600'000'000'000;
  const auto moment = std::chrono::steady_clock::now();
  const std::int64_t later = realtime_at(moment + nanoseconds(apart_ns));
  EXPECT_NEAR(static_cast<double>(later - realtime_at(moment)), static_cast<double>(apart_ns),
              static_cast<double>(slack_ns));
}

}  // namespace
}  // namespace wireproof
