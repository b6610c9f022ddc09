// What the fuzzer found, or begins from, goes through in the ordinary tests too; and frames made of
// good ones, spoiled at random.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "packet/build.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace wireproof::check {
namespace {

namespace build = packet::build;

TEST(JudgeRobust, TheFuzzersInputs) {
  const std::filesystem::path folder = WIREPROOF_SOURCE_DIR "/harness/check/testdata/fuzz";
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++count;
  }
  EXPECT_GT(count, 0u);
}

void append(build::Bytes& input, const build::Bytes& frame, unsigned link) {
  input.push_back(static_cast<std::uint8_t>(frame.size() >> 8));
  input.push_back(static_cast<std::uint8_t>(frame.size()));
  input.push_back(static_cast<std::uint8_t>(link | 16 << 3));
  input.insert(input.end(), frame.begin(), frame.end());
}

TEST(JudgeRobust, GoodConnectionsSpoiledAtRandom) {
  std::mt19937 random(7);
  const auto client = build::endpoint("10.0.0.1", 4000), server = build::endpoint("10.0.0.2", 80);
  for (int round = 0; round < 1000; ++round) {
    build::Bytes input = {static_cast<std::uint8_t>(random() % 4)};
    std::uint32_t seq = 100, ack = 0;
    for (unsigned i = 0; i < 12; ++i) {
      build::TcpFields fields;
      fields.seq = seq;
      fields.ack = ack;
      fields.flags = static_cast<std::uint16_t>(random() % 4 == 0 ? random() % 512
                                                : i == 0          ? 2
                                                                  : 16);
      const build::Bytes data(random() % 30, 'd');
      const bool out = random() % 2 == 0;
      const auto& from = out ? client : server;
      const auto& to = out ? server : client;
      build::IpFields ip;
      ip.id = 1;
      if (random() % 5 == 0) {
        ip.more_fragments = random() % 2 == 0;
        ip.fragment_offset = static_cast<std::uint16_t>(random() % 8 * 8);
        ip.dont_fragment = false;
      }
      build::Bytes frame =
          build::ip(from.address, to.address, 6, build::tcp(from, to, fields, data), ip);
      if (random() % 6 == 0) frame = build::ip(from.address, to.address, 4, frame);
      frame = build::ethernet(frame);
      if (random() % 3 == 0) frame[random() % frame.size()] ^= static_cast<std::uint8_t>(random());
      append(input, frame, 0);
      seq += static_cast<std::uint32_t>(data.size() + random() % 2);
      ack = random() % 3 == 0 ? static_cast<std::uint32_t>(random()) : seq;
    }
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
}

}  // namespace
}  // namespace wireproof::check
