// Whatever packets come, the tracker and the rules keep their promises (tracker_fuzz.cpp): on
// inputs that once broke them, and on random ones.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace wireproof::tcp {
namespace {

TEST(TrackerRobust, InputsThatWereKept) {
  const std::filesystem::path folder =
      std::string(WIREPROOF_SOURCE_DIR) + "/harness/tcp/testdata/fuzz";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
}

// Mostly packets that fit: small steps, usual flags; else nothing but noise would be reached.
TEST(TrackerRobust, RandomTraces) {
  constexpr std::array<std::uint8_t, 8> kFlags{0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x18};
  std::mt19937_64 random(7);
  for (int run = 0; run < 3000; ++run) {
    std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(random())};
    for (std::uint64_t packets = 1 + random() % 60; packets > 0; --packets) {
      std::array<std::uint8_t, 12> record{};
      for (std::uint8_t& byte : record)
        byte = random() % 8 == 0 ? static_cast<std::uint8_t>(random()) : 0;
      record[0] = static_cast<std::uint8_t>(random() % 2);
      if (random() % 10 != 0) record[1] = kFlags[random() % kFlags.size()];
      record[6] = static_cast<std::uint8_t>(random() % 3 == 0 ? random() % 20 : 0);
      record[7] = 0xFF;
      bytes.insert(bytes.end(), record.begin(), record.end());
    }
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
}

}  // namespace
}  // namespace wireproof::tcp
