// Whatever bytes come, decoding stays inside them and says what is not there. Frames are put in
// memory of exactly their size, so that AddressSanitizer sees one byte too many.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>

#include "packet/build.h"
#include "packet/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace wireproof::packet {
namespace {

using build::Bytes;

void run(const Bytes& input) {
  const auto exact = std::make_unique<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), exact.get());
  LLVMFuzzerTestOneInput(exact.get(), input.size());
}

std::vector<Bytes> samples() {
  const Endpoint a4 = build::endpoint("192.0.2.1", 1), b4 = build::endpoint("192.0.2.2", 2);
  const Endpoint a6 = build::endpoint("2001:db8::1", 1), b6 = build::endpoint("2001:db8::2", 2);
  const Bytes options = build::join(
      {build::option_mss(9), build::option_sack({{1, 2}, {3, 4}}), build::option_timestamps(1, 2)});
  std::vector<Bytes> packets;
  for (const auto& [a, b] : {std::pair{a4, b4}, std::pair{a6, b6}}) {
    const bool version_6 = a.address.family == Family::ipv6;
    const Bytes tcp = build::tcp(a, b, {.options = options}, build::text("text"));
    const Bytes udp = build::udp(a, b, build::text("text"));
    packets.push_back(build::ip(a.address, b.address, 6, tcp));
    packets.push_back(build::ip(a.address, b.address, 17, udp));
    packets.push_back(build::ip(a.address, b.address, 17, udp, {.id = 1, .more_fragments = true}));
    packets.push_back(
        build::ip(b.address, a.address, version_6 ? 58 : 1,
                  build::icmp(b.address, a.address, version_6 ? 1 : 3, 3, 0, packets.front())));
  }
  packets.push_back(build::ip(
      a6.address, b6.address, 6, build::tcp(a6, b6, {}),
      {.options = build::join(
           {Bytes{60, 0, 0xC2, 4, 0, 0, 0, 0}, Bytes{43, 0, 1, 4, 0, 0, 0, 0},
            Bytes{51, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
            Bytes{6, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}})}));
  return packets;
}

std::vector<std::pair<LinkType, Bytes>> sample_frames() {
  std::vector<std::pair<LinkType, Bytes>> frames;
  for (const Bytes& packet : samples()) {
    for (const LinkType type : {LinkType::null, LinkType::ethernet, LinkType::ppp, LinkType::raw,
                                LinkType::loop, LinkType::cooked_v1, LinkType::cooked_v2}) {
      frames.emplace_back(type, build::link(type, packet));
    }
    frames.emplace_back(LinkType::ethernet, build::ethernet(packet, {{0x88A8, 1}, {0x8100, 2}}));
  }
  return frames;
}

TEST(Robust, EveryHeaderCutAtEveryLengthIsCutAndNotMalformed) {
  for (const auto& [type, bytes] : sample_frames()) {
    const Packet whole = decode(build::frame(bytes, 1, 0, type));
    ASSERT_FALSE(whole.cut);
    ASSERT_EQ(whole.malformed, "");
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      const auto exact = std::make_unique<std::uint8_t[]>(length);
      std::copy_n(bytes.begin(), length, exact.get());
      Frame frame = build::frame({exact.get(), length}, 1, 0, type);
      frame.wire_length = static_cast<std::uint32_t>(bytes.size());
      const Packet packet = decode(frame);
      EXPECT_EQ(packet.malformed, "") << "length " << length;
      EXPECT_NE(packet.checksum, Checksum::good);
      EXPECT_NE(packet.checksum, Checksum::bad);
      EXPECT_TRUE(packet.cut || length >= whole.transport_offset) << "length " << length;
      if (packet.protocol == Protocol::tcp || packet.protocol == Protocol::udp) {
        EXPECT_EQ(packet.source, whole.source);
        EXPECT_EQ(packet.payload_length, whole.payload_length);
      }
    }
  }
}

TEST(Robust, EveryFrameThatEndsEarlyOnTheWireTooIsHandled) {
  for (const auto& [type, bytes] : sample_frames()) {
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      const auto exact = std::make_unique<std::uint8_t[]>(length);
      std::copy_n(bytes.begin(), length, exact.get());
      const Packet packet = decode(build::frame({exact.get(), length}, 1, 0, type));
      EXPECT_TRUE(packet.cut || !packet.malformed.empty()) << "length " << length;
    }
  }
}

TEST(Robust, EachByteChangedToAnything) {
  for (const auto& [type, bytes] : sample_frames()) {
    if (type != LinkType::ethernet && type != LinkType::raw) continue;
    Bytes input =
        build::join({Bytes{static_cast<std::uint8_t>(type == LinkType::raw), 0, 0}, bytes});
    for (std::size_t at = 0; at < input.size(); ++at) {
      const std::uint8_t kept = input[at];
      for (int value = 0; value < 256; ++value) {
        input[at] = static_cast<std::uint8_t>(value);
        run(input);
      }
      input[at] = kept;
    }
  }
}

TEST(Robust, RandomBytes) {
  std::mt19937 random(20);
  for (int round = 0; round < 50000; ++round) {
    Bytes input(3 + random() % 160);
    for (auto& byte : input) byte = static_cast<std::uint8_t>(random());
    // Half of them get as far as IP.
    if (round % 2 == 0 && input.size() > 17) {
      input[0] = 0;
      input[15] = round % 4 == 0 ? 0x08 : 0x86;
      input[16] = round % 4 == 0 ? 0x00 : 0xDD;
      input[17] = static_cast<std::uint8_t>((round % 4 == 0 ? 0x40 : 0x60) | (input[17] & 0x0F));
    }
    run(input);
  }
}

TEST(Robust, RegressionInputsOfTheFuzzer) {
  std::size_t inputs = 0;
  const std::filesystem::path folder = WIREPROOF_SOURCE_DIR "/harness/packet/testdata/fuzz";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    run(Bytes(std::istreambuf_iterator<char>(file), {}));
    ++inputs;
  }
  EXPECT_GE(inputs, 5u);
}

}  // namespace
}  // namespace wireproof::packet
