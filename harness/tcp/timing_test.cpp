// Round trips, and what set retransmissions off.
#include <gtest/gtest.h>

#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

Trace open() {
  Trace t;
  t.handshake();
  return t;
}

packet::TcpOptions sack(std::uint32_t left, std::uint32_t right) {
  packet::TcpOptions options;
  options.sack[0] = {left, right};
  options.sack_count = 1;
  return options;
}

std::uint32_t marks_of(const Connection& c, std::uint64_t packet) {
  for (const Segment& segment : c.segments)
    if (segment.packet == packet) return segment.marks;
  return 0;
}

TEST(Timing, RoundTripsFromSegmentToAcknowledgement) {
  Trace t;
  t.client(SYN).server(SYN | ACK).after(30).client(ACK).after(2);
  t.client("a").server(ACK).after(10).client("b").server(ACK).after(20);
  const Connection c = t.connection();
  const RoundTrips& client = c.end(Side::client).round_trips;
  EXPECT_EQ(client.samples, 3u);
  EXPECT_EQ(client.min_ns, 10 * kMillisecond);
  EXPECT_EQ(client.max_ns, 30 * kMillisecond);
  EXPECT_EQ(client.mean_ns(), 20 * kMillisecond);
  EXPECT_EQ(c.end(Side::server).round_trips.samples, 1u);
  EXPECT_EQ(c.end(Side::server).round_trips.min_ns, 2 * kMillisecond);
}

TEST(Timing, WhatIsSentTwiceIsNotTimed) {
  Trace t = open();
  t.client("a").unheard().repeat(4).server(ACK);
  EXPECT_EQ(t.connection().end(Side::client).round_trips.samples, 1u) << "the SYN's alone";
}

TEST(Timing, FastRetransmission) {
  Trace t = open();
  t.client("abc").unheard();
  for (int i = 0; i < 4; ++i) t.client("def").unheard().server(ACK).ack(1);
  t.client("abc").seq(1).server(ACK);
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.end(Side::client).fast_retransmissions, 1u);
  EXPECT_EQ(c.end(Side::client).timeout_retransmissions, 0u);
  EXPECT_NE(marks_of(c, 13) & mark::fast_retransmission, 0u);
  EXPECT_GE(c.end(Side::server).duplicate_acks, 3u);
}

TEST(Timing, RetransmissionAfterSelectiveAcknowledgement) {
  Trace t = open();
  t.client("abc").unheard().client("def").unheard().server(ACK).ack(1).options(sack(1004, 1007));
  t.client("abc").seq(1).server(ACK);
  EXPECT_EQ(t.connection().end(Side::client).fast_retransmissions, 1u);
}

TEST(Timing, RetransmissionsByTheTimer) {
  Trace t = open();
  t.client("abc").unheard();
  t.client("abc").seq(1).after(300).unheard().client("abc").seq(1).after(600).unheard();
  t.client("abc").seq(1).after(1200).server(ACK);
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.end(Side::client).timeout_retransmissions, 3u);
  EXPECT_EQ(c.end(Side::client).fast_retransmissions, 0u);
  EXPECT_FALSE(broke(judge(c, kWhole), "tcp.timer.back-off"));
}

TEST(Timing, ATailThatIsProbed) {
  Trace t = open();
  t.client("abc").unheard().client("def").unheard().client("def").seq(4).after(20).server(ACK);
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.end(Side::client).tail_loss_probes, 1u);
  EXPECT_EQ(c.end(Side::client).timeout_retransmissions, 0u);
}

TEST(Timing, ARetransmissionOfWhatWasAcknowledged) {
  Trace t = open();
  t.client("abc").server(ACK).client("abc").seq(1).after(300);
  t.server(ACK).options(sack(1001, 1004));
  const Connection c = t.connection(kWhole);
  EXPECT_EQ(c.end(Side::client).spurious_retransmissions, 1u);
  EXPECT_EQ(c.end(Side::server).duplicate_sacks, 1u);
  EXPECT_EQ(judge(c, kWhole).verdict, Verdict::passed);
}

TEST(Timing, HowLongTheWindowWasClosed) {
  Trace t = open();
  t.client("abc").server(ACK).window(0).server(ACK).after(250).client_closes();
  EXPECT_EQ(t.connection().end(Side::server).zero_window_ns, 250 * kMillisecond);
}

TEST(Timing, FlightAndThroughput) {
  Trace t = open();
  t.client("abc").client("def").server(ACK).client("ghi").after(998).server(ACK);
  const End client = t.connection().end(Side::client);
  EXPECT_EQ(client.initial_flight, 6u);
  EXPECT_EQ(client.largest_flight, 6u);
  EXPECT_DOUBLE_EQ(throughput(client), 9.0);
}

TEST(Timing, SynsInTheRhythmOfNewerLinuxAreNoFault) {
  Trace t;
  t.client(SYN).unheard();
  for (const int ms : {1000, 1000, 1000, 1000, 2000, 4000, 8000}) t.client(SYN).after(ms).unheard();
  const Judgement j = t.judgement(kWhole);
  EXPECT_FALSE(broke(j, "tcp.timer.back-off")) << rules_text(j);
}

}  // namespace
}  // namespace wireproof::tcp::testing
