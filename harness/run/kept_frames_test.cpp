#include "run/kept_frames.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace wireproof::run {
namespace {

// So many frames of so many bytes, each byte the frame's number.
struct Capture {
  std::vector<std::vector<std::uint8_t>> bytes;
  std::vector<packet::Frame> frames;
  Capture(std::size_t count, std::size_t length) {
    for (std::size_t i = 0; i < count; ++i) {
      bytes.emplace_back(length, static_cast<std::uint8_t>(i + 1));
    }
    for (std::size_t i = 0; i < count; ++i) {
      packet::Frame frame;
      frame.number = i + 1;
      frame.time_ns = static_cast<std::int64_t>(1'000 * (i + 1));
      frame.wire_length = static_cast<std::uint32_t>(length);
      frame.bytes = bytes[i];
      frames.push_back(frame);
    }
  }
};

Finding naming(std::vector<std::uint64_t> packets) {
  Finding finding;
  finding.packets = std::move(packets);
  return finding;
}

TEST(KeptFrames, AnOrdinaryCaseHasAllOfThem) {
  const Capture capture(11, 66);
  const auto kept = kept_frames(capture.frames, {});
  ASSERT_EQ(kept.size(), 11u);
  EXPECT_EQ(kept[0].packet, 1u);
  EXPECT_EQ(kept[10].packet, 11u);
  EXPECT_EQ(kept[4].bytes, std::string(66, '\x05'));
  EXPECT_EQ(kept[4].wire_length, 66u);
  EXPECT_EQ(kept[4].time_ns, 5'000);
}

TEST(KeptFrames, LongOnesKeepTheirStart) {
  const Capture capture(1, 1'514);
  const auto kept = kept_frames(capture.frames, {});
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].bytes.size(), kept_frame_bytes);
  EXPECT_EQ(kept[0].wire_length, 1'514u);
}

TEST(KeptFrames, ManyKeepBothEndsAndWhatFindingsName) {
  const Capture capture(10'001, 100);
  const auto kept = kept_frames(capture.frames, {naming({5'000, 99'999})});
  std::size_t bytes = 0;
  std::vector<std::uint64_t> numbers;
  for (const auto& frame : kept) {
    bytes += frame.bytes.size() + kept_frame_overhead;
    numbers.push_back(frame.packet);
  }
  EXPECT_LE(bytes, kept_bytes);
  EXPECT_GT(bytes, kept_bytes - 200);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(std::count(numbers.begin(), numbers.end(), 5'000u), 1);
  EXPECT_EQ(numbers.front(), 1u);
  EXPECT_EQ(numbers[100], 101u);
  EXPECT_EQ(numbers.back(), 10'001u);
}

TEST(KeptFrames, FindingsAloneMayUseTheBudget) {
  const Capture capture(2'000, 300);
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 2'000; i > 0; --i) all.push_back(i);
  const auto kept = kept_frames(capture.frames, {naming(all)});
  EXPECT_EQ(kept.size(), kept_bytes / (kept_frame_bytes + kept_frame_overhead));
  EXPECT_EQ(kept.back().packet, 2'000u);
  EXPECT_TRUE(kept_frames({}, {naming({1})}).empty());
}

}  // namespace
}  // namespace wireproof::run
