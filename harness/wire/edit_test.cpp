#include "wire/edit.h"

#include "wire/answer.h"
#include "wire/engine_testing.h"
#include "wire/tcp_options_edit.h"

namespace wireproof::wire {
namespace {

using namespace testing;

packet::Packet checked_packet(const Bytes& frame) {
  const packet::Packet seen = packet::decode(build::frame(frame));
  EXPECT_EQ(seen.malformed, "");
  EXPECT_NE(seen.checksum, packet::Checksum::bad);
  EXPECT_NE(seen.ip_checksum, packet::Checksum::bad);
  EXPECT_FALSE(seen.cut);
  return seen;
}

class Edits : public ::testing::TestWithParam<bool> {
 protected:
  Ends ends{GetParam()};
  Bytes syn_with(std::initializer_list<View> options) const {
    return ends.segment(to_server, 0, 0, syn, {}, build::join(options));
  }
};
INSTANTIATE_TEST_SUITE_P(Families, Edits, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "ipv6" : "ipv4"; });

TEST_P(Edits, OptionsAreReplacedAddedAndStripped) {
  const Bytes original = syn_with(
      {build::option_mss(1460), build::option_sack_permitted(), build::option_timestamps(7, 8)});
  SetFields fields;
  fields.mss = 536;
  fields.window_scale = 3;
  fields.timestamps = TimestampsValue{100, 200};
  fields.strip_options = {4};
  Bytes frame = original;
  const Edited edited = set_fields(frame, fields, {});
  EXPECT_TRUE(edited.done);
  const packet::Packet seen = checked_packet(frame);
  EXPECT_EQ(seen.tcp.options.mss, 536);
  EXPECT_EQ(seen.tcp.options.window_scale, 3);
  ASSERT_TRUE(seen.tcp.options.timestamps);
  EXPECT_EQ(seen.tcp.options.timestamps->value, 100u);
  EXPECT_EQ(seen.tcp.options.timestamps->echo_reply, 200u);
  EXPECT_FALSE(seen.tcp.options.sack_permitted);
  EXPECT_EQ(edited.what,
            "MSS set to 536, window scale set to 3, time stamps set to 100, option 4 stripped");
}

TEST_P(Edits, AnOptionWithoutRoomIsSaid) {
  Bytes frame =
      syn_with({build::option_sack({{1, 2}, {3, 4}, {5, 6}, {7, 8}}), build::option_mss(1460)});
  SetFields fields;
  fields.window_scale = 3;
  const Bytes before = frame;
  const Edited edited = set_fields(frame, fields, {});
  EXPECT_FALSE(edited.done);
  EXPECT_EQ(edited.what, "no room for window scale");
  EXPECT_EQ(frame, before);
}

TEST_P(Edits, ADatagramHasNoTcpFields) {
  Bytes frame = ends.datagram(to_server, "abc");
  const Bytes before = frame;
  SetFields fields;
  fields.window = 1;
  EXPECT_FALSE(set_fields(frame, fields, {}).done);
  EXPECT_FALSE(set_tcp_option(frame, 2, Bytes{1, 2}));
  EXPECT_FALSE(split(frame, 1));
  EXPECT_FALSE(rst_to_sender(frame));
  EXPECT_EQ(frame, before);
}

TEST_P(Edits, ChecksumsAreMendedForEveryProtocol) {
  const bool ipv6 = GetParam();
  const auto from = ends.client().address, to = ends.server().address;
  for (Bytes frame : {ends.segment(to_server, 1, 1, ack, "odd"), ends.datagram(to_server, "even"),
                      build::ethernet(build::ip(
                          from, to, ipv6 ? 58 : 1,
                          build::icmp(from, to, ipv6 ? 128 : 8, 0, 1, build::text("ping"))))}) {
    frame.back() ^= 0xFF;
    EXPECT_EQ(packet::decode(build::frame(frame)).checksum, packet::Checksum::bad);
    mend_checksums(frame);
    EXPECT_EQ(checked_packet(frame).checksum, packet::Checksum::good);
  }
}

TEST_P(Edits, EveryPartCanBeCorrupted) {
  using Part = Corrupt::Part;
  for (const Part part : {Part::payload, Part::source_port, Part::destination_port, Part::sequence,
                          Part::acknowledgement, Part::flags, Part::window, Part::urgent,
                          Part::checksum, Part::ttl, Part::ip_checksum}) {
    const Bytes before = ends.segment(to_server, 1, 1, ack, "abc");
    Bytes frame = before;
    Corrupt corruption;
    corruption.part = part;
    const bool there = !(GetParam() && part == Part::ip_checksum);
    EXPECT_EQ(corrupt(frame, corruption).done, there);
    std::size_t changed = 0;
    for (std::size_t i = 0; i < frame.size(); ++i) changed += frame[i] != before[i];
    EXPECT_EQ(changed, there ? 1u : 0u) << static_cast<int>(part);
  }
}

TEST_P(Edits, OneBitIsFlippedBehindIp) {
  const Bytes before = ends.segment(to_server, 1, 1, ack, "abc");
  for (std::uint64_t bit = 0; bit < 23 * 8; ++bit) {
    Bytes frame = before;
    EXPECT_TRUE(flip_bit(frame, bit).done);
    int changed = 0;
    for (std::size_t i = 0; i < frame.size(); ++i)
      changed += __builtin_popcount(static_cast<unsigned>(frame[i] ^ before[i]));
    EXPECT_EQ(changed, 1);
    EXPECT_EQ(packet::decode(build::frame(frame)).ip_checksum,
              GetParam() ? packet::Checksum::unknown : packet::Checksum::good);
  }
}

TEST_P(Edits, SplitAndJoinAreInverse) {
  const Bytes whole = ends.segment(to_server, 1, 1, psh | fin | ack, "abcdefgh");
  for (const std::uint32_t at : {1u, 3u, 7u}) {
    const auto parts = split(whole, at);
    ASSERT_TRUE(parts);
    EXPECT_EQ(checked_packet(parts->first).payload_length, at);
    EXPECT_EQ(checked_packet(parts->second).tcp.seq, client_isn + 1 + at);
    EXPECT_EQ(join(parts->first, parts->second, 1500), whole);
    EXPECT_FALSE(join(parts->second, parts->first, 1500));
    EXPECT_FALSE(join(parts->first, parts->second, static_cast<unsigned>(whole.size()) - 15));
  }
  EXPECT_FALSE(split(whole, 8));
  EXPECT_FALSE(split(whole, 0));
}

TEST_P(Edits, TooBigIsAnsweredButNoIcmpError) {
  AnswerIcmp too_big;
  too_big.error = IcmpError::packet_too_big;
  too_big.mtu = 1280;
  const auto answer =
      icmp_error(ends.segment(to_server, 1, 1, ack, std::string(1400, 'x')), too_big);
  ASSERT_TRUE(answer);
  const packet::Packet seen = checked_packet(*answer);
  EXPECT_EQ(seen.icmp.mtu, 1280);
  EXPECT_EQ(seen.icmp.quoted_tcp_seq, client_isn + 1);
  EXPECT_FALSE(icmp_error(*answer, too_big));
}

TEST(Fragmenting, MakesWhatIsWholeAgain) {
  const Ends ends;
  build::IpFields fields;
  fields.dont_fragment = false;
  fields.id = 99;
  std::string text(3000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('!' + i % 89);
  const Bytes datagram = build::udp(ends.client(), ends.server(), build::text(text));
  const Bytes frame = build::ethernet(
      build::ip(ends.client().address, ends.server().address, 17, datagram, fields));
  const auto pieces = fragment(frame, 1000);
  ASSERT_EQ(pieces.size(), 4u);
  Bytes joined;
  for (const Bytes& piece : pieces) {
    EXPECT_LE(piece.size() - 14, 1000u);
    const packet::Packet seen = checked_packet(piece);
    EXPECT_EQ(seen.ip_id, 99u);
    EXPECT_EQ(seen.fragment_offset, joined.size());
    EXPECT_EQ(seen.more_fragments, &piece != &pieces.back());
    joined.insert(joined.end(), piece.begin() + 34, piece.end());
  }
  EXPECT_EQ(joined, datagram);
  EXPECT_TRUE(fragment(ends.datagram(to_server, text), 1000).empty());  // Don't Fragment
}

// Edits of what is cut or malformed leave it alone, whatever it is.
TEST_P(Edits, BrokenFramesDoNoHarm) {
  const Bytes whole = syn_with({build::option_mss(1460), build::option_timestamps(7, 8)});
  SetFields fields;
  fields.mss = 1;
  fields.window = 1;
  fields.ecn = 1;
  fields.ttl = 1;
  fields.strip_options = {8};
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    for (const unsigned broken : {0u, 0xFFu}) {
      Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      if (size > 46) cut[46] = static_cast<std::uint8_t>(broken);  // IPv4: the data offset
      for (std::size_t at = 54; at < cut.size(); ++at)
        if (broken == 0xFF) cut[at] = 0xFF;
      Bytes frame = cut;
      set_fields(frame, fields, {});
      corrupt(frame, {});
      truncate(frame, {});
      mend_lengths(frame);
      mend_checksums(frame);
      split(cut, 1);
      join(cut, cut, 1500);
      fragment(cut, 100);
      rst_to_sender(cut);
      rst_to_receiver(cut, true);
      icmp_error(cut, {});
    }
  }
}

}  // namespace
}  // namespace wireproof::wire
