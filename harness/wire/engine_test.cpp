// Steps of a scenario on the engine: link down, conditions, holds one by one, the end; its limits.
#include "wire/engine.h"

#include <stdexcept>

#include "wire/engine_testing.h"

namespace wireproof::wire {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Match payload() {
  Match on;
  on.payload_length = Range{1};
  return on;
}

TEST(EngineTest, ALinkThatIsDownLosesEverythingOnTheWayToo) {
  Conditions slow;
  slow.delay = 10ms;
  TestWire wire(with_conditions(slow));
  const Ends ends;
  wire.in(to_server, ends.datagram(to_server, "on its way"));
  wire.run_for(5ms);
  wire.engine.set_link(false, wire.now);
  wire.run_for(20ms);
  wire.in(to_server, ends.datagram(to_server, "lost"));
  wire.in(to_client, ends.datagram(to_client, "lost"));
  wire.engine.set_link(true, wire.now);
  wire.in(to_client, ends.datagram(to_client, "passes"));
  wire.run_for(20ms);
  EXPECT_THAT(wire.take(), ElementsAre("< passes"));
  EXPECT_THAT(wire.decided(),
              ElementsAre("link down #0 by link", "dropped #1 by link: the link is down",
                          "dropped #2 by link: the link is down",
                          "dropped #1 by link: the link is down", "link up #0 by link"));
}

TEST(EngineTest, ConditionsChangeForWhatComesAfter) {
  TestWire wire(Plan{});
  const Ends ends;
  Conditions slow;
  slow.delay = 10ms;
  wire.engine.set_conditions(to_server, slow);
  wire.in(to_server, ends.datagram(to_server, "a"));
  wire.run_for(1ms);
  wire.engine.set_conditions(to_server, {});
  wire.in(to_server, ends.datagram(to_server, "b"));  // does not overtake
  wire.run_for(20ms);
  wire.in(to_server, ends.datagram(to_server, "c"));
  ASSERT_EQ(wire.out.size(), 3u);
  EXPECT_EQ(wire.out[1].at, 10ms);
  EXPECT_EQ(wire.out[2].at, 21ms);
}

TEST(EngineTest, HeldPacketsAreSettledOneByOne) {
  TestWire wire(with_rule(payload(), Hold{"all"}));
  const Ends ends;
  for (const char* text : {"a", "b", "c", "d"}) wire.in(to_server, ends.datagram(to_server, text));
  const auto held = wire.engine.held();
  ASSERT_EQ(held.size(), 4u);
  EXPECT_EQ(held[2].packet.number, 3u);
  EXPECT_TRUE(wire.engine.settle(held[2].serial, Fate::pass, wire.now, wire));
  EXPECT_TRUE(wire.engine.settle(held[0].serial, Fate::drop, wire.now, wire));
  EXPECT_TRUE(wire.engine.settle(held[1].serial, Fate::duplicate, wire.now, wire));
  EXPECT_FALSE(wire.engine.settle(held[1].serial, Fate::pass, wire.now, wire));
  EXPECT_THAT(wire.take(), ElementsAre("> c", "> b", "> b"));
  EXPECT_EQ(wire.engine.held("all"), 1u);
}

TEST(EngineTest, TheEndLetsTheWaitingGoAndDiscardsTheHeld) {
  Match first = payload();
  first.nth = {1, 1};
  Plan plan = with_rule(first, ReorderBehind{5, {}}, "behind");
  Match second = first;
  second.nth = {1, 1};
  plan.rules.push_back({"hold", second, Hold{"kept"}, false});
  TestWire wire(plan);
  const Ends ends;
  wire.in(to_server, ends.datagram(to_server, "a"));
  wire.in(to_server, ends.datagram(to_server, "b"));
  wire.engine.stop_waiting(wire.now, wire);
  EXPECT_THAT(wire.take(), ElementsAre("> a"));
  wire.engine.finish(wire.now);
  EXPECT_EQ(wire.decided().back(), "dropped #2 by end: still waiting: kept");
}

TEST(EngineTest, MemoryIsBoundedAndTheOverflowCounted) {
  Plan plan = with_rule(payload(), Hold{"all"});
  EngineOptions small;
  small.most_waiting_bytes = 1000;
  small.most_decisions = 5;
  TestWire wire(plan, small);
  const Ends ends;
  for (int i = 0; i < 30; ++i) wire.in(to_server, ends.datagram(to_server, std::string(58, 'x')));
  EXPECT_EQ(wire.engine.held("all"), 10u);
  EXPECT_EQ(wire.engine.stats(to_server).overflowed, 20u);
  EXPECT_EQ(wire.engine.decisions().size(), 5u);
  EXPECT_EQ(wire.engine.decisions_left_out(), 25u);
}

TEST(EngineTest, RulesThatNeverMatchedAreNamed) {
  Plan plan = with_rule(payload(), Drop{}, "data");
  Match never;
  never.client_port = 1;
  plan.rules.push_back({"never", never, Drop{}, false});
  plan.rules.push_back({"may miss", never, Drop{}, true});
  TestWire wire(plan);
  EXPECT_THAT(wire.engine.unmatched(), ElementsAre("data", "never"));
  wire.in(to_server, Ends{}.datagram(to_server, "x"));
  EXPECT_THAT(wire.engine.unmatched(), ElementsAre("never"));
  EXPECT_EQ(wire.engine.matched("data"), 1u);
  EXPECT_EQ(wire.engine.matched("unknown"), 0u);
}

TEST(EngineTest, AnImpossiblePlanIsRefused) {
  EXPECT_THROW(Engine(with_rule({}, Release{"nothing"})), std::invalid_argument);
}

TEST(EngineTest, DecisionsReadWell) {
  TestWire wire(with_rule(payload(), Hold{"data"}, "keep"));
  const Ends ends;
  wire.handshake(ends);
  wire.in(to_server, ends.segment(to_server, 1, 1, psh | ack, "abc"));
  wire.in(to_server, ends.segment(to_server, 1, 1, psh | ack, "abc"));
  ASSERT_EQ(wire.engine.decisions().size(), 2u);
  EXPECT_EQ(to_string(wire.engine.decisions()[0]),
            "client -> server #3 192.0.2.1:40000 > 192.0.2.2:7000 PSH ACK seq 1 ack 1 length 3: "
            "rule \"keep\": held, data");
  EXPECT_TRUE(wire.engine.decisions()[1].packet.retransmission);
}

TEST(EngineTest, APacketIsFoundInItsCapture) {
  TestWire wire(with_rule(payload(), Drop{}));
  const Ends ends;
  wire.in(to_server, ends.segment(to_server, 1, 1, ack, "abc"));
  wire.run_for(1ms);
  wire.in(to_server, ends.segment(to_server, 1, 1, ack, "abc"));
  const Bytes same = ends.segment(to_server, 1, 1, ack, "abc"),
              other = ends.segment(to_server, 4, 1, ack, "abc");
  const std::int64_t start = 1'000'000'000;
  const packet::Frame frames[] = {build::frame(same, 1, start - 20'000),
                                  build::frame(other, 2, start + 500'000),
                                  build::frame(same, 3, start + 990'000)};
  EXPECT_EQ(find_in_capture(wire.engine.decisions().at(0).packet, frames), 0u);
  EXPECT_EQ(find_in_capture(wire.engine.decisions().at(1).packet, frames), 2u);
  EXPECT_EQ(find_in_capture(wire.engine.decisions().at(0).packet, {}), std::nullopt);
}

}  // namespace
}  // namespace wireproof::wire
