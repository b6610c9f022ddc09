#include "packet/reassembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "packet/build.h"
#include "packet/decode.h"

namespace wireproof::packet {
namespace {

const Endpoint client4 = build::endpoint("192.0.2.1", 4000),
               server4 = build::endpoint("192.0.2.2", 80);
const Endpoint client6 = build::endpoint("2001:db8::1", 4000),
               server6 = build::endpoint("2001:db8::2", 80);

std::string long_text(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

// A TCP segment's fragments as frames, and what puts them together.
class Pieces {
 public:
  Pieces(bool version_6, std::string_view payload)
      : from_(version_6 ? client6 : client4),
        to_(version_6 ? server6 : server4),
        segment_(build::tcp(from_, to_, {.seq = 77, .flags = flag::ack | flag::psh},
                            build::text(payload))) {}

  // Bytes [begin, end) of the segment.
  Frame piece(std::size_t begin, std::size_t end, bool last, std::uint32_t id = 9) {
    build::IpFields fields;
    fields.id = id;
    fields.dont_fragment = false;
    fields.fragment_offset = static_cast<std::uint16_t>(begin);
    fields.more_fragments = !last;
    const build::View part = build::View(segment_).subspan(begin, end - begin);
    frames_.push_back(build::ethernet(build::ip(from_.address, to_.address, 6, part, fields)));
    ++number_;
    return build::frame(frames_.back(), number_, static_cast<std::int64_t>(number_) * 1000);
  }
  std::size_t size() const { return segment_.size(); }

 private:
  Endpoint from_, to_;
  build::Bytes segment_;
  std::deque<build::Bytes> frames_;
  std::uint64_t number_ = 0;
};

TEST(Reassembler, PutsPiecesOfAnyOrderTogether) {
  for (const bool version_6 : {false, true}) {
    const std::string text = long_text(3000);
    std::vector<int> order = {0, 1, 2};
    do {
      Pieces pieces(version_6, text);
      const std::vector frames = {pieces.piece(0, 1400, false), pieces.piece(1400, 2800, false),
                                  pieces.piece(2800, pieces.size(), true)};
      Reassembler reassembler;
      std::optional<Frame> whole;
      for (const int i : order) {
        EXPECT_FALSE(whole);
        whole = reassembler.add(decode(frames[static_cast<std::size_t>(i)]));
      }
      ASSERT_TRUE(whole);
      EXPECT_EQ(whole->number, frames[static_cast<std::size_t>(order.back())].number);
      const Packet packet = decode(*whole);
      EXPECT_EQ(packet.protocol, Protocol::tcp);
      EXPECT_EQ(packet.malformed, "");
      EXPECT_EQ(packet.checksum, Checksum::good);
      EXPECT_EQ(packet.tcp.seq, 77u);
      EXPECT_EQ(std::string(packet.payload.begin(), packet.payload.end()), text);
      EXPECT_EQ(packet.ip_checksum, version_6 ? Checksum::unknown : Checksum::good);
      EXPECT_EQ(reassembler.pending(), 0u);
      EXPECT_EQ(reassembler.bytes(), 0u);
      EXPECT_TRUE(reassembler.take_overlaps().empty());
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(Reassembler, APieceTwiceIsNoOverlapButOtherBytesAre) {
  for (const bool version_6 : {false, true}) {
    Pieces pieces(version_6, long_text(2000)), liar(version_6, std::string(2000, '!'));
    Reassembler reassembler;
    EXPECT_FALSE(reassembler.add(decode(pieces.piece(0, 1400, false))));
    EXPECT_FALSE(reassembler.add(decode(pieces.piece(0, 1400, false))));
    EXPECT_TRUE(reassembler.take_overlaps().empty());
    EXPECT_FALSE(reassembler.add(decode(liar.piece(1000, 1800, false))));
    const auto overlaps = reassembler.take_overlaps();
    ASSERT_EQ(overlaps.size(), 1u);
    EXPECT_EQ(overlaps[0].first_packet, 1u);
    EXPECT_FALSE(overlaps[0].same_bytes);
    EXPECT_EQ(overlaps[0].family, version_6 ? Family::ipv6 : Family::ipv4);
    // IPv6: the packet is gone (RFC 5722). IPv4: the bytes that came first stand.
    const auto whole = reassembler.add(decode(pieces.piece(1800, pieces.size(), true)));
    EXPECT_EQ(whole.has_value(), !version_6);
    if (whole) {
      EXPECT_EQ(decode(*whole).payload[1300], std::uint8_t('a' + 1300 % 23));
    }
  }
}

TEST(Reassembler, PiecesThatTheCaptureCutMakeAPacketThatIsCut) {
  Pieces pieces(false, long_text(2000));
  Frame first = pieces.piece(0, 1400, false);
  first.bytes = first.bytes.first(100);
  Reassembler reassembler;
  EXPECT_FALSE(reassembler.add(decode(first)));
  const auto whole = reassembler.add(decode(pieces.piece(1400, pieces.size(), true)));
  ASSERT_TRUE(whole);
  const Packet packet = decode(*whole);
  EXPECT_EQ(packet.payload_length, 2000u);
  EXPECT_EQ(packet.payload.size(), 100u - 14 - 20 - 20);
  EXPECT_EQ(packet.checksum, Checksum::unknown);
}

TEST(Reassembler, AHundredThousandThatAreNeverCompletedTakeBoundedMemory) {
  for (const bool version_6 : {false, true}) {
    Pieces pieces(version_6, long_text(65000));
    Reassembler reassembler({.packets = 500, .bytes = 1u << 20});
    std::size_t most = 0;
    for (std::uint32_t id = 0; id < 50'000; ++id) {
      Pieces one(version_6, long_text(200));
      EXPECT_FALSE(reassembler.add(decode(one.piece(0, 80, false, id))));
      most = std::max(most, reassembler.bytes());
    }
    for (std::uint32_t id = 0; id < 1000; ++id) {  // each claims all the room there can be
      EXPECT_FALSE(reassembler.add(decode(pieces.piece(64000, 64080, false, id))));
      most = std::max(most, reassembler.bytes());
    }
    EXPECT_LE(reassembler.pending(), 500u);
    EXPECT_LT(most, (1u << 20) + 70'000u);
    EXPECT_EQ(reassembler.pending() + reassembler.given_up(), 51'000u);
  }
}

TEST(Reassembler, TheOldAreGivenUpAndImpossibleOnesAreNotKept) {
  Reassembler reassembler;
  Pieces pieces(false, long_text(3000));
  Frame first = pieces.piece(0, 1400, false), second = pieces.piece(1400, pieces.size(), true);
  EXPECT_FALSE(reassembler.add(decode(first)));
  second.time_ns += 61'000'000'000;
  EXPECT_FALSE(reassembler.add(decode(second)));
  EXPECT_EQ(reassembler.given_up(), 1u);
  EXPECT_FALSE(reassembler.add(decode(pieces.piece(0, 1401, false))));  // no multiple of eight
  EXPECT_EQ(reassembler.given_up(), 2u);
}

}  // namespace
}  // namespace wireproof::packet
