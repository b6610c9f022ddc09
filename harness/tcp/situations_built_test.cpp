// Situations built segment by segment: what a verifier must make of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

using packet::Checksum;

// Opening, closing, who closed first, verdict; and no must-rule broken unless named.
void expect(Trace& t, Opening opening, Closing closing, ClosedFirst first, Verdict verdict,
            CaptureFacts facts = {}) {
  const Connection c = t.connection(facts);
  const Judgement j = judge(c, facts);
  EXPECT_EQ(name(c.opening), name(opening));
  EXPECT_EQ(name(c.closing), name(closing));
  EXPECT_EQ(name(c.closed_first), name(first));
  EXPECT_EQ(name(j.verdict), name(verdict)) << rules_text(j);
}

constexpr auto kThreeWay = Opening::three_way;
constexpr auto kFourWay = Closing::four_way;
constexpr auto kClient = ClosedFirst::client;
constexpr auto kPassed = Verdict::passed;

TEST(Situation, SynSentTwice) {  // 07
  Trace t;
  t.client(SYN).unheard().repeat(1).server(SYN | ACK).client(ACK).exchange().client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed, kWhole);
  EXPECT_EQ(t.connection().end(Side::client).syn_retransmissions, 1u);
}

TEST(Situation, FourSynsUnanswered) {  // 09
  Trace t;
  t.client(SYN).unheard().repeat(1).repeat(1).repeat(1);
  expect(t, Opening::unanswered, Closing::none, ClosedFirst::nobody, kPassed, kWhole);
  const Judgement j = t.judgement(kWhole);
  ASSERT_TRUE(broke(j, "tcp.handshake.unanswered"));
  EXPECT_EQ(find(j, "tcp.handshake.unanswered")->observed,
            "none; SYN sent 4 times, at 0.000 s, 0.200 s, 0.400 s, 0.600 s");
  Expectation expected;
  expected.opening = {Opening::three_way};
  EXPECT_EQ(t.judgement(kWhole, expected).verdict, Verdict::failed);
}

TEST(Situation, SynAckNeverAcknowledged) {  // 11
  Trace t;
  t.client(SYN).server(SYN | ACK).unheard().repeat(2).repeat(2);
  expect(t, Opening::half_open, Closing::none, ClosedFirst::nobody, kPassed, kWhole);
  EXPECT_EQ(t.connection().end(Side::server).state, State::syn_received);
}

TEST(Situation, FastOpenAccepted) {  // 13
  Trace t;
  t.client(SYN, "request").server(SYN | ACK).client(ACK).server("answer").client(ACK);
  t.client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed, kWhole);
  EXPECT_TRUE(t.connection().fast_open);
  EXPECT_EQ(t.connection().end(Side::client).payload_bytes, 7u);
}

TEST(Situation, HandshakeAckCarriesData) {  // 15
  Trace t;
  t.client(SYN).server(SYN | ACK).client("request").server(ACK).client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed, kWhole);
}

TEST(Situation, FinCarriesData) {  // 17
  Trace t;
  t.handshake().server(FIN | PSH | ACK, std::string(100, 'x')).client(ACK);
  t.client(FIN | ACK).server(ACK);
  expect(t, kThreeWay, kFourWay, ClosedFirst::server, kPassed, kWhole);
  EXPECT_EQ(t.connection().end(Side::server).fin_seq, 101);
}

TEST(Situation, StrayResetIsNotTheEnd) {  // 19
  Trace t;
  t.handshake().exchange().server(RST).seq(400'000'000).unheard();
  Trace good;  // the server goes on from where it was
  good.handshake().exchange().server(RST);
  good.packets().back().tcp.seq += 400'000'000;
  good.client("more").server(ACK).client_closes();
  expect(good, kThreeWay, kFourWay, kClient, kPassed, kWhole);
  EXPECT_TRUE(broke(good.judgement(kWhole), "tcp.reset.outside-window"));
}

TEST(Situation, SynWithinAConnectionIsChallenged) {  // 21
  Trace t;
  t.handshake().exchange();
  const std::int64_t next = t.next(Side::client);
  t.client(SYN).seq(next + 5000).unheard().server(ACK).ack(next);
  t.client("x").seq(next).server(ACK).ack(next + 1);
  t.client(FIN | ACK).seq(next + 1).server(ACK).ack(next + 2).server(FIN | ACK).ack(next + 2);
  t.client(ACK).seq(next + 2);
  expect(t, kThreeWay, kFourWay, kClient, kPassed, kWhole);
  EXPECT_NE(t.connection().segments.at(8).marks & mark::challenge_ack, 0u);
  EXPECT_EQ(t.connection().end(Side::server).duplicate_acks, 0u);
}

TEST(Situation, DataForAClosedSocketIsReset) {  // 23
  Trace t;
  t.handshake().client("request").server(ACK).client(FIN | ACK).server("late").client(RST);
  expect(t, kThreeWay, Closing::reset, kClient, kPassed, kWhole);
  Expectation expected;
  expected.closing = {kFourWay, Closing::three_segment};
  const Judgement j = t.judgement(kWhole, expected);
  ASSERT_TRUE(broke(j, "tcp.close.data-to-closed")) << rules_text(j);
  EXPECT_EQ(find(j, "tcp.close.data-to-closed")->blame, Blame::server);
}

TEST(Situation, KeepAlives) {  // 25
  Trace t;
  t.handshake().exchange();
  const std::int64_t next = t.next(Side::client);
  t.client(ACK).seq(next - 1).after(2000).server(ACK).ack(next);
  t.client(ACK, "g").seq(next - 1).after(2000).server(ACK).ack(next);
  t.client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed, kWhole);
  const Connection c = t.connection();
  EXPECT_EQ(c.end(Side::client).keep_alives, 2u);
  EXPECT_EQ(c.end(Side::client).retransmissions, 0u);
  EXPECT_NE(c.segments.at(8).marks & mark::keep_alive_ack, 0u);
  EXPECT_EQ(c.end(Side::server).duplicate_acks, 0u);
}

TEST(Situation, PortsReused) {  // 27, 28, 29
  for (const std::uint32_t isn : {900'000u, 10u}) {
    Trace t;
    t.handshake().exchange().client_closes();
    t.isn(Side::client, isn).isn(Side::server, isn + 5).handshake().exchange().client_closes();
    EXPECT_EQ(t.connections(kWhole).size(), 2u);
  }
  Trace same;
  same.handshake().client(RST | ACK).isn(Side::client, 1000).isn(Side::server, 5000);
  same.handshake().client_closes();
  const auto all = same.connections(kWhole);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].closing, Closing::reset);
  EXPECT_EQ(all[1].closing, kFourWay);
}

TEST(Situation, PortsReusedThoughTheCloseWasNotSeen) {
  Trace t;
  t.handshake().exchange().isn(Side::client, 77'000).isn(Side::server, 99'000);
  t.handshake().exchange().client_closes();
  const auto all = t.connections();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].closing, Closing::not_captured);
  EXPECT_EQ(all[1].opening, kThreeWay);
  EXPECT_EQ(all[1].closing, kFourWay);
  EXPECT_EQ(judge(all[1], {}).verdict, kPassed) << rules_text(judge(all[1], {}));
}

TEST(Situation, CaptureStartsAfterTheHandshake) {  // 31
  Trace t;
  t.handshake().exchange().client_closes();
  t.packets().erase(t.packets().begin(), t.packets().begin() + 3);
  expect(t, Opening::not_captured, kFourWay, kClient, Verdict::inconclusive);
  const Judgement j = t.judgement();
  EXPECT_EQ(j.verdict_opening, Verdict::inconclusive);
  EXPECT_EQ(j.verdict_closing, kPassed);
}

TEST(Situation, SynAckNotCaptured) {  // 33
  Trace t;
  t.client(SYN).server(SYN | ACK).lost().client(ACK).exchange().client_closes();
  expect(t, Opening::inconclusive, kFourWay, kClient, Verdict::inconclusive);
  EXPECT_TRUE(broke(t.judgement(kWhole), "tcp.handshake.syn-ack-missing"));
}

TEST(Situation, SynAckBeforeSynInTheFile) {  // 35
  Trace t;
  t.client(SYN).server(SYN | ACK).swap().client(ACK).exchange().client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed);
  const Connection c = t.connection();
  EXPECT_EQ(c.segments.at(0).flags, SYN);  // the order on the wire
  EXPECT_EQ(state_path(c, Side::client).front(), State::closed);
}

TEST(Situation, EveryPacketTwice) {  // 37
  Trace t;
  t.client(SYN).again().server(SYN | ACK).again().client(ACK).again();
  t.client("request").again().server(ACK).again().server("answer").again().client(ACK).again();
  t.client(FIN | ACK).again().server(ACK).again().server(FIN | ACK).again().client(ACK).again();
  expect(t, kThreeWay, kFourWay, kClient, kPassed);
  const Connection c = t.connection();
  EXPECT_EQ(c.end(Side::client).retransmissions + c.end(Side::server).retransmissions, 0u);
  EXPECT_EQ(c.end(Side::client).capture_duplicates, 6u);
  EXPECT_EQ(c.end(Side::client).payload_bytes, 7u);
}

TEST(Situation, FinBeforeTheDataThatPrecedesIt) {  // 39
  Trace t;
  t.handshake().client("0123456789").client(FIN | ACK).swap().server(FIN | ACK).client(ACK);
  expect(t, kThreeWay, Closing::three_segment, kClient, kPassed);
  EXPECT_EQ(t.connection().end(Side::client).out_of_order, 1u);
  EXPECT_EQ(t.connection().end(Side::client).fin_retransmissions, 0u);
}

TEST(Situation, OffloadedSegment) {  // 41
  Trace t;
  t.handshake().client("x").length(60'000).server(ACK).client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed, kWhole);
  const Judgement j = t.judgement(kWhole);
  ASSERT_EQ(j.findings.size(), 1u) << rules_text(j);
  EXPECT_EQ(j.findings[0].rule, "tcp.data.offloaded");
}

TEST(Situation, EcnAgreedOnAndUsed) {  // 47
  Trace t;
  t.client(SYN | ECE | CWR).server(SYN | ACK | ECE).client(ACK);
  t.client("request").ecn(2).server(ACK | ECE).client(PSH | ACK | CWR, "more").ecn(2).server(ACK);
  t.client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed, kWhole);
  EXPECT_TRUE(t.connection().ecn);
  EXPECT_TRUE(t.judgement(kWhole).findings.empty()) << rules_text(t.judgement(kWhole));
}

TEST(Situation, MultipathIsNoted) {  // 49
  Trace t;
  t.client(SYN);
  t.its_options().mptcp = true;
  t.server(SYN | ACK).client(ACK).exchange().client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed, kWhole);
  EXPECT_TRUE(t.connection().mptcp);
}

TEST(Situation, FlagsThatNoStackSends) {  // 51
  constexpr std::uint16_t kXmas = FIN | PSH | URG, kNull = 0;
  for (const std::uint16_t flags : {kXmas, kNull, static_cast<std::uint16_t>(SYN | FIN),
                                    static_cast<std::uint16_t>(SYN | RST)}) {
    Trace t;
    t.client(flags).server(RST | ACK);
    expect(t, Opening::none, Closing::refused, ClosedFirst::nobody, kPassed);
    const Judgement j = t.judgement();
    ASSERT_TRUE(broke(j, "tcp.segment.flag-combination")) << packet::flags_text(flags);
    EXPECT_EQ(find(j, "tcp.segment.flag-combination")->observed, packet::flags_text(flags));
  }
}

TEST(Situation, MalformedSegmentIsNotTaken) {  // 53
  Trace t;
  t.handshake().client("0123456789").malformed("TCP data offset 3 is below 5").unheard();
  t.client("0123456789").seq(1).server(ACK).client_closes();
  expect(t, kThreeWay, kFourWay, kClient, Verdict::failed);
  EXPECT_EQ(find(t.judgement(), "tcp.segment.malformed")->blame, Blame::client);
}

TEST(Situation, WrongSynAckIsResetAndTriedAgain) {  // 55
  Trace t;
  t.client(SYN).server(SYN | ACK).ack(777).client(RST);
  t.packets().back().tcp.seq = t.packets()[1].tcp.ack;
  t.client(SYN).after(1000).isn(Side::server, 5000).server(SYN | ACK).ack(1);
  t.client(ACK).exchange().client_closes();
  expect(t, kThreeWay, kFourWay, kClient, Verdict::failed);
  const Judgement j = t.judgement();
  EXPECT_EQ(j.verdict_client, kPassed) << rules_text(j);
  EXPECT_EQ(j.verdict_server, Verdict::failed);
  EXPECT_EQ(find(j, "tcp.handshake.syn-ack-number")->observed, "ISN+777");
}

TEST(Situation, HandshakeAckWithAWrongSequenceNumber) {  // 57
  Trace t;
  t.client(SYN).server(SYN | ACK).client(ACK).seq(5);
  const Connection c = t.connection();
  EXPECT_THAT(c.opening, ::testing::AnyOf(Opening::half_open, Opening::inconclusive));
  EXPECT_EQ(c.closing, Closing::unfinished);
  EXPECT_EQ(t.judgement().verdict, Verdict::inconclusive);
  const Judgement whole = t.judgement(kWhole);
  EXPECT_EQ(whole.verdict, Verdict::failed);
  EXPECT_EQ(find(whole, "tcp.handshake.ack-sequence")->observed, "sequence number 5");
}

TEST(Situation, AckOfTheFinGoesBeyond) {  // 59
  Trace t;
  t.handshake().exchange().client(FIN | ACK).server(ACK).ack(50).server(FIN | ACK).client(ACK);
  expect(t, kThreeWay, Closing::three_segment, kClient, Verdict::failed);
  const Judgement j = t.judgement();
  EXPECT_EQ(find(j, "tcp.close.fin-ack-number")->expected,
            "the FIN in packet 8 acknowledged by 12");
  EXPECT_EQ(find(j, "tcp.close.fin-ack-number")->observed, "50");
  EXPECT_EQ(j.verdict_client, kPassed);
}

TEST(Situation, FinWithoutAck) {  // 61
  Trace t;
  t.handshake().exchange().client(FIN).server(ACK).server(FIN | ACK).client(ACK);
  expect(t, kThreeWay, kFourWay, kClient, Verdict::failed);
  const Judgement j = t.judgement();
  EXPECT_EQ(find(j, "tcp.segment.ack-flag")->blame, Blame::client);
  EXPECT_EQ(find(j, "tcp.segment.ackless-acknowledged")->blame, Blame::server);
}

TEST(Situation, FinNeverAnswered) {  // 63
  Trace t;
  t.handshake().exchange().client(FIN | ACK).unheard().repeat(8).repeat(8).repeat(8);
  expect(t, kThreeWay, Closing::unfinished, kClient, Verdict::inconclusive);
  Expectation expected;
  expected.closing = {kFourWay};
  const Judgement j = t.judgement(kWhole, expected);
  EXPECT_EQ(j.verdict, Verdict::failed);
  EXPECT_TRUE(broke(j, "tcp.close.fin-unacknowledged")) << rules_text(j);
  EXPECT_EQ(t.judgement({}, expected).verdict, Verdict::inconclusive);
}

TEST(Situation, SecondSynWithAnotherIsn) {  // 65
  Trace t;
  t.client(SYN).unheard().isn(Side::client, 424242).client(SYN).after(1000);
  t.server(SYN | ACK).client(ACK).exchange().client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed);
  EXPECT_TRUE(broke(t.judgement(), "tcp.handshake.second-syn"));
}

TEST(Situation, ServerClosesInSynReceived) {  // 67
  Trace t;
  t.client(SYN).server(SYN | ACK).server(FIN | ACK).client(ACK).client(FIN | ACK).server(ACK);
  expect(t, kThreeWay, kFourWay, ClosedFirst::server, kPassed, kWhole);
}

TEST(Situation, ResetWithAWrongAckIsNoRefusal) {  // 71
  Trace t;
  t.client(SYN).server(RST | ACK).ack(99);
  t.packets().back().tcp.seq = 0;
  t.isn(Side::server, 5000).server(SYN | ACK).ack(1).client(ACK).exchange().client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed);
  EXPECT_EQ(find(t.judgement(), "tcp.reset.refusal-number")->blame, Blame::server);
}

TEST(Situation, IcmpErrorIsTiedToItsConnection) {  // 76
  Trace t;
  t.handshake().client("request").server(RST);
  t.icmp_error(3, 13).ports(40001, 80).isn(Side::client, 1).isn(Side::server, 2).handshake();
  t.client("x").icmp_error(3, 13);
  const auto all = t.connections();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0].icmp_packets, ::testing::ElementsAre(6));
  EXPECT_THAT(all[1].icmp_packets, ::testing::ElementsAre(11));
  EXPECT_EQ(all[0].closing, Closing::reset);
  EXPECT_EQ(all[0].closed_first, ClosedFirst::server);
}

TEST(Situation, SamplesOfOtherYearsAreOtherConnections) {
  Trace t;
  t.client("USER anonymous").server("331").client("PASS").after(3'600'000 * 24);
  EXPECT_EQ(t.connections().size(), 1u);  // it fits: a long silence
  t.client("QUIT").after(3'600'000 * 24).seq(-70'000);
  EXPECT_EQ(t.connections().size(), 2u);
}

TEST(Situation, DataWhoseChecksumsAreAllBadWasChangedInTheFile) {
  Trace t;
  t.handshake().client("edited").checksum(Checksum::bad).server(ACK).client_closes();
  expect(t, kThreeWay, kFourWay, kClient, kPassed);
  EXPECT_TRUE(broke(t.judgement(), "tcp.capture.checksum-offload"));
  EXPECT_EQ(t.judgement(kWhole).verdict, Verdict::failed);
}

TEST(Situation, EndsThatTalkToThemselvesDoNotCrash) {
  Trace t;
  t.addresses("127.0.0.1", "127.0.0.1").ports(7777, 7777).client(SYN).client(SYN | ACK);
  t.client(ACK).client("x").client(FIN | ACK);
  EXPECT_EQ(t.connections().size(), 1u);
}

TEST(Situation, OffloadedChecksumsAreNoFault) {
  for (const Checksum checksum : {Checksum::partial, Checksum::bad}) {
    Trace t;
    t.client(SYN).checksum(checksum).server(SYN | ACK).client(ACK).checksum(checksum);
    t.client("request").checksum(checksum).server(ACK).client(FIN | ACK).checksum(checksum);
    t.server(ACK).server(FIN | ACK).client(ACK).checksum(checksum);
    expect(t, kThreeWay, kFourWay, kClient, kPassed);
    EXPECT_EQ(broke(t.judgement(), "tcp.capture.checksum-offload"), checksum == Checksum::bad);
  }
}

}  // namespace
}  // namespace wireproof::tcp::testing
