// What each part of `on` accepts and refuses, and where a packet stands in its conversation.
#include "wire/match.h"

#include "wire/engine_testing.h"

namespace wireproof::wire {
namespace {

using namespace testing;

// Which of a conversation's packets a rule picks, by their place, from 1.
std::vector<int> picked(const Match& on, const std::vector<std::pair<Direction, Bytes>>& packets) {
  TestWire wire(with_rule(on, Drop{}));
  std::vector<int> numbers;
  int number = 0;
  for (const auto& [direction, frame] : packets) {
    ++number;
    const auto before = wire.engine.matched("rule");
    wire.in(direction, frame);
    if (wire.engine.matched("rule") != before) numbers.push_back(number);
  }
  return numbers;
}
using Picked = std::vector<int>;

std::vector<std::pair<Direction, Bytes>> conversation(const Ends& ends = {}) {
  return {
      {to_server, ends.segment(to_server, 0, 0, syn)},                  // 1
      {to_client, ends.segment(to_client, 0, 1, syn | ack)},            // 2
      {to_server, ends.segment(to_server, 1, 1, ack)},                  // 3
      {to_server, ends.segment(to_server, 1, 1, psh | ack, "hello")},   // 4
      {to_client, ends.segment(to_client, 1, 6, ack)},                  // 5
      {to_server, ends.segment(to_server, 1, 1, psh | ack, "hello")},   // 6: again
      {to_client, ends.segment(to_client, 1, 6, psh | ack, "world!")},  // 7
      {to_server, ends.segment(to_server, 6, 7, fin | ack)},            // 8
      {to_client, ends.segment(to_client, 7, 7, ack)},                  // 9: acknowledges the FIN
      {to_client, ends.segment(to_client, 7, 7, fin | ack)},            // 10: and so does this
      {to_server, ends.segment(to_server, 7, 8, ack)},                  // 11
  };
}

class Matching : public ::testing::TestWithParam<bool> {
 protected:
  std::vector<std::pair<Direction, Bytes>> packets = conversation(Ends{GetParam()});
};
INSTANTIATE_TEST_SUITE_P(Families, Matching, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "ipv6" : "ipv4"; });

TEST(Rules, AfterCountsFromTheMatchOfTheOther) {
  const Ends ends;
  Plan plan = with_rule({.flags_all_of = psh, .nth = {2, 2}}, Pass{}, "second");
  plan.rules.push_back({"drop", {.flags_all_of = psh, .nth = {2, 2}}, Drop{}, false, "second"});
  TestWire wire(plan);
  for (const char* const text : {"a", "b", "c", "d"})
    wire.in(to_server, ends.segment(to_server, 1, 1, psh | ack, text));
  EXPECT_EQ(wire.out.size(), 3u);
  EXPECT_THAT(wire.decided(), ::testing::ElementsAre("passed #2 by second", "dropped #3 by drop"));
  EXPECT_TRUE(wire.engine.unmatched().empty());
}

TEST(Rules, AreDescribedInWords) {
  Match on;
  EXPECT_EQ(describe(on), "packets");
  on.direction = to_server;
  on.protocol = Protocol::tcp;
  on.flags_all_of = syn;
  on.flags_none_of = ack;
  on.payload_length = Range{1};
  on.sequence = Range{2, 5};
  on.window = Range{0, 0};
  EXPECT_EQ(describe(on),
            "TCP segments from the client, with SYN, without ACK, length 1 or more, seq 2 to 5, "
            "window 0");
}

TEST_P(Matching, Everything) { EXPECT_EQ(picked({}, packets).size(), packets.size()); }

TEST_P(Matching, Direction) {
  Match on;
  on.direction = to_client;
  EXPECT_EQ(picked(on, packets), (Picked{2, 5, 7, 9, 10}));
}

TEST_P(Matching, Flags) {
  Match on;
  on.flags_all_of = syn;
  EXPECT_EQ(picked(on, packets), (Picked{1, 2}));
  on.flags_none_of = ack;
  EXPECT_EQ(picked(on, packets), (Picked{1}));
  on.flags_all_of = 0;
  on.flags_none_of = psh | syn | fin;
  EXPECT_EQ(picked(on, packets), (Picked{3, 5, 9, 11}));
}

TEST_P(Matching, Nth) {
  Match on;
  on.nth = {2, 2};
  EXPECT_EQ(picked(on, packets), (Picked{2}));
  on.nth = {9};
  EXPECT_EQ(picked(on, packets), (Picked{9, 10, 11}));
  on.direction = to_server;
  on.nth = {1, 2};
  EXPECT_EQ(picked(on, packets), (Picked{1, 3}));
}

TEST_P(Matching, FirstSendingAndRetransmission) {
  Match on;
  on.sending = Sending::retransmission;
  EXPECT_EQ(picked(on, packets), (Picked{6}));
  on.sending = Sending::first;
  on.payload_length = Range{1};
  EXPECT_EQ(picked(on, packets), (Picked{4, 7}));
}

TEST_P(Matching, ARetransmittedSynAndFin) {
  const Ends ends{GetParam()};
  Match on;
  on.sending = Sending::retransmission;
  EXPECT_EQ(picked(on, {{to_server, ends.segment(to_server, 0, 0, syn)},
                        {to_server, ends.segment(to_server, 0, 0, syn)},
                        {to_server, ends.segment(to_server, 1, 0, fin | ack)},
                        {to_server, ends.segment(to_server, 1, 0, fin | ack)},
                        {to_server, ends.segment(to_server, 2, 0, ack)}}),
            (Picked{2, 4}));
}

TEST_P(Matching, Payload) {
  Match on;
  on.payload_length = Range{6, 6};
  EXPECT_EQ(picked(on, packets), (Picked{7}));
  on = {};
  on.payload_prefix = build::text("hel");
  EXPECT_EQ(picked(on, packets), (Picked{4, 6}));
  on = {};
  on.payload_contains = build::text("rld");
  EXPECT_EQ(picked(on, packets), (Picked{7}));
  on.payload_contains = build::text("rldx");
  EXPECT_EQ(picked(on, packets), (Picked{}));
}

TEST_P(Matching, SequenceRangeIsRelativeAndWraps) {
  Match on;
  on.direction = to_server;
  on.sequence = Range{5, 6};  // "hello" ends at 5, the FIN is 6
  EXPECT_EQ(picked(on, packets), (Picked{4, 6, 8}));
  on.sequence = Range{0, 0};
  EXPECT_EQ(picked(on, packets), (Picked{1}));
}

TEST_P(Matching, Acknowledgements) {
  Match on;
  on.direction = to_client;
  on.acknowledgement = Range{6, 6};
  EXPECT_EQ(picked(on, packets), (Picked{5, 7}));
  on = {};
  on.acknowledges_fin = true;
  EXPECT_EQ(picked(on, packets), (Picked{9, 10, 11}));
  on.flags_none_of = fin;
  on.direction = to_client;
  EXPECT_EQ(picked(on, packets), (Picked{9}));
}

TEST_P(Matching, Window) {
  const Ends ends{GetParam()};
  build::TcpFields closed;
  closed.window = 0;
  packets.emplace_back(to_client, build::tcp_frame(ends.server(), ends.client(), closed));
  packets.emplace_back(to_client, ends.datagram(to_client, "x"));
  Match on;
  on.window = Range{0, 0};
  EXPECT_EQ(picked(on, packets), (Picked{12}));
  on.window = Range{1};
  on.flags_all_of = syn;
  EXPECT_EQ(picked(on, packets), (Picked{1, 2}));
}

TEST_P(Matching, ConnectionsByPortAndOrder) {
  const Ends one{GetParam(), 40000}, two{GetParam(), 40001};
  std::vector<std::pair<wire::Direction, Bytes>> both;
  for (const Ends& ends : {one, two, one, two})
    both.emplace_back(to_server, ends.segment(to_server, 0, 0, syn));
  Match on;
  on.client_port = 40001;
  EXPECT_EQ(picked(on, both), (Picked{2, 4}));
  on = {};
  on.connection = 1;
  EXPECT_EQ(picked(on, both), (Picked{1, 3}));
  on = {};
  on.server_port = 7001;
  EXPECT_EQ(picked(on, both), (Picked{}));
}

TEST_P(Matching, PortsUsedAgainAreANewConnection) {
  const Ends ends{GetParam()};
  auto twice = conversation(ends);
  build::TcpFields fields;
  fields.flags = syn;
  fields.seq = client_isn + 70'000;
  twice.emplace_back(to_server, build::tcp_frame(ends.client(), ends.server(), fields));
  Match on;
  on.connection = 2;
  EXPECT_EQ(picked(on, twice), (Picked{12}));
  // Within a connection another SYN is none: it is blind, or an old duplicate.
  twice.erase(twice.begin() + 4, twice.begin() + 11);
  EXPECT_EQ(picked(on, twice), (Picked{}));
}

TEST_P(Matching, Protocols) {
  const Ends ends{GetParam()};
  AnswerIcmp error;
  TestWire maker(with_rule({}, error));
  maker.in(to_server, ends.datagram(to_server, "x"));
  const std::vector<std::pair<wire::Direction, Bytes>> mixed = {
      {to_server, ends.segment(to_server, 0, 0, syn)},
      {to_server, ends.datagram(to_server, "x")},
      {to_client, maker.out.at(0).frame}};
  Match on;
  on.protocol = Protocol::tcp;
  EXPECT_EQ(picked(on, mixed), (Picked{1}));
  on.protocol = Protocol::udp;
  EXPECT_EQ(picked(on, mixed), (Picked{2}));
  on.protocol = GetParam() ? Protocol::icmpv6 : Protocol::icmp;
  EXPECT_EQ(picked(on, mixed), (Picked{3}));
  on = {};
  on.icmp_type = GetParam() ? 1 : 3;
  EXPECT_EQ(picked(on, mixed), (Picked{3}));
  on.icmp_code = 77;
  EXPECT_EQ(picked(on, mixed), (Picked{}));
}

TEST(Housekeeping, PassesUnlessNamed) {
  Bytes arp(42);
  arp[12] = 0x08;
  arp[13] = 0x06;
  const packet::Address from = build::endpoint("fe80::1", 0).address,
                        to = build::endpoint("ff02::1:ff00:2", 0).address;
  const Bytes solicitation =
      build::ethernet(build::ip(from, to, 58, build::icmp(from, to, 135, 0, 0, Bytes(16))));
  const std::vector<std::pair<wire::Direction, Bytes>> packets = {{to_server, arp},
                                                                  {to_server, solicitation}};
  EXPECT_EQ(picked({}, packets), (Picked{}));
  Match on;
  on.protocol = Protocol::icmpv6;
  EXPECT_EQ(picked(on, packets), (Picked{}));
  on.icmp_type = 135;
  EXPECT_EQ(picked(on, packets), (Picked{2}));
  on = {};
  on.protocol = Protocol::arp;
  EXPECT_EQ(picked(on, packets), (Picked{1}));

  Conditions lossy;
  lossy.loss = IndependentLoss{1};
  TestWire wire(with_conditions(lossy));
  wire.in(to_server, arp);
  wire.in(to_server, solicitation);
  EXPECT_EQ(wire.out.size(), 2u);
  EXPECT_EQ(wire.engine.stats(to_server).housekeeping, 2u);
  wire.engine.set_link(false, wire.now);
  wire.in(to_server, arp);
  EXPECT_EQ(wire.out.size(), 2u);
}

TEST(Fragments, AreOfTheProtocolTheyCarry) {
  const Ends ends;
  build::IpFields fields;
  fields.fragment_offset = 1480;
  const Bytes later = build::ethernet(
      build::ip(ends.client().address, ends.server().address, 17, Bytes(100), fields));
  Match on;
  on.protocol = Protocol::udp;
  EXPECT_EQ(picked(on, {{to_server, later}}), (Picked{1}));
  on.protocol = Protocol::tcp;
  EXPECT_EQ(picked(on, {{to_server, later}}), (Picked{}));
}

}  // namespace
}  // namespace wireproof::wire
