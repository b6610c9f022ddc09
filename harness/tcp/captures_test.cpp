// What captures and what stands between the ends do, that is no fault of either: edited and
// anonymised files, hardware, middleboxes, scanners, segments that the capture lost.
#include <gtest/gtest.h>

#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

using packet::Checksum;

Trace open() {
  Trace t;
  t.handshake();
  return t;
}

void all_bad(Trace& t) {
  for (packet::Packet& packet : t.packets()) packet.checksum = Checksum::bad;
}

TEST(Captures, AddressesChangedWithoutTheChecksums) {
  Trace t = open();
  t.exchange().client_closes();
  all_bad(t);
  const Connection c = t.connection();
  EXPECT_EQ(c.opening, Opening::three_way);
  EXPECT_EQ(c.closing, Closing::four_way);
  EXPECT_EQ(c.end(Side::client).payload_bytes, 10u);
  const Judgement j = judge(c, {});
  EXPECT_EQ(j.verdict, Verdict::passed) << rules_text(j);
  EXPECT_TRUE(broke(j, "tcp.capture.checksum-offload"));
}

TEST(Captures, OneDirectionWithoutChecksums) {
  Trace t;
  t.client(SYN).checksum(Checksum::bad).client(ACK).checksum(Checksum::bad);
  t.client("abc").checksum(Checksum::bad).client("def").checksum(Checksum::bad);
  const Connection c = t.connection();
  EXPECT_EQ(c.opening, Opening::inconclusive);
  EXPECT_EQ(c.end(Side::client).payload_bytes, 6u);
}

TEST(Captures, OneDirectionWithItsPortsUsedAgain) {
  Trace t;
  t.client(SYN).client(ACK).client("abc").client(FIN | ACK).client(ACK);
  t.isn(Side::client, 500).client(SYN).after(120'000).client(ACK).client("de").client(FIN | ACK);
  const auto lives = t.connections();
  ASSERT_EQ(lives.size(), 2u);
  EXPECT_EQ(lives[0].end(Side::client).payload_bytes, 3u);
  EXPECT_EQ(lives[1].end(Side::client).payload_bytes, 2u);
  for (const Connection& life : lives) {
    const Judgement j = judge(life, {});
    EXPECT_NE(j.verdict, Verdict::failed) << rules_text(j);
  }
}

// Nothing is sent again that is more than the largest window behind: the capture lost a gigabyte.
TEST(Captures, OtherBytesFarBehindAreAnotherLapOfTheNumbers) {
  const auto differs = [](std::int64_t ahead) {
    Trace t = open();
    t.client("first").client("x").seq(ahead).client("other").seq(1);
    return broke(t.judgement(), "tcp.data.retransmission-differs");
  };
  EXPECT_TRUE(differs(1'000'000));
  EXPECT_FALSE(differs(std::int64_t{1'500'000'000}));
}

TEST(Captures, OneSpoiledSegmentSaysNothing) {
  Trace t;
  t.client(ACK).checksum(Checksum::bad);
  EXPECT_EQ(t.connection().opening, Opening::inconclusive);
}

TEST(Captures, SeveralBadChecksumsThatAreAnsweredAreTheCaptures) {
  Trace one = open(), several = open();
  one.client("w").client("x").checksum(Checksum::bad).server(ACK);
  several.client("v").client("w").client("x").checksum(Checksum::bad).server(ACK);
  several.client("y").server(ACK).client("z").checksum(Checksum::bad).server(ACK);
  EXPECT_EQ(one.judgement().verdict, Verdict::failed);
  EXPECT_EQ(several.judgement().verdict, Verdict::inconclusive) << rules_text(several.judgement());
}

// The good copy, sent again, may be what the capture has not; of what is whole it is not.
TEST(Captures, ABadSegmentAnsweredLateMayHaveBeenSentAgain) {
  Trace bad_sum = open(), ackless = open();
  bad_sum.client("w").client("x").checksum(Checksum::bad);
  ackless.client(PSH, "x");
  for (const auto& [sent, rule] : {std::pair(bad_sum, "tcp.segment.bad-checksum-answered"),
                                   std::pair(ackless, "tcp.segment.ackless-acknowledged")}) {
    Trace at_once = sent, late = sent;
    at_once.server(ACK);
    late.server(ACK).after(200);
    const auto inconclusive = [&rule = rule](const Judgement& judgement) {
      const Finding* const finding = find(judgement, rule);
      EXPECT_NE(finding, nullptr) << rules_text(judgement);
      return finding != nullptr && finding->inconclusive;
    };
    EXPECT_FALSE(inconclusive(at_once.judgement()));
    EXPECT_TRUE(inconclusive(late.judgement()));
    EXPECT_FALSE(inconclusive(late.judgement(kWhole)));
  }
}

TEST(Captures, OtherBytesWithAnotherTtlMayBeInjected) {
  Trace t = open();
  t.client("GET /").server("real!").client(ACK);
  Trace own = t, injected = t;
  own.server("fake!").seq(1).after(300);
  injected.server("fake!").seq(1).ttl(7);
  EXPECT_EQ(own.judgement().verdict, Verdict::inconclusive) << "acknowledged, so not compared";
  own = injected = open();
  own.server("real!").unheard().server("fake!").seq(1).after(300);
  injected.server("real!").unheard().server("fake!").seq(1).ttl(7);
  EXPECT_EQ(own.judgement().verdict, Verdict::failed);
  EXPECT_EQ(injected.judgement().verdict, Verdict::inconclusive);
  EXPECT_TRUE(broke(injected.judgement(), "tcp.data.retransmission-differs"));
}

TEST(Captures, OtherBytesUnderOneIpIdentificationAreAnEditedFile) {
  Trace t = open();
  t.server("real!").unheard().ip_id(77).server("fake!").seq(1).after(300).ip_id(77);
  EXPECT_EQ(t.judgement().verdict, Verdict::inconclusive);
}

TEST(Captures, AFinOfAMiddlebox) {
  Trace t = open();
  t.server(FIN | ACK).ttl(9).unheard().server("more").ttl(64).client(ACK);
  const Judgement j = t.judgement();
  EXPECT_NE(j.verdict, Verdict::failed) << rules_text(j);
}

TEST(Captures, AnAnswerToAnAttemptBefore) {
  Trace t;
  t.client(SYN).isn(Side::client, 9000).client(SYN).server(SYN | ACK).raw_ack(1001);
  t.client(RST).server(SYN | ACK).raw_ack(9001);
  EXPECT_FALSE(broke(t.judgement(), "tcp.handshake.syn-ack-number")) << rules_text(t.judgement());
}

TEST(Captures, AWrongSynAckIsFirmOnceTheClientShowsIt) {
  Trace alone, shown;
  alone.client(SYN).server(SYN | ACK).ack(778);
  EXPECT_EQ(alone.judgement().verdict, Verdict::inconclusive) << "another SYN may be missing";
  shown.client(SYN).server(SYN | ACK).ack(778).client(RST).seq(778);
  EXPECT_EQ(shown.judgement().verdict, Verdict::failed);
}

TEST(Captures, WhatTheCaptureLostAndTheSenderRepeatedInPart) {
  Trace t = open();  // "abc" and "def" went unseen, were acknowledged, and "abc" came again
  t.client("abc").lost().client("def").lost().server(ACK).client("abc").seq(1).after(300);
  t.server(ACK).ack(7);
  EXPECT_NE(t.judgement().verdict, Verdict::failed) << rules_text(t.judgement());
}

TEST(Captures, AScannerThatGoesOnAfterItsReset) {
  Trace t;
  t.client(SYN).server(SYN | ACK).client(RST).client("probe").after(16'000).server(RST);
  const Connection c = t.connection();
  EXPECT_EQ(c.opening, Opening::half_open);
  EXPECT_EQ(c.closing, Closing::reset);
  EXPECT_EQ(c.closed_first, ClosedFirst::client);
}

TEST(Captures, AResetThatTheOtherEndDidNotBelieve) {
  Trace t = open();
  t.client(RST).client("more").server(ACK).client_closes();
  const Connection c = t.connection();
  EXPECT_EQ(c.closing, Closing::four_way);
  EXPECT_EQ(c.end(Side::client).payload_bytes, 4u);
  EXPECT_TRUE(broke(judge(c, {}), "tcp.reset.ignored"));
}

TEST(Captures, FramesCutByATool) {
  Trace t = open();
  t.client("0123456789").malformed("IPv4 total length exceeds the frame").server(ACK);
  t.client_closes();
  const Connection c = t.connection();
  EXPECT_EQ(c.closing, Closing::four_way);
  EXPECT_EQ(c.end(Side::client).payload_bytes, 10u);
  EXPECT_EQ(judge(c, {}).verdict, Verdict::inconclusive);
}

TEST(Captures, AHeaderInTwoFragmentsIsNotMalformed) {
  Trace t;
  t.client(SYN).malformed("TCP header ends past the IP payload");
  t.packets().back().is_fragment = true;
  EXPECT_NE(t.judgement().verdict, Verdict::failed) << rules_text(t.judgement());
}

TEST(Captures, AKeepAliveWithAGarbageByteInOneDirection) {
  Trace t;
  t.client(SYN).client("abc").seq(1).client(ACK, std::string(1, '\0')).seq(3).after(7'200'000);
  EXPECT_NE(t.judgement().verdict, Verdict::failed) << rules_text(t.judgement());
}

TEST(Captures, BothHalvesOfAConnectionThatAProxySplits) {
  Trace t = open();
  t.client("abc").server(ACK).client(FIN | ACK).server(ACK);
  Trace far = t;
  far.client("xyz").seq(900'000'000).server(ACK).ack(900'000'003);
  EXPECT_NE(far.judgement().verdict, Verdict::failed) << rules_text(far.judgement());
  t.client("xyz");
  EXPECT_EQ(t.judgement().verdict, Verdict::failed);
}

TEST(Captures, AnotherConnectionOfTheSamePortsWhoseSynIsMissing) {
  Trace t = open();
  t.exchange().client_closes().isn(Side::client, 3'000'000'000).isn(Side::server, 77);
  t.client("hello").server(ACK);
  const auto all = t.connections();
  ASSERT_EQ(all.size(), 2u);
  for (const Connection& c : all) EXPECT_NE(judge(c, {}).verdict, Verdict::failed);
  EXPECT_EQ(all[1].opening, Opening::not_captured);
}

}  // namespace
}  // namespace wireproof::tcp::testing
