// Openings, closings and states, each at four places of the sequence space.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::uint64_t> causes(const Connection& c, Side side) {
  std::vector<std::uint64_t> packets;
  for (const Transition& change : c.transitions)
    if (change.side == side) packets.push_back(change.packet);
  return packets;
}

// The request is 10 bytes: the wrap falls before it, in it, and exactly at the FIN after it.
class AtIsn : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  Trace trace() const { return Trace(GetParam(), GetParam() + 7); }
};
INSTANTIATE_TEST_SUITE_P(Places, AtIsn,
                         ::testing::Values(0u, 0x80000000u, 0xFFFFFFFFu, 0xFFFFFFFAu, 0xFFFFFFF4u,
                                           0xFFFFFFF5u, 0x7FFFFFFFu),
                         [](const auto& place) { return fmt::format("{:08x}", place.param); });

TEST_P(AtIsn, FourSegmentClose) {
  Trace t = trace();
  t.handshake().exchange().client_closes();
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.opening, Opening::three_way);
  EXPECT_EQ(c.closing, Closing::four_way);
  EXPECT_EQ(c.closed_first, ClosedFirst::client);
  EXPECT_THAT(state_path(c, Side::client),
              ElementsAre(State::closed, State::syn_sent, State::established, State::fin_wait_1,
                          State::fin_wait_2, State::time_wait));
  EXPECT_THAT(causes(c, Side::client), ElementsAre(1, 3, 8, 9, 11));
  EXPECT_THAT(state_path(c, Side::server),
              ElementsAre(State::listen, State::syn_received, State::established, State::close_wait,
                          State::last_ack, State::closed));
  EXPECT_THAT(causes(c, Side::server), ElementsAre(2, 3, 9, 10, 11));
  EXPECT_EQ(c.end(Side::client).payload_bytes, 10u);
  EXPECT_EQ(c.end(Side::server).payload_bytes, 7u);
  EXPECT_EQ(c.end(Side::client).fin_seq, 11);
  const Judgement j = judge(c, kWhole);
  EXPECT_EQ(j.verdict, Verdict::passed);
  EXPECT_TRUE(j.findings.empty()) << rules_text(j);
}

TEST_P(AtIsn, ThreeSegmentClose) {
  Trace t = trace();
  t.handshake().exchange().client(FIN | ACK).server(FIN | ACK).client(ACK);
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.closing, Closing::three_segment);
  EXPECT_THAT(state_path(c, Side::client),
              ElementsAre(State::closed, State::syn_sent, State::established, State::fin_wait_1,
                          State::time_wait));
  EXPECT_THAT(state_path(c, Side::server),
              ElementsAre(State::listen, State::syn_received, State::established, State::close_wait,
                          State::last_ack, State::closed));
  EXPECT_TRUE(judge(c, kWhole).findings.empty()) << rules_text(judge(c, kWhole));
}

TEST_P(AtIsn, ServerClosesFirst) {
  Trace t = trace();
  t.handshake().exchange().server_closes();
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.closing, Closing::four_way);
  EXPECT_EQ(c.closed_first, ClosedFirst::server);
  EXPECT_EQ(c.end(Side::server).state, State::time_wait);
  EXPECT_EQ(c.end(Side::client).state, State::closed);
  EXPECT_TRUE(judge(c, kWhole).findings.empty()) << rules_text(judge(c, kWhole));
}

TEST_P(AtIsn, SimultaneousClose) {
  Trace t = trace();
  t.handshake().exchange();
  t.client(FIN | ACK).unheard().server(FIN | ACK).client(ACK).server(ACK).ack(12);
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.closing, Closing::simultaneous);
  EXPECT_EQ(c.closed_first, ClosedFirst::both);
  for (const Side side : {Side::client, Side::server}) {
    const auto states = state_path(c, side);
    ASSERT_GE(states.size(), 3u);
    EXPECT_THAT(std::vector<State>(states.end() - 3, states.end()),
                ElementsAre(State::fin_wait_1, State::closing, State::time_wait))
        << name(side);
  }
  EXPECT_TRUE(judge(c, kWhole).findings.empty()) << rules_text(judge(c, kWhole));
}

TEST_P(AtIsn, HalfCloseWithDataAfter) {
  Trace t = trace();
  t.handshake().client("0123456789").server(ACK).client(FIN | ACK).server(ACK);
  t.server("late").client(ACK).server(FIN | ACK).client(ACK);
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.closing, Closing::four_way);
  EXPECT_TRUE(c.half_close);
  EXPECT_EQ(c.end(Side::server).payload_bytes_after_peer_fin, 4u);
  EXPECT_TRUE(judge(c, kWhole).findings.empty()) << rules_text(judge(c, kWhole));
}

TEST_P(AtIsn, SimultaneousOpen) {
  Trace t = trace();
  t.client(SYN).unheard().server(SYN);
  t.client(SYN | ACK).server(SYN | ACK).ack(1);
  t.exchange().client_closes();
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.opening, Opening::simultaneous);
  EXPECT_EQ(c.closing, Closing::four_way);
  EXPECT_EQ(c.end(Side::client).syn_retransmissions + c.end(Side::server).syn_retransmissions, 0u);
  for (const Side side : {Side::client, Side::server}) {
    const auto states = state_path(c, side);
    ASSERT_GE(states.size(), 4u);
    EXPECT_THAT(
        std::vector<State>(states.begin(), states.begin() + 4),
        ElementsAre(State::closed, State::syn_sent, State::syn_received, State::established));
  }
  EXPECT_TRUE(judge(c, kWhole).findings.empty()) << rules_text(judge(c, kWhole));
}

TEST_P(AtIsn, ResetByTheServer) {
  Trace t = trace();
  t.handshake().client("0123456789").server(ACK).server(RST | ACK);
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.closing, Closing::reset);
  EXPECT_EQ(c.closed_first, ClosedFirst::server);
  EXPECT_EQ(c.end(Side::client).state, State::closed);
  EXPECT_TRUE(judge(c, kWhole).findings.empty()) << rules_text(judge(c, kWhole));
}

TEST_P(AtIsn, Refused) {
  Trace t(GetParam(), 0);
  t.client(SYN).server(RST | ACK);
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.opening, Opening::refused);
  EXPECT_EQ(c.closing, Closing::refused);
  EXPECT_EQ(c.closed_first, ClosedFirst::nobody);
  EXPECT_THAT(state_path(c, Side::client),
              ElementsAre(State::closed, State::syn_sent, State::closed));
  EXPECT_EQ(c.end(Side::server).state, State::closed);
  EXPECT_TRUE(judge(c, kWhole).findings.empty()) << rules_text(judge(c, kWhole));
}

TEST_P(AtIsn, LastAckLostAndFinSentAgain) {
  Trace t = trace();
  t.handshake().exchange().client_closes().repeat(10).client(ACK);
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.closing, Closing::four_way);
  EXPECT_EQ(c.end(Side::server).fin_retransmissions, 1u);
  EXPECT_EQ(c.end(Side::client).state, State::time_wait);
  EXPECT_EQ(c.end(Side::server).state, State::closed);
  EXPECT_EQ(causes(c, Side::server).back(), 13u);  // the ACK that reached it
  EXPECT_EQ(judge(c, kWhole).verdict, Verdict::passed) << rules_text(judge(c, kWhole));
}

TEST(Tracker, UnfinishedWhenTheServerNeverCloses) {
  Trace t;
  t.handshake().exchange().client(FIN | ACK).server(ACK);
  Expectation expected;
  expected.closing = {Closing::four_way, Closing::three_segment};
  expected.client_states = {{State::closed}};
  const Judgement j = t.judgement(kWhole, expected);
  ASSERT_EQ(j.findings.size(), 1u) << rules_text(j);
  const Finding& finding = j.findings.front();
  EXPECT_EQ(finding.rule, "tcp.close.peer-never-closes");
  EXPECT_EQ(finding.blame, Blame::server);
  EXPECT_EQ(finding.expected, "the server's FIN after packet 8");
  EXPECT_EQ(finding.observed,
            "none until the capture ended; client in FIN_WAIT_2, server in CLOSE_WAIT");
  EXPECT_EQ(j.verdict, Verdict::failed);
  // Nobody expected anything: no fault.
  EXPECT_EQ(t.judgement(kWhole).verdict, Verdict::passed);
}

TEST(Tracker, ResetWhereACloseWasExpected) {
  Trace t;
  t.handshake().exchange().server(RST | ACK);
  Expectation expected;
  expected.closing = {Closing::four_way};
  expected.closed_first = ClosedFirst::client;
  const Judgement j = t.judgement(kWhole, expected);
  ASSERT_EQ(j.findings.size(), 1u) << rules_text(j);
  EXPECT_EQ(j.findings.front().rule, "tcp.close.reset-instead-of-fin");
  EXPECT_EQ(j.findings.front().blame, Blame::server);
  EXPECT_EQ(j.verdict_server, Verdict::failed);
  EXPECT_EQ(j.verdict_client, Verdict::passed);
}

TEST(Tracker, TellsConnectionsOfOnePairApart) {
  Trace t;
  t.handshake().exchange().client_closes();
  t.isn(Side::client, 900).isn(Side::server, 100);
  t.handshake().exchange().client_closes();
  const auto all = t.connections(kWhole);
  ASSERT_EQ(all.size(), 2u);
  for (const Connection& c : all) {
    EXPECT_EQ(c.closing, Closing::four_way);
    EXPECT_TRUE(judge(c, kWhole).findings.empty()) << rules_text(judge(c, kWhole));
  }
}

}  // namespace
}  // namespace wireproof::tcp::testing
