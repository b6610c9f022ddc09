// Each rule has a trace that breaks it, and nothing else speaks up beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "udp/rules.h"
#include "udp/trace_for_test.h"

namespace wireproof::udp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Endpoint kOtherPort = build::endpoint("192.0.2.2", 9999);
const Endpoint kStranger = build::endpoint("192.0.2.1", 40001);

std::vector<std::string> ids(const Judgement& judgement) {
  std::vector<std::string> all;
  for (const Finding& finding : judgement.findings) all.push_back(finding.rule);
  return all;
}

Trace exchange() {
  return Trace().send(kClient, kServer, "hello").send(kServer, kClient, "success");
}

// The only finding of a judgement.
Finding only(const Judgement& judgement) {
  EXPECT_EQ(judgement.findings.size(), 1u) << testing::PrintToString(ids(judgement));
  return judgement.findings.empty() ? Finding{} : judgement.findings.front();
}

TEST(Rules, AreSortedAndWhole) {
  for (std::size_t i = 0; i < rules().size(); ++i) {
    EXPECT_TRUE(i == 0 || rules()[i - 1].id < rules()[i].id) << rules()[i].id;
    EXPECT_TRUE(rules()[i].id.starts_with("udp."));
    EXPECT_FALSE(rules()[i].source.empty());
    EXPECT_FALSE(rules()[i].title.empty());
  }
}

TEST(Judge, AnOrdinaryExchangeHasNoFinding) {
  const Judgement judgement = exchange().judged();
  EXPECT_THAT(ids(judgement), IsEmpty());
  EXPECT_EQ(judgement.verdict, Verdict::passed);
}

TEST(Judge, AnswerFromAnotherPort) {
  const Trace trace = Trace().send(kClient, kServer, "a").send(kOtherPort, kClient, "success");
  const Judgement judgement = trace.judged({.exchanges = 1,
                                            .requests = 1,
                                            .answers = 1,
                                            .unanswered = 0,
                                            .unpaired_answers = 0,
                                            .server_bytes = 7});
  const Finding finding = only(judgement);
  EXPECT_EQ(finding.rule, "udp.answer.other-port");
  EXPECT_EQ(finding.blame, Blame::server);
  EXPECT_THAT(finding.packets, ElementsAre(1, 2));
  EXPECT_THAT(finding.expected, HasSubstr("192.0.2.2:7"));
  EXPECT_THAT(finding.observed, HasSubstr("192.0.2.2:9999"));
  EXPECT_THAT(finding.where, HasSubstr("192.0.2.1:40000"));
  EXPECT_EQ(judgement.verdict, Verdict::failed);
  // Where packets may be missing, the client may have asked that port too.
  EXPECT_EQ(trace.judged({}, false).verdict, Verdict::inconclusive);
  // Who expects it, gets it.
  EXPECT_EQ(trace.judged({.unpaired_answers = 1}).verdict, Verdict::passed);
}

TEST(Judge, AnswerFromAnotherAddress) {
  const Judgement judgement = Trace()
                                  .send(kClient, kServer, "a")
                                  .send(build::endpoint("192.0.2.9", 7), kClient, "success")
                                  .judged({.answers = 1});
  EXPECT_EQ(only(judgement).rule, "udp.answer.other-address");
  EXPECT_EQ(judgement.verdict, Verdict::passed);  // a should-rule
}

TEST(Judge, AnswerToTheWrongPeer) {
  const Judgement judgement =
      Trace()
          .send(kClient, kServer, "a")
          .send(kServer, kStranger, "success")
          .icmp(kStranger, 2, 3, 3)
          .judged({.exchanges = 1, .answers = 1, .unanswered = 0, .icmp_errors = 0});
  const Finding finding = only(judgement);
  EXPECT_EQ(finding.rule, "udp.answer.wrong-peer");
  EXPECT_EQ(finding.blame, Blame::server);
  EXPECT_THAT(finding.observed, HasSubstr("192.0.2.1:40001"));
  EXPECT_EQ(judgement.verdict, Verdict::failed);
}

TEST(Judge, AnswerGivenTwice) {
  const Trace trace = exchange().send(kServer, kClient, "success");
  const Judgement judgement =
      trace.judged({.requests = 1, .answers = 1, .unpaired_answers = 0, .duplicates = 0});
  const Finding finding = only(judgement);
  EXPECT_EQ(finding.rule, "udp.answer.duplicate");
  EXPECT_THAT(finding.packets, ElementsAre(1, 3));
  EXPECT_EQ(judgement.verdict, Verdict::failed);
  EXPECT_EQ(trace.judged({}, false).verdict, Verdict::inconclusive);
  EXPECT_EQ(trace.judged({.duplicates = 1}).verdict, Verdict::passed);
  EXPECT_EQ(trace.judged({.unpaired_answers = 1}).verdict, Verdict::passed);
}

TEST(Judge, ADatagramThatTheNetworkDoubledIsNobodysFault) {
  const Judgement judgement = Trace()
                                  .send(kClient, kServer, "a", {.id = 1})
                                  .send(kServer, kClient, "b", {.id = 2})
                                  .send(kServer, kClient, "b", {.id = 2})
                                  .judged({.duplicates = 1});
  EXPECT_THAT(ids(judgement), IsEmpty());
}

TEST(Judge, MissingAndUnsolicitedAnswersAreNotes) {
  const Trace missing = exchange().send(kClient, kServer, "again").send(kClient, kServer, "again");
  Finding finding = only(missing.judged());
  EXPECT_EQ(finding.rule, "udp.answer.missing");
  EXPECT_THAT(finding.packets, ElementsAre(3, 4));
  EXPECT_EQ(missing.judged().verdict, Verdict::passed);
  EXPECT_THAT(ids(missing.judged({.unanswered = 2})), IsEmpty());
  // One way only, in a capture that may not have the other.
  EXPECT_THAT(ids(Trace().send(kClient, kServer, "log").judged({}, false)), IsEmpty());
  finding = only(exchange().send(kServer, kClient, "more").judged());
  EXPECT_EQ(finding.rule, "udp.answer.unsolicited");
  EXPECT_EQ(finding.severity, Severity::note);
}

TEST(Judge, Checksums) {
  const auto trace = [](const Endpoint& from, const Endpoint& to, std::uint16_t checksum) {
    return Trace().send(from, to, "a", {}, {.checksum = checksum}).send(to, from, "b");
  };
  const Judgement bad = trace(kClient, kServer, 0x1234).judged();
  EXPECT_EQ(only(bad).rule, "udp.checksum.good");
  EXPECT_EQ(only(bad).blame, Blame::client);
  EXPECT_EQ(bad.verdict, Verdict::failed);
  EXPECT_THAT(ids(trace(kClient, kServer, 0x1234).judged({}, true, false)), IsEmpty());
  const Judgement absent = trace(kClient, kServer, 0).judged();
  EXPECT_EQ(only(absent).rule, "udp.checksum.unused");
  EXPECT_EQ(absent.verdict, Verdict::passed);
  const Judgement absent_6 = trace(kClient6, kServer6, 0).judged();
  EXPECT_EQ(only(absent_6).rule, "udp.checksum.ipv6-zero");
  EXPECT_EQ(absent_6.verdict, Verdict::failed);
  EXPECT_THAT(ids(trace(kClient6, kServer6, 0xFFFF).judged()), ElementsAre("udp.checksum.good"));
  // In a capture of unknown origin one bad checksum proves nothing, and many are the capture's own.
  EXPECT_EQ(trace(kClient, kServer, 0x1234).judged({}, false).verdict, Verdict::inconclusive);
  Trace offloaded = trace(kClient, kServer, 0x1234);
  offloaded.send(kClient, kServer, "c", {}, {.checksum = 0x1234}).send(kServer, kClient, "d");
  EXPECT_EQ(only(offloaded.judged({}, false)).rule, "udp.capture.checksum-offload");
  EXPECT_EQ(offloaded.judged({}, false).verdict, Verdict::passed);
  EXPECT_EQ(offloaded.judged().verdict, Verdict::failed);
}

TEST(Judge, LengthFieldPortZeroAndSourceAddress) {
  const auto judged = [](const Endpoint& from, const Endpoint& to, const build::UdpFields& fields) {
    return Trace().send(from, to, "abcd", {}, fields).send(to, from, "b").judged();
  };
  for (const std::uint16_t length : std::vector<std::uint16_t>{7, 13}) {
    const Judgement judgement = judged(kClient, kServer, {.length = length});
    EXPECT_EQ(only(judgement).rule, "udp.length.field");
    EXPECT_EQ(judgement.verdict, Verdict::failed);
  }
  EXPECT_THAT(ids(judged(kClient, build::endpoint("192.0.2.2", 0), {})),
              ElementsAre("udp.port.destination-zero"));
  EXPECT_THAT(ids(Trace().send(build::endpoint("224.0.0.1", 5), kServer, "a").judged({}, false)),
              ElementsAre("udp.address.source"));
}

TEST(Judge, Fragments) {
  for (const bool version_6 : {false, true}) {
    const Endpoint& client = version_6 ? kClient6 : kClient;
    const Endpoint& server = version_6 ? kServer6 : kServer;
    const build::Bytes whole = build::udp(client, server, build::Bytes(400, 'x'));
    const auto trace = [&](std::uint16_t second) {
      return Trace()
          .datagram(client, server, build::View(whole).first(200),
                    {.id = 1, .more_fragments = true})
          .datagram(client, server, build::View(whole).subspan(second),
                    {.id = 1, .fragment_offset = second})
          .send(server, client, "b");
    };
    EXPECT_THAT(ids(trace(200).judged({.min_fragments = 2})), IsEmpty());
    EXPECT_THAT(ids(trace(192).judged()),
                ElementsAre(version_6 ? "udp.fragment.overlap" : "udp.fragment.overlap-ipv4"));
    const Finding finding =
        only(trace(208).judged({.answers = 0, .unanswered = 1, .unpaired_answers = 1}));
    EXPECT_EQ(finding.rule, "udp.fragment.incomplete");
  }
}

TEST(Judge, IcmpErrors) {
  const Trace refused = Trace().send(kClient, kServer, "a").icmp(kServer, 1, 3, 3);
  const Judgement judgement = refused.judged({.unanswered = 1, .icmp_errors = 1});
  const Finding finding = only(judgement);
  EXPECT_EQ(finding.rule, "udp.icmp.error");
  EXPECT_EQ(finding.observed, "ICMP port unreachable");
  EXPECT_THAT(finding.packets, ElementsAre(1, 2));
  EXPECT_EQ(judgement.verdict, Verdict::passed);
  const Endpoint group = build::endpoint("224.0.0.251", 5353);
  const Judgement to_group = Trace().send(kClient, group, "a").icmp(kServer, 1, 3, 3).judged();
  EXPECT_EQ(only(to_group).rule, "udp.icmp.multicast");
  EXPECT_EQ(to_group.verdict, Verdict::failed);
}

TEST(Judge, EachExpectationCanBeMissed) {
  const auto missed = [](const Expectation& expected) {
    const Judgement judgement = exchange().judged(expected);
    EXPECT_EQ(judgement.verdict, Verdict::failed);
    return only(judgement).rule;
  };
  EXPECT_EQ(missed({.exchanges = 2}), "udp.expect.exchanges");
  EXPECT_EQ(missed({.requests = 2}), "udp.expect.requests");
  EXPECT_EQ(missed({.answers = 2}), "udp.expect.answers");
  EXPECT_EQ(missed({.unanswered = 1}), "udp.expect.unanswered");
  EXPECT_EQ(missed({.unpaired_answers = 1}), "udp.expect.unpaired-answers");
  EXPECT_EQ(missed({.duplicates = 1}), "udp.expect.duplicates");
  EXPECT_EQ(missed({.icmp_errors = 1}), "udp.expect.icmp-errors");
  EXPECT_EQ(missed({.min_fragments = 2}), "udp.expect.fragments");
  EXPECT_EQ(missed({.client_bytes = 4}), "udp.expect.client-bytes");
  EXPECT_EQ(missed({.server_bytes = 8}), "udp.expect.server-bytes");
  EXPECT_THAT(ids(exchange().judged({.exchanges = 1,
                                     .requests = 1,
                                     .answers = 1,
                                     .unanswered = 0,
                                     .unpaired_answers = 0,
                                     .duplicates = 0,
                                     .icmp_errors = 0,
                                     .min_fragments = 0,
                                     .client_bytes = 5,
                                     .server_bytes = 7})),
              IsEmpty());
}

TEST(Judge, WhatLossExplainsIsInconclusiveWhereTheCaptureMayHaveLost) {
  EXPECT_EQ(exchange().judged({.answers = 2}, false).verdict, Verdict::inconclusive);
  EXPECT_EQ(exchange().judged({.answers = 0}, false).verdict, Verdict::failed);
  const Trace silent = exchange().send(kClient, kServer, "again");
  EXPECT_EQ(silent.judged({.unanswered = 0}, false).verdict, Verdict::inconclusive);
  EXPECT_EQ(silent.judged({.unanswered = 0}, true).verdict, Verdict::failed);
  EXPECT_EQ(exchange().judged({.unanswered = 1}, false).verdict, Verdict::failed);
}

TEST(Judge, AThousandFaultsAreOneFindingThatCountsThem) {
  Trace trace = exchange();
  for (int i = 0; i < 999; ++i) trace.send(kServer, kClient, "success");
  const Finding finding = only(trace.judged());
  EXPECT_EQ(finding.rule, "udp.answer.duplicate");
  EXPECT_LE(finding.packets.size(), 24u);
  EXPECT_THAT(finding.observed, HasSubstr("998 more times"));
}

}  // namespace
}  // namespace wireproof::udp
