#include "load/sequence_check.h"

#include <gtest/gtest.h>

namespace wireproof::load {
namespace {

TEST(SequenceCheck, CountsWhatCameTwiceAndOutOfOrder) {
  SequenceCheck check;
  std::int64_t now = 0;
  for (const std::uint64_t number : {0u, 1u, 4u, 3u, 3u, 5u, 0u})
    check.arrived(number, now, now + 10), ++now;
  EXPECT_EQ(check.received(), 5u);  // 2 never came
  EXPECT_EQ(check.duplicated(), 2u);
  EXPECT_EQ(check.reordered(), 1u);
  EXPECT_EQ(check.jitter_ns(), 0);
}

TEST(SequenceCheck, ForgetsAfterAMillionButCountsOn) {
  SequenceCheck check;
  check.arrived(0, 0, 0);
  check.arrived(3'000'000, 0, 0);
  check.arrived(2'999'999, 0, 0);  // late, but not twice
  check.arrived(3'000'000, 0, 0);
  check.arrived(0, 0, 0);  // too old to be told from a duplicate
  EXPECT_EQ(check.received(), 3u);
  EXPECT_EQ(check.reordered(), 1u);
  EXPECT_EQ(check.duplicated(), 2u);
}

// Transit times of 10, 26, 10 ...: each differs from the one before by 16.
TEST(SequenceCheck, JitterIsThatOfRfc3550) {
  SequenceCheck check;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const auto sent = static_cast<std::int64_t>(i * 100);
    check.arrived(i, sent, sent + (i % 2 == 0 ? 10 : 26));
  }
  EXPECT_NEAR(check.jitter_ns(), 16, 0.01);
}

}  // namespace
}  // namespace wireproof::load
