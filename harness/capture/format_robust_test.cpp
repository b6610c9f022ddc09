// What the fuzzer found, or begins from, goes through in the ordinary tests too; and good files,
// spoiled at random.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "capture/blocks_for_test.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace wireproof::capture {
namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

TEST(FormatRobust, TheFuzzersInputs) {
  const std::filesystem::path folder = WIREPROOF_SOURCE_DIR "/harness/capture/testdata/fuzz";
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    run({std::istreambuf_iterator<char>(file), {}});
    ++count;
  }
  EXPECT_GT(count, 0u);
}

TEST(FormatRobust, GoodFilesSpoiledAtRandomAreReadTheSameInAnyPieces) {
  std::mt19937 random(7);
  for (const bool swap : {false, true}) {
    const std::string pcap = testing::pcap_head(0xA1B2C3D4, 1, swap) + testing::Bytes(swap)
                                                                           .u64(0)
                                                                           .u32(3)
                                                                           .u32(3)
                                                                           .raw("one")
                                                                           .u64(0)
                                                                           .u32(4)
                                                                           .u32(9)
                                                                           .raw("four")
                                                                           .text();
    testing::Pcapng pcapng(swap);
    pcapng.section(testing::Bytes(swap).option(1, "comment").text())
        .interface(1, 96, testing::Bytes(swap).option(9, "\x09").option(2, "lo").text())
        .packet(0, 5, "one", 0, testing::Bytes(swap).option(1, "look").text())
        .block(77, "unknown.")
        .block(3, testing::Bytes(swap).u32(4).raw("four").text())
        .packet(0, 5, "five5");
    for (const std::string& good : {pcap, pcapng.text()}) {
      for (int round = 0; round < 4000; ++round) {
        std::string input = std::string(1, '\0') + static_cast<char>(random() % 20) + good;
        for (unsigned i = random() % 4; i > 0; --i) {
          input[2 + random() % good.size()] = static_cast<char>(random());
        }
        if (random() % 4 == 0) input.resize(2 + random() % good.size());
        run(input);
      }
    }
  }
}

}  // namespace
}  // namespace wireproof::capture
