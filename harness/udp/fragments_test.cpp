#include "udp/fragments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "packet/bytes.h"
#include "udp/trace_for_test.h"

namespace wireproof::udp {
namespace {

using build::Bytes;

struct Part {
  std::uint16_t begin, end;
  bool last;
};

// Frames of `whole` cut into parts; of both families.
Bytes fragment(const Bytes& whole, const Part& part, bool version_6, std::uint32_t id = 1,
               std::uint8_t protocol = 17) {
  const Endpoint& from = version_6 ? kClient6 : kClient;
  const Endpoint& to = version_6 ? kServer6 : kServer;
  return build::ethernet(build::ip(
      from.address, to.address, protocol,
      build::View(whole).subspan(part.begin, static_cast<std::size_t>(part.end - part.begin)),
      {.id = id, .fragment_offset = part.begin, .more_fragments = !part.last}));
}

class Reassembly : public testing::TestWithParam<bool> {
 protected:
  Bytes whole(std::size_t size) const {
    Bytes payload(size);
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::uint8_t>(i * 7);
    return GetParam() ? build::udp(kClient6, kServer6, payload)
                      : build::udp(kClient, kServer, payload);
  }
  std::vector<Reassembled> add(const Bytes& frame, std::int64_t time_ns = 0) {
    return fragments_.add(packet::decode(build::frame(frame, ++number_, time_ns)));
  }
  Fragments fragments_;
  std::uint64_t number_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Versions, Reassembly, testing::Bool());

TEST_P(Reassembly, InAnyOrder) {
  const Bytes datagram = whole(800);
  std::vector<Part> parts = {
      {0, 200, false}, {200, 400, false}, {400, 600, false}, {600, 808, true}};
  std::vector<std::size_t> order = {0, 1, 2, 3};
  std::uint32_t id = 0;
  do {
    ++id;
    std::vector<Reassembled> done;
    for (const std::size_t at : order) {
      ASSERT_TRUE(done.empty());
      done = add(fragment(datagram, parts[at], GetParam(), id));
    }
    ASSERT_EQ(done.size(), 1u);
    EXPECT_TRUE(done[0].complete);
    EXPECT_FALSE(done[0].overlap);
    EXPECT_EQ(done[0].fragments, 4u);
    EXPECT_EQ(done[0].checksum, packet::Checksum::good);
    EXPECT_EQ(done[0].source.port, 40000);
    EXPECT_TRUE(std::equal(done[0].payload.begin(), done[0].payload.end(), datagram.begin() + 8,
                           datagram.end()));
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_TRUE(fragments_.finish().empty());
}

TEST_P(Reassembly, AWrongByteIsSeenByTheChecksum) {
  Bytes datagram = whole(400);
  datagram[300] ^= 1;
  add(fragment(datagram, {0, 200, false}, GetParam()));
  EXPECT_EQ(add(fragment(datagram, {200, 408, true}, GetParam())).at(0).checksum,
            packet::Checksum::bad);
}

TEST_P(Reassembly, OverlapsAreNotedAndExactCopiesAreNot) {
  const Bytes datagram = whole(400);
  add(fragment(datagram, {0, 200, false}, GetParam()));
  add(fragment(datagram, {0, 200, false}, GetParam()));
  auto done = add(fragment(datagram, {200, 408, true}, GetParam()));
  ASSERT_EQ(done.size(), 1u);
  EXPECT_FALSE(done[0].overlap);
  EXPECT_EQ(done[0].fragments, 2u);
  add(fragment(datagram, {0, 200, false}, GetParam(), 2));
  done = add(fragment(datagram, {192, 408, true}, GetParam(), 2));
  ASSERT_EQ(done.size(), 1u);
  EXPECT_TRUE(done[0].overlap);
  EXPECT_TRUE(done[0].complete);
}

TEST_P(Reassembly, IncompleteOnesComeOutAtTheEnd) {
  const Bytes datagram = whole(400);
  add(fragment(datagram, {0, 200, false}, GetParam(), 1));
  add(fragment(datagram, {200, 408, true}, GetParam(), 2));
  const auto left = fragments_.finish();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_FALSE(left[0].complete);
  EXPECT_EQ(left[0].source.port, 40000);
  EXPECT_EQ(left[0].length, 192u);
  EXPECT_EQ(left[1].source.port, 0);
  EXPECT_EQ(left[1].length, 208u);
}

TEST_P(Reassembly, AnOldIdentificationIsUsedAnew) {
  const Bytes datagram = whole(400);
  EXPECT_TRUE(add(fragment(datagram, {0, 200, false}, GetParam()), 0).empty());
  const auto given_up = add(fragment(datagram, {0, 200, false}, GetParam()), 61'000'000'000);
  ASSERT_EQ(given_up.size(), 1u);
  EXPECT_FALSE(given_up[0].complete);
  EXPECT_TRUE(add(fragment(datagram, {200, 408, true}, GetParam()), 61'000'000'001).at(0).complete);
}

TEST_P(Reassembly, AHundredThousandNeverCompletedStayBounded) {
  const Bytes datagram = whole(400);
  std::size_t given_up = 0;
  for (std::uint32_t id = 0; id < 100'000; ++id) {
    // IPv4 has 16 bits of identification: the addresses would differ as well.
    Bytes frame = fragment(datagram, {0, 200, false}, GetParam(), id);
    frame[14 + (GetParam() ? 8 : 12)] = static_cast<std::uint8_t>(id >> 16);
    given_up += add(frame).size();
  }
  EXPECT_EQ(given_up + fragments_.finish().size(), 100'000u);
  EXPECT_GE(given_up, 98'000u);
}

TEST_P(Reassembly, MoreFragmentsThanThereCanBe) {
  const Bytes datagram = whole(60'000);
  for (int round = 0; round < 9000; ++round) {
    const auto begin = static_cast<std::uint16_t>(round % 1000 * 8);
    add(fragment(datagram, {begin, static_cast<std::uint16_t>(begin + 8 + round / 1000 * 8), false},
                 GetParam()));
  }
  const auto left = fragments_.finish();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_TRUE(left[0].overlap);
}

TEST_P(Reassembly, LengthFieldsThatLie) {
  Bytes datagram = whole(400);
  const auto text = [&](std::uint16_t length, std::uint32_t id) {
    packet::store_be(datagram.data() + 4, length);
    add(fragment(datagram, {0, 200, false}, GetParam(), id));
    return std::string(add(fragment(datagram, {200, 408, true}, GetParam(), id)).at(0).malformed);
  };
  EXPECT_EQ(text(7, 1), "UDP length is below 8");
  EXPECT_EQ(text(409, 2), "UDP length exceeds the IP payload");
  EXPECT_EQ(text(408, 3), "");
}

TEST(Fragments6, OptionsInTheFragmentablePartAreStepped) {
  const Bytes udp = build::udp(kClient6, kServer6, Bytes(400, 'x'));
  const Bytes inner = build::join({Bytes{17, 0, 1, 4, 0, 0, 0, 0}, udp});
  for (const bool swapped : {false, true}) {
    Fragments fragments;
    const Bytes first = fragment(inner, {0, 200, false}, true, 1, 60);
    const Bytes last = fragment(inner, {200, 416, true}, true, 1, 60);
    const auto add = [&](const Bytes& frame) {
      const auto packet = packet::decode(build::frame(frame));
      EXPECT_TRUE(Fragments::is_one(packet));
      return fragments.add(packet);
    };
    add(swapped ? last : first);
    const auto done = add(swapped ? first : last);
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].checksum, packet::Checksum::good);
    EXPECT_EQ(done[0].length, 400u);
  }
}

TEST(FragmentsOfOthers, AreNotTaken) {
  const Bytes tcp = build::tcp(kClient, kServer, {}, Bytes(400, 'x'));
  const Bytes frame = fragment(tcp, {0, 200, false}, false, 1, 6);
  EXPECT_FALSE(Fragments::is_one(packet::decode(build::frame(frame))));
  const Bytes whole = build::udp_frame(kClient, kServer, {});
  EXPECT_FALSE(Fragments::is_one(packet::decode(build::frame(whole))));
}

TEST(FragmentsCut, BytesNotCapturedLeaveTheChecksumUnknown) {
  const Bytes udp = build::udp(kClient, kServer, Bytes(400, 'x'));
  Fragments fragments;
  std::vector<Reassembled> done;
  for (const Part& part : {Part{0, 200, false}, Part{200, 408, true}}) {
    const Bytes bytes = fragment(udp, part, false);
    packet::Frame frame = build::frame(bytes);
    frame.bytes = frame.bytes.first(60);
    done = fragments.add(packet::decode(frame));
  }
  ASSERT_EQ(done.size(), 1u);
  EXPECT_TRUE(done[0].complete);
  EXPECT_EQ(done[0].length, 400u);
  EXPECT_EQ(done[0].checksum, packet::Checksum::unknown);
}

}  // namespace
}  // namespace wireproof::udp
