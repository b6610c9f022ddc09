// Each action on one packet, on byte level, on a simulated clock.
#include "wire/engine_testing.h"

namespace wireproof::wire {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Actions : public ::testing::TestWithParam<bool> {
 protected:
  Ends ends{GetParam()};
  Bytes data(std::uint32_t seq, std::string_view payload, std::uint16_t flags = ack) const {
    return ends.segment(to_server, seq, 1, flags, payload);
  }
  static Match payload() {
    Match on;
    on.payload_length = Range{1};
    return on;
  }
};
INSTANTIATE_TEST_SUITE_P(Families, Actions, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "ipv6" : "ipv4"; });

TEST_P(Actions, WithoutRulesEverythingPassesUntouched) {
  TestWire wire(Plan{});
  const Bytes frame = data(1, "abc");
  wire.in(to_server, frame);
  ASSERT_EQ(wire.out.size(), 1u);
  EXPECT_EQ(wire.out[0].frame, frame);
  EXPECT_EQ(wire.out[0].at, 0ns);
  EXPECT_THAT(wire.decided(), IsEmpty());
}

TEST_P(Actions, DropTakesTheNamedPacketAlone) {
  Match on;
  on.flags_all_of = syn;
  on.flags_none_of = ack;
  on.nth = {1, 1};
  TestWire wire(with_rule(on, Drop{}));
  wire.handshake(ends);
  wire.in(to_server, ends.segment(to_server, 0, 0, syn));
  EXPECT_THAT(wire.take(), ElementsAre("< SYN ACK 0", "> ACK 1", "> SYN 0"));
  EXPECT_THAT(wire.decided(), ElementsAre("dropped #1 by rule"));
  EXPECT_EQ(wire.engine.stats(to_server).dropped_by_rule, 1u);
  EXPECT_EQ(wire.engine.matched("rule"), 1u);
}

TEST_P(Actions, HoldKeepsUntilReleasedByName) {
  TestWire wire(with_rule(payload(), Hold{"data"}));
  wire.handshake(ends);
  wire.take();
  wire.in(to_server, data(1, "abc"));
  wire.in(to_server, data(4, "def"));
  wire.run_for(1h);
  EXPECT_THAT(wire.take(), IsEmpty());
  EXPECT_EQ(wire.engine.held("data"), 2u);
  EXPECT_EQ(wire.release("other"), 0u);
  EXPECT_EQ(wire.release("data"), 2u);
  EXPECT_THAT(wire.take(), ElementsAre("> ACK 1 abc", "> ACK 4 def"));
  EXPECT_EQ(wire.release("data"), 0u);
  EXPECT_THAT(wire.decided(),
              ElementsAre("held #3 by rule: data", "held #4 by rule: data",
                          "released #3 by release: data", "released #4 by release: data"));
}

TEST_P(Actions, HoldEndsAfterATime) {
  TestWire wire(with_rule(payload(), Hold{"data", {}, 30ms}));
  wire.in(to_server, data(1, "abc"));
  wire.run_for(29ms);
  EXPECT_THAT(wire.out, IsEmpty());
  wire.run_for(2ms);
  ASSERT_EQ(wire.out.size(), 1u);
  EXPECT_EQ(wire.out[0].at, 30ms);
}

TEST_P(Actions, HoldEndsAfterFurtherMatchesWhichPass) {
  Match first = payload();
  first.nth = {1, 1};
  TestWire wire(with_rule(first, Hold{"data", 2, {}}));
  wire.handshake(ends);
  wire.take();
  for (const std::uint32_t seq : {1u, 4u, 7u, 10u}) wire.in(to_server, data(seq, "abc"));
  EXPECT_THAT(wire.take(),
              ElementsAre("> ACK 4 abc", "> ACK 7 abc", "> ACK 1 abc", "> ACK 10 abc"));
}

TEST_P(Actions, ReleaseLetsTheHeldGoBehindThePacketThatMatched) {
  Plan plan = with_rule(payload(), Hold{"data"});
  Match on_fin;
  on_fin.flags_all_of = fin;
  plan.rules.push_back({"let go", on_fin, Release{"data"}, false});
  TestWire wire(plan);
  wire.handshake(ends);
  wire.take();
  wire.in(to_server, data(1, "abc"));
  wire.in(to_server, data(4, "", fin | ack));
  EXPECT_THAT(wire.take(), ElementsAre("> FIN ACK 4", "> ACK 1 abc"));
  EXPECT_THAT(wire.decided(), ElementsAre("held #3 by rule: data", "released #3 by let go: data"));
}

TEST_P(Actions, ReleaseOfNothingIsSaid) {
  Plan plan = with_rule(payload(), Release{"nothing"});
  Match never;
  never.client_port = 1;
  plan.rules.push_back({"holder", never, Hold{"nothing"}, true});
  TestWire wire(plan);
  wire.in(to_server, data(1, "abc"));
  EXPECT_EQ(wire.take().size(), 1u);
  EXPECT_THAT(wire.decided(), ElementsAre("not applicable #1 by rule: nothing held as nothing"));
}

TEST_P(Actions, DuplicateSendsCopiesSpacedApart) {
  TestWire wire(with_rule(payload(), Duplicate{2, 5ms}));
  const Bytes frame = data(1, "abc");
  wire.in(to_server, frame);
  wire.run_for(20ms);
  ASSERT_EQ(wire.out.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(wire.out[i].frame, frame);
    EXPECT_EQ(wire.out[i].at, static_cast<int>(i) * 5ms);
  }
}

TEST_P(Actions, DelayIsForThisPacketAlone) {
  Match on = payload();
  on.nth = {1, 1};
  TestWire wire(with_rule(on, Delay{10ms}));
  wire.handshake(ends);
  wire.take();
  wire.in(to_server, data(1, "abc"));
  wire.in(to_server, data(4, "def"));
  EXPECT_THAT(wire.take(), ElementsAre("> ACK 4 def"));
  wire.run_for(10ms);
  ASSERT_EQ(wire.out.size(), 1u);
  EXPECT_EQ(wire.out[0].at, 10ms);
}

TEST_P(Actions, ReorderGoesBehindTheNextOfItsDirection) {
  Match on = payload();
  on.nth = {1, 1};
  TestWire wire(with_rule(on, ReorderBehind{2, {}}));
  wire.handshake(ends);
  wire.take();
  wire.in(to_server, data(1, "a"));
  wire.in(to_client, ends.segment(to_client, 1, 1, ack));  // the other direction does not count
  wire.in(to_server, data(2, "b"));
  wire.in(to_server, data(3, "c"));
  wire.in(to_server, data(4, "d"));
  EXPECT_THAT(wire.take(),
              ElementsAre("< ACK 1", "> ACK 2 b", "> ACK 3 c", "> ACK 1 a", "> ACK 4 d"));
}

TEST_P(Actions, ReorderGivesUpAfterATime) {
  TestWire wire(with_rule(payload(), ReorderBehind{1, 40ms}));
  wire.in(to_server, data(1, "a"));
  wire.run_for(100ms);
  ASSERT_EQ(wire.out.size(), 1u);
  EXPECT_EQ(wire.out[0].at, 40ms);
}

TEST_P(Actions, CorruptLeavesTheChecksumOrMendsIt) {
  for (const bool mend : {false, true}) {
    Corrupt corruption;
    corruption.offset = -1;
    corruption.mask = 0x20;
    corruption.mend_checksum = mend;
    TestWire wire(with_rule(payload(), corruption));
    wire.in(to_server, data(1, "abc"));
    ASSERT_EQ(wire.out.size(), 1u);
    const packet::Packet seen = wire.out[0].packet();
    EXPECT_EQ(std::string(seen.payload.begin(), seen.payload.end()), "abC");
    EXPECT_EQ(wire.out[0].wrong(), mend ? "" : "checksum");
  }
}

TEST_P(Actions, CorruptOfAPartThatIsNotThereIsSaid) {
  Corrupt corruption;
  corruption.offset = 3;
  TestWire wire(with_rule(payload(), corruption));
  wire.in(to_server, data(1, "abc"));
  EXPECT_THAT(wire.decided(), ElementsAre("not applicable #1 by rule: no such payload byte"));
  EXPECT_EQ(wire.out.at(0).wrong(), "");
}

TEST_P(Actions, SetFieldsChangesWhatItNames) {
  SetFields fields;
  fields.set_flags = packet::flag::urg;
  fields.clear_flags = psh;
  fields.window = 0;
  fields.urgent = 7;
  fields.sequence = SequenceValue{SequenceValue::Kind::relative, 100};
  fields.acknowledgement = SequenceValue{SequenceValue::Kind::add, 5};
  fields.ecn = 3;
  fields.ttl = 9;
  TestWire wire(with_rule(payload(), fields));
  wire.handshake(ends);
  wire.out.clear();
  wire.in(to_server, data(1, "abc", ack | psh));
  ASSERT_EQ(wire.out.size(), 1u);
  const packet::Packet seen = wire.out[0].packet();
  EXPECT_EQ(wire.out[0].wrong(), "");
  EXPECT_EQ(seen.tcp.flags, ack | packet::flag::urg);
  EXPECT_EQ(seen.tcp.window, 0);
  EXPECT_EQ(seen.tcp.urgent, 7);
  EXPECT_EQ(seen.tcp.seq, client_isn + 100);
  EXPECT_EQ(seen.tcp.ack, server_isn + 6);
  EXPECT_EQ(seen.ecn, 3);
  EXPECT_EQ(seen.ttl, 9);
}

TEST_P(Actions, TruncateMendsLengthsOrLeavesThem) {
  for (const bool mend : {true, false}) {
    TestWire wire(with_rule(payload(), Truncate{2, mend}));
    wire.in(to_server, data(1, "abcdef"));
    ASSERT_EQ(wire.out.size(), 1u);
    const packet::Packet seen = wire.out[0].packet();
    EXPECT_EQ(seen.payload.size(), 2u);
    EXPECT_EQ(seen.payload_length, mend ? 2u : 6u);
    EXPECT_EQ(wire.out[0].wrong().empty(), mend);
  }
}

TEST_P(Actions, RstToTheSenderIsWhereItExpectsIt) {
  TestWire wire(with_rule(payload(), AnswerRst{}));
  wire.handshake(ends);
  wire.out.clear();
  wire.in(to_server, data(1, "abc"));
  ASSERT_EQ(wire.out.size(), 1u);
  EXPECT_EQ(wire.out[0].direction, to_client);
  const packet::Packet seen = wire.out[0].packet();
  EXPECT_EQ(wire.out[0].wrong(), "");
  EXPECT_EQ(seen.source, ends.server());
  EXPECT_EQ(seen.destination, ends.client());
  EXPECT_EQ(seen.tcp.flags, rst);
  EXPECT_EQ(seen.tcp.seq, server_isn + 1);
}

TEST_P(Actions, RstToASynAcknowledgesIt) {
  Match on;
  on.flags_all_of = syn;
  TestWire wire(with_rule(on, AnswerRst{}));
  wire.in(to_server, ends.segment(to_server, 0, 0, syn));
  ASSERT_EQ(wire.out.size(), 1u);
  const packet::Packet seen = wire.out[0].packet();
  EXPECT_EQ(seen.tcp.flags, rst | ack);
  EXPECT_EQ(seen.tcp.seq, 0u);
  EXPECT_EQ(seen.tcp.ack, client_isn + 1);
}

TEST_P(Actions, RstToBothWithThePacketPassed) {
  TestWire wire(with_rule(payload(), AnswerRst{AnswerRst::To::both, true, 0}));
  wire.handshake(ends);
  wire.take();
  wire.in(to_server, data(1, "abc"));
  EXPECT_THAT(wire.take(), ElementsAre("< RST 1", "> ACK 1 abc", "> RST ACK 4"));
}

TEST_P(Actions, RstOutOfTheWindow) {
  TestWire wire(with_rule(payload(), AnswerRst{AnswerRst::To::sender, true, 1000}));
  wire.handshake(ends);
  wire.take();
  wire.in(to_server, data(1, "abc"));
  EXPECT_THAT(wire.take(), ElementsAre("< RST 1001", "> ACK 1 abc"));
}

TEST_P(Actions, IcmpQuotesThePacket) {
  TestWire wire(with_rule(payload(), AnswerIcmp{IcmpError::port_unreachable, 0, 0, 0, {}, false}));
  const Bytes frame = ends.datagram(to_server, std::string(1300, 'x'));
  wire.in(to_server, frame);
  ASSERT_EQ(wire.out.size(), 1u);
  EXPECT_EQ(wire.out[0].direction, to_client);
  const packet::Packet seen = wire.out[0].packet();
  EXPECT_EQ(wire.out[0].wrong(), "");
  EXPECT_EQ(seen.icmp.type, GetParam() ? 1 : 3);
  EXPECT_EQ(seen.icmp.code, GetParam() ? 4 : 3);
  EXPECT_EQ(seen.icmp.quoted_source, ends.client());
  EXPECT_EQ(seen.icmp.quoted_destination, ends.server());
  EXPECT_EQ(wire.out[0].frame.size() - 14, GetParam() ? 1280u : 576u);
}

TEST_P(Actions, SplitMakesTwoSegmentsOfOne) {
  TestWire wire(with_rule(payload(), Split{2}));
  wire.handshake(ends);
  wire.out.clear();
  wire.in(to_server, data(1, "abcde", fin | psh | ack));
  ASSERT_EQ(wire.out.size(), 2u);
  EXPECT_EQ(wire.out[0].wrong(), "");
  EXPECT_EQ(wire.out[1].wrong(), "");
  EXPECT_THAT(wire.take(), ElementsAre("> ACK 1 ab", "> FIN PSH ACK 3 cde"));
}

TEST_P(Actions, JoinMakesOneSegmentOfTwo) {
  Match on = payload();
  on.nth = {1, 1};
  TestWire wire(with_rule(on, JoinNext{}));
  wire.handshake(ends);
  wire.out.clear();
  wire.in(to_server, data(1, "abc"));
  EXPECT_THAT(wire.out, IsEmpty());
  wire.in(to_server, data(4, "de", psh | ack));
  ASSERT_EQ(wire.out.size(), 1u);
  EXPECT_EQ(wire.out[0].wrong(), "");
  EXPECT_THAT(wire.take(), ElementsAre("> PSH ACK 1 abcde"));
}

TEST_P(Actions, JoinGivesUp) {
  Match on = payload();
  on.nth = {1, 1};
  {
    TestWire wire(with_rule(on, JoinNext{50ms}));
    wire.handshake(ends);
    wire.take();
    wire.in(to_server, data(1, "abc"));
    wire.in(to_server, data(7, "gap"));
    EXPECT_THAT(wire.take(), ElementsAre("> ACK 1 abc", "> ACK 7 gap"));
  }
  {
    TestWire wire(with_rule(on, JoinNext{50ms}));
    wire.in(to_server, data(1, "abc"));
    wire.run_for(1s);
    ASSERT_EQ(wire.out.size(), 1u);
    EXPECT_EQ(wire.out[0].at, 50ms);
  }
  {
    EngineOptions small;
    small.mtu = 60;
    TestWire wire(with_rule(on, JoinNext{50ms}), small);
    wire.in(to_server, data(1, "abcdefghijk"));
    wire.in(to_server, data(12, "abcdefghijk"));
    EXPECT_EQ(wire.out.size(), 2u);
  }
}

TEST_P(Actions, LaterRulesSeeWhatEarlierOnesLeft) {
  SetFields closed;
  closed.window = 0;
  Plan plan = with_rule(payload(), closed, "close");
  SetFields cleared;
  cleared.set_flags = fin;
  plan.rules.push_back({"fin", payload(), cleared, false});
  Match on_fin;
  on_fin.flags_all_of = fin;
  plan.rules.push_back({"drop", on_fin, Drop{}, false});
  plan.rules.push_back({"never", on_fin, Drop{}, false});
  TestWire wire(plan);
  wire.in(to_server, data(1, "abc"));
  EXPECT_THAT(wire.out, IsEmpty());
  EXPECT_THAT(wire.engine.unmatched(), ElementsAre("never"));
}

}  // namespace
}  // namespace wireproof::wire
