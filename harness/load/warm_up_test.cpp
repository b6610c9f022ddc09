#include "load/warm_up.h"

#include <gtest/gtest.h>

#include <random>

namespace wireproof::load {
namespace {

Window window(std::uint64_t answered, std::uint64_t latency_us) {
  Window one;
  one.counts.warm_up_answered = answered;
  one.counts.warm_up_latency_ns = answered * latency_us * 1'000;
  return one;
}

std::vector<Window> windows(std::size_t rising, std::size_t flat) {
  std::mt19937_64 random(3);
  std::vector<Window> list;
  for (std::size_t i = 0; i < rising + flat; ++i) {
    const std::uint64_t level = i < rising ? 1'000 * i / rising : 1'000;
    list.push_back(window(10 + level + random() % 50, 10 + level + random() % 50));
  }
  return list;
}

TEST(WarmUp, FewWindowsSayNothing) { EXPECT_FALSE(is_steady(windows(0, 19), false)); }

TEST(WarmUp, SteadyWindowsAreSoonSo) {
  EXPECT_TRUE(is_steady(windows(0, 30), false));
  EXPECT_TRUE(is_steady(windows(0, 30), true));
}

TEST(WarmUp, ARiseIsWaitedFor) {
  for (const bool open_loop : {false, true}) {
    EXPECT_FALSE(is_steady(windows(40, 0), open_loop));
    EXPECT_FALSE(is_steady(windows(40, 5), open_loop));
    EXPECT_TRUE(is_steady(windows(40, 100), open_loop));
  }
}

TEST(WarmUp, AnOpenLoopIsJudgedByItsLatency) {
  std::vector<Window> list = windows(0, 40);  // latencies steady ...
  for (std::size_t i = 0; i < list.size(); ++i) {
    // ... while the rate rises, as a schedule may have it.
    const std::uint64_t mean = list[i].counts.warm_up_latency_ns / list[i].counts.warm_up_answered;
    list[i].counts.warm_up_answered = 100 * (i + 1);
    list[i].counts.warm_up_latency_ns = mean * list[i].counts.warm_up_answered;
  }
  EXPECT_TRUE(is_steady(list, true));
  EXPECT_FALSE(is_steady(list, false));
}

}  // namespace
}  // namespace wireproof::load
