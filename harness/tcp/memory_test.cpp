// What a tracker keeps: memory grows with the connections that are open, not with those that were.
#include <gtest/gtest.h>

#include <algorithm>

#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

constexpr std::int64_t kSecond = TrackerOptions::kSecond;

// Copies of one connection's packets, each copy with a client port (and address) of its own.
class Copies {
 public:
  explicit Copies(Trace& trace) : pattern_(trace.packets()) {}

  // Packet `step` of connection `which`, at this time.
  const packet::Packet& packet(std::size_t step, std::uint32_t which, std::int64_t time_ns) {
    copy_ = pattern_[step];
    const bool client = copy_.destination.port == 80;
    packet::Endpoint& end = client ? copy_.source : copy_.destination;
    end.port = static_cast<std::uint16_t>(1024 + which % 50'000);
    const std::uint32_t host = which / 50'000;
    end.address.bytes = {10, 9, static_cast<std::uint8_t>(host >> 8),
                         static_cast<std::uint8_t>(host)};
    copy_.frame.number = ++number_;
    copy_.frame.time_ns = time_ns;
    return copy_;
  }
  std::size_t size() const { return pattern_.size(); }

 private:
  std::vector<packet::Packet> pattern_;
  packet::Packet copy_;
  std::uint64_t number_ = 0;
};

struct Tally {
  std::size_t delivered = 0, failed = 0;
  std::size_t openings[8] = {}, closings[9] = {};
  Tracker::Sink sink() {
    return [this](Connection& c) {
      ++delivered;
      ++openings[static_cast<std::size_t>(c.opening)];
      ++closings[static_cast<std::size_t>(c.closing)];
      failed += judge(c, {}).verdict == Verdict::failed ? 1 : 0;
    };
  }
  std::size_t count(Opening opening) const { return openings[static_cast<std::size_t>(opening)]; }
  std::size_t count(Closing closing) const { return closings[static_cast<std::size_t>(closing)]; }
};

TrackerOptions few() {
  TrackerOptions options;
  options.segments = 0;
  options.lingering = options.attempts = 500;
  return options;
}

TEST(Memory, SynsWithoutAnswers) {
  Trace syn;
  syn.client(SYN);
  Copies copies(syn);
  Tally tally;
  Tracker tracker({}, few(), tally.sink());
  std::size_t most = 0;
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    tracker.add(copies.packet(0, i, 1'000'000'000 + i));
    most = std::max(most, tracker.tracked());
  }
  EXPECT_LE(most, 501u);
  tracker.finish();
  EXPECT_EQ(tally.delivered, 300'000u);
  EXPECT_EQ(tally.count(Opening::unanswered), 300'000u);
}

TEST(Memory, AnAttemptIsOverWhenItsTimeIs) {
  Trace syn;
  syn.client(SYN);
  Copies copies(syn);
  Tally tally;
  Tracker tracker({}, {}, tally.sink());
  tracker.add(copies.packet(0, 1, 0));
  for (int second = 0; second <= 129; ++second) tracker.add(copies.packet(0, 2, second * kSecond));
  EXPECT_EQ(tally.delivered, 0u);
  for (int second = 130; second < 133; ++second) tracker.add(copies.packet(0, 2, second * kSecond));
  EXPECT_EQ(tally.delivered, 1u) << "the second is still being tried";
}

TEST(Memory, ShortConnectionsOneAfterTheOther) {
  Trace trace;
  trace.handshake().exchange().client_closes();
  Copies copies(trace);
  Tally tally;
  Tracker tracker({}, few(), tally.sink());
  std::size_t most = 0;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    for (std::size_t step = 0; step < copies.size(); ++step) {
      tracker.add(copies.packet(step, i, std::int64_t{i} * 1'000'000 + static_cast<int>(step)));
    }
    most = std::max(most, tracker.tracked());
  }
  EXPECT_LE(most, 502u);
  tracker.finish();
  EXPECT_EQ(tally.delivered, 20'000u);
  EXPECT_EQ(tally.count(Closing::four_way), 20'000u);
  EXPECT_EQ(tally.failed, 0u);
}

TEST(Memory, AClosedConnectionIsDeliveredAfterTimeWait) {
  Trace trace;
  trace.handshake().exchange().client_closes();
  Copies copies(trace);
  Tally tally;
  Tracker tracker({}, {}, tally.sink());
  for (std::size_t step = 0; step < copies.size(); ++step) tracker.add(copies.packet(step, 1, 0));
  for (int second = 1; second < 60; ++second) tracker.add(copies.packet(0, 2, second * kSecond));
  EXPECT_EQ(tally.delivered, 0u);
  for (int second = 60; second < 63; ++second) tracker.add(copies.packet(0, 2, second * kSecond));
  EXPECT_EQ(tally.delivered, 1u);
  EXPECT_EQ(tally.count(Closing::four_way), 1u);
}

TEST(Memory, AnOpenConnectionIsKeptForHours) {
  Trace trace;
  trace.handshake();
  Copies copies(trace);
  Tally tally;
  Tracker tracker({}, {}, tally.sink());
  for (std::size_t step = 0; step < 3; ++step) tracker.add(copies.packet(step, 1, 0));
  std::int64_t time = 0;
  for (; time < 3 * 3600 * kSecond; time += 50 * kSecond) tracker.add(copies.packet(0, 2, time));
  EXPECT_EQ(tally.count(Opening::three_way), 0u);
  for (int i = 0; i < 5; ++i, time += 50 * kSecond) tracker.add(copies.packet(0, 2, time));
  EXPECT_EQ(tally.count(Opening::three_way), 1u);
}

TEST(Memory, ALeapOfTheClockEndsNothing) {
  Trace trace;
  trace.handshake();
  Copies copies(trace);
  Tally tally;
  Tracker tracker({}, {}, tally.sink());
  for (std::size_t step = 0; step < 3; ++step) tracker.add(copies.packet(step, 1, 0));
  constexpr std::int64_t kYear = 365 * 86'400 * kSecond;
  tracker.add(copies.packet(0, 2, 30 * kYear));
  tracker.add(copies.packet(0, 2, kSecond));
  tracker.add(copies.packet(0, 2, 30 * kYear));
  EXPECT_EQ(tally.delivered, 0u);
}

TEST(Memory, WhatComesOfADeliveredConnectionIsNoneOfItsOwn) {
  Trace trace;
  trace.handshake().exchange().client_closes();
  trace.repeat(10).client(ACK).client(RST);  // the server's FIN again, its ACK, a late RST
  Copies copies(trace);
  TrackerOptions options = few();
  options.lingering = 1;
  Tally tally;
  Tracker tracker({}, options, tally.sink());
  for (std::uint32_t i = 0; i < 3; ++i)
    for (std::size_t step = 0; step < 11; ++step) tracker.add(copies.packet(step, i, 0));
  EXPECT_EQ(tally.delivered, 2u);
  for (std::size_t step = 11; step < 14; ++step) tracker.add(copies.packet(step, 0, kSecond));
  EXPECT_EQ(tracker.remnants(), 3u);
  EXPECT_EQ(tracker.tracked(), 1u);
  tracker.add(copies.packet(0, 0, 2 * kSecond));  // a SYN begins another
  EXPECT_EQ(tracker.tracked(), 2u);
  tracker.finish();
  EXPECT_EQ(tally.delivered, 4u);
}

TEST(Memory, OfALongTransferTheFirstAndLastSegmentsAreKept) {
  Trace trace;
  trace.handshake();
  for (int i = 0; i < 5000; ++i) trace.client("0123456789").server(ACK);
  trace.client_closes();
  TrackerOptions options;
  options.segments = 64;
  Tracker tracker({}, options);
  for (const packet::Packet& packet : trace.packets()) tracker.add(packet);
  const auto all = tracker.finish();
  ASSERT_EQ(all.size(), 1u);
  const Connection& c = all.front();
  EXPECT_LE(c.segments.size(), 64u);
  EXPECT_GE(c.segments.size(), 48u);
  EXPECT_EQ(c.packets, 10'007u);
  EXPECT_EQ(c.segments.size() + c.segments_left_out, c.packets);
  EXPECT_EQ(c.segments_before_gap, 32u);
  EXPECT_EQ(c.segments[31].packet, 32u);
  EXPECT_EQ(c.segments.back().packet, 10'007u);
  EXPECT_EQ(c.segments[32].packet, 32 + c.segments_left_out + 1);
  EXPECT_EQ(c.closing, Closing::four_way);
  EXPECT_EQ(c.end(Side::client).payload_bytes, 50'000u);
}

TEST(Memory, TheSameIsSaidWhateverIsKept) {
  Trace trace;
  trace.client(SYN).unheard().repeat(1).server(SYN | ACK).client(ACK).client("abc").client("def");
  trace.swap().server(ACK).client("ghi").unheard().repeat(8).server(ACK);
  trace.client(FIN | ACK).unheard().repeat(11).server(ACK).server(FIN | ACK).client(ACK);
  Connection full = trace.connection();
  for (const std::size_t kept : {std::size_t{0}, std::size_t{1}, std::size_t{4}}) {
    TrackerOptions options;
    options.segments = kept;
    Tracker tracker({}, options);
    for (const packet::Packet& packet : trace.packets()) tracker.add(packet);
    const Connection c = tracker.finish().at(0);
    EXPECT_LE(c.segments.size(), kept);
    EXPECT_EQ(c.closing, full.closing);
    EXPECT_EQ(c.end(Side::client).retransmissions, full.end(Side::client).retransmissions);
    EXPECT_EQ(judge(c, {}).findings, judge(full, {}).findings);
  }
}

TEST(Memory, AJumpOfABillionBytes) {
  Trace trace;
  trace.handshake();
  for (int i = 0; i < 3000; ++i) trace.client("x").seq(1 + std::int64_t{i} * 1'000'000'000);
  trace.server(ACK);
  const Connection c = trace.connection();
  EXPECT_EQ(c.end(Side::client).segments, 3002u);
  EXPECT_LE(c.oddities.size(), 100u);
}

TEST(Memory, PayloadsKeptOfAllConnectionsTogether) {
  Trace trace;
  trace.handshake().client(std::string(1000, 'x')).client(std::string(1000, 'y'));
  Copies copies(trace);
  TrackerOptions options;
  options.segments = 0;
  options.payload_bytes = 100'000;
  Tally tally;
  Tracker tracker({}, options, tally.sink());
  for (std::uint32_t i = 0; i < 5000; ++i)
    for (std::size_t step = 0; step < copies.size(); ++step) {
      tracker.add(copies.packet(step, i, 0));
    }
  EXPECT_EQ(tracker.tracked(), 5000u);
  tracker.finish();
  EXPECT_EQ(tally.delivered, 5000u);
}

TEST(Memory, BatchesAndSharesSayTheSame) {
  Trace trace;
  trace.handshake().exchange().client_closes();
  Copies copies(trace);
  std::vector<packet::Packet> packets;
  for (std::size_t step = 0; step < copies.size(); ++step)
    for (std::uint32_t i = 0; i < 100; ++i) packets.push_back(copies.packet(step, i, 0));
  Tracker whole, batched, first, second;
  for (const packet::Packet& packet : packets) {
    whole.add(packet);
    (shard_hash(packet) % 2 == 0 ? first : second).add(packet);
  }
  batched.add(packets);
  const auto a = whole.finish(), b = batched.finish(), c = first.finish(), d = second.finish();
  ASSERT_EQ(a.size(), 100u);
  ASSERT_EQ(b.size(), 100u);
  EXPECT_EQ(c.size() + d.size(), 100u);
  EXPECT_GT(c.size(), 20u);
  EXPECT_GT(d.size(), 20u);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(a[i].first_packet, b[i].first_packet);
    EXPECT_EQ(b[i].closing, Closing::four_way);
  }
  for (const Connection& one : c) EXPECT_EQ(one.closing, Closing::four_way);
}

}  // namespace
}  // namespace wireproof::tcp::testing
