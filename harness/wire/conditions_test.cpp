// Each condition on a simulated clock: what chance does is measured against its distribution, with
// fixed seeds, so that a test that passes once passes always.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "wire/engine_testing.h"

namespace wireproof::wire {
namespace {

using namespace testing;
using ::testing::ElementsAre;

struct Trial {
  std::vector<Out> out;
  std::vector<std::string> decisions;
};
// `count` datagrams of 100 bytes, one each `gap`.
Trial trial_of(const Conditions& conditions, int count, nanoseconds gap, std::uint64_t seed = 1,
               std::size_t size = 58) {
  TestWire wire(with_conditions(conditions, seed));
  const Ends ends;
  for (int i = 0; i < count; ++i) {
    std::string text = std::to_string(i);
    text.resize(size, ' ');
    wire.in(to_server, ends.datagram(to_server, text));
    wire.run_for(gap);
  }
  wire.run_for(10s);
  Trial run{std::move(wire.out), {}};
  for (const Decision& one : wire.engine.decisions()) run.decisions.push_back(to_string(one));
  return run;
}
int number_of(const Out& one) {
  const auto payload = one.packet().payload;
  return std::stoi(std::string(payload.begin(), payload.end()));
}

// Half the width of the binomial 99 % interval.
double margin(double probability, double count) {
  return 2.576 * std::sqrt(count * probability * (1 - probability));
}

TEST(Conditions, DelayIsConstantAndOneWay) {
  Conditions slow;
  slow.delay = 10ms;
  TestWire wire(with_conditions(slow));
  const Ends ends;
  wire.in(to_server, ends.datagram(to_server, "x"));
  wire.in(to_client, ends.datagram(to_client, "y"));
  ASSERT_EQ(wire.out.size(), 1u);
  wire.run_for(1s);
  ASSERT_EQ(wire.out.size(), 2u);
  EXPECT_EQ(wire.out[0].direction, to_client);
  EXPECT_EQ(wire.out[1].at, 10ms);
}

TEST(Conditions, IndependentLossIsBinomial) {
  for (const double probability : {0.01, 0.5}) {
    Conditions lossy;
    lossy.loss = IndependentLoss{probability};
    const int count = 100'000;
    const auto lost = count - static_cast<double>(trial_of(lossy, count, 1us).out.size());
    EXPECT_NEAR(lost, count * probability, margin(probability, count));
  }
  Conditions all;
  all.loss = IndependentLoss{1};
  EXPECT_EQ(trial_of(all, 100, 1us).out.size(), 0u);
}

TEST(Conditions, GilbertElliottLosesInBursts) {
  Conditions bursty;
  bursty.loss = GilbertElliott{0.01, 0.25, 0, 1};
  const int count = 100'000;
  const Trial run = trial_of(bursty, count, 1us);
  // Stationary share of the bad state: p / (p + r); mean burst: 1 / r.
  const double lost = count - static_cast<double>(run.out.size());
  EXPECT_NEAR(lost / count, 0.01 / 0.26, 0.005);
  int bursts = 0, last = -1;
  for (const Out& one : run.out) {
    bursts += number_of(one) > last + 1;
    last = number_of(one);
  }
  EXPECT_NEAR(lost / bursts, 4, 0.4);
}

TEST(Conditions, DuplicationReorderingAndCorruptionHaveTheirShare) {
  const int count = 20'000;
  Conditions doubled;
  doubled.duplication = {0.1, 2};
  const auto more = static_cast<double>(trial_of(doubled, count, 1us).out.size()) - count;
  EXPECT_NEAR(more / 2, count * 0.1, margin(0.1, count));

  Conditions mixed;
  mixed.reordering = {0.1, 1, 1s};
  const Trial reordered = trial_of(mixed, count, 1us);
  ASSERT_EQ(reordered.out.size(), static_cast<std::size_t>(count));
  int behind = 0;
  for (std::size_t i = 1; i < reordered.out.size(); ++i)
    behind += number_of(reordered.out[i]) < number_of(reordered.out[i - 1]);
  // Where two in a row are chosen, both wait for the same third.
  EXPECT_NEAR(behind, count * 0.1 * 0.9, margin(0.1, count));

  Conditions noisy;
  noisy.corruption = {0.1};
  const Trial corrupted = trial_of(noisy, count, 1us);
  const auto bad =
      std::ranges::count_if(corrupted.out, [](const Out& o) { return !o.wrong().empty(); });
  EXPECT_NEAR(static_cast<double>(bad), count * 0.1, margin(0.1, count));
}

TEST(Conditions, ReorderingGivesUpAfterItsTime) {
  Conditions mixed;
  mixed.reordering = {1, 1, 20ms};
  const Trial run = trial_of(mixed, 1, 1us);
  ASSERT_EQ(run.out.size(), 1u);
  EXPECT_EQ(run.out[0].at, 20ms);
}

struct Moments {
  double mean = 0, deviation = 0, least = 0;
};
Moments jitter_moments(const Jitter& jitter) {  // in milliseconds
  Conditions conditions;
  conditions.delay = 100ms;
  conditions.jitter = jitter;
  const int count = 20'000;
  const Trial run = trial_of(conditions, count, 1ms);
  std::vector<double> delays;
  for (const Out& one : run.out)
    delays.push_back(static_cast<double>((one.at - number_of(one) * 1ms).count()) / 1e6);
  Moments moments;
  moments.mean = std::accumulate(delays.begin(), delays.end(), 0.0) / count;
  for (const double delay : delays) moments.deviation += std::pow(delay - moments.mean, 2) / count;
  moments.deviation = std::sqrt(moments.deviation);
  moments.least = *std::ranges::min_element(delays);
  return moments;
}

TEST(Conditions, JitterHasItsDistribution) {
  const Moments uniform = jitter_moments({Jitter::Kind::uniform, 10ms, 3, true});
  EXPECT_NEAR(uniform.mean, 100, 0.2);
  EXPECT_NEAR(uniform.deviation, 10 / std::sqrt(3), 0.1);
  EXPECT_GE(uniform.least, 90);
  const Moments normal = jitter_moments({Jitter::Kind::normal, 10ms, 3, true});
  EXPECT_NEAR(normal.mean, 100, 0.3);
  EXPECT_NEAR(normal.deviation, 10, 0.2);
  const Moments pareto = jitter_moments({Jitter::Kind::pareto, 10ms, 4, true});
  EXPECT_NEAR(pareto.mean, 110, 0.5);
  EXPECT_GE(pareto.least, 100);
  EXPECT_NEAR(pareto.deviation, 10 * std::sqrt(2), 3);  // shape a: mean * sqrt(a / (a - 2))
}

TEST(Conditions, JitterKeepsTheOrderUnlessToldOtherwise) {
  Conditions conditions;
  conditions.delay = 5ms;
  conditions.jitter = {Jitter::Kind::uniform, 5ms, 3, false};
  const auto in_order = [](const Trial& run) {
    return std::ranges::is_sorted(run.out, {}, number_of);
  };
  EXPECT_TRUE(in_order(trial_of(conditions, 1000, 100us)));
  conditions.jitter.may_reorder = true;
  EXPECT_FALSE(in_order(trial_of(conditions, 1000, 100us)));
}

TEST(Conditions, RateIsKeptAndTheQueueDropsItsTail) {
  Conditions narrow;
  narrow.rate = RateLimit{1'000'000, {}, {}};  // 100 bytes: 0.8 ms
  Trial run = trial_of(narrow, 1000, 10us);
  ASSERT_EQ(run.out.size(), 1000u);
  EXPECT_EQ(run.out.front().at, 800us);
  EXPECT_EQ(run.out.back().at, 800ms);

  narrow.rate->queue_packets = 10;
  run = trial_of(narrow, 100, 0ns);
  EXPECT_EQ(run.out.size(), 11u);  // one being sent, ten waiting
  EXPECT_EQ(number_of(run.out.back()), 10);
  narrow.rate->queue_packets.reset();
  narrow.rate->queue_bytes = 550;
  EXPECT_EQ(trial_of(narrow, 100, 0ns).out.size(), 6u);
  EXPECT_EQ(trial_of(narrow, 100, 800us).out.size(), 100u);
}

TEST(Conditions, MtuIsAnsweredOrABlackHole) {
  for (const bool ipv6 : {false, true}) {
    const Ends ends{ipv6};
    Conditions narrow;
    narrow.mtu = Mtu{1300, false};
    TestWire wire(with_conditions(narrow));
    const std::size_t headers = (ipv6 ? 40 : 20) + 20;
    wire.in(to_server, ends.segment(to_server, 1, 1, ack, std::string(1300 - headers, 'x')));
    ASSERT_EQ(wire.out.size(), 1u);
    EXPECT_EQ(wire.out[0].direction, to_server);
    wire.out.clear();
    wire.in(to_server, ends.segment(to_server, 1, 1, ack, std::string(1301 - headers, 'x')));
    ASSERT_EQ(wire.out.size(), 1u);
    EXPECT_EQ(wire.out[0].direction, to_client);
    EXPECT_EQ(wire.out[0].packet().icmp.mtu, 1300);
    EXPECT_EQ(wire.out[0].wrong(), "");
    wire.out.clear();
    narrow.mtu->black_hole = true;
    wire.engine.set_conditions(Direction::both, narrow);
    wire.in(to_server, ends.segment(to_server, 1, 1, ack, std::string(1301 - headers, 'x')));
    EXPECT_EQ(wire.out.size(), 0u);
    EXPECT_EQ(wire.engine.stats(to_server).dropped_by_condition, 2u);
  }
}

TEST(Conditions, WhatMayBeFragmentedIs) {
  Conditions narrow;
  narrow.mtu = Mtu{600, true};
  TestWire wire(with_conditions(narrow));
  const Ends ends;
  build::IpFields fields;
  fields.dont_fragment = false;
  wire.in(to_server, build::ethernet(
                         build::ip(ends.client().address, ends.server().address, 17,
                                   build::udp(ends.client(), ends.server(), Bytes(1000)), fields)));
  EXPECT_EQ(wire.out.size(), 2u);
}

TEST(Conditions, TheSameSeedDecidesTheSame) {
  Conditions everything;
  everything.delay = 3ms;
  everything.jitter = {Jitter::Kind::normal, 1ms, 3, true};
  everything.loss = GilbertElliott{0.05, 0.3, 0.01, 0.9};
  everything.duplication = {0.05, 1};
  everything.reordering = {0.05, 2, 5ms};
  everything.corruption = {0.05};
  everything.rate = RateLimit{5'000'000, {}, 30};
  const Trial one = trial_of(everything, 3000, 100us, 7),
              two = trial_of(everything, 3000, 100us, 7),
              other = trial_of(everything, 3000, 100us, 8);
  EXPECT_EQ(one.decisions, two.decisions);
  ASSERT_EQ(one.out.size(), two.out.size());
  for (std::size_t i = 0; i < one.out.size(); ++i) {
    EXPECT_EQ(one.out[i].at, two.out[i].at);
    EXPECT_EQ(one.out[i].frame, two.out[i].frame);
  }
  EXPECT_NE(one.decisions, other.decisions);
}

// What one condition decides does not depend on the others: each has draws of its own.
TEST(Conditions, PurposesAndDirectionsDrawApart) {
  Conditions lossy;
  lossy.loss = IndependentLoss{0.1};
  const auto lost = [](const Conditions& conditions) {
    auto decisions = trial_of(conditions, 2000, 10us).decisions;
    std::erase_if(decisions,
                  [](const std::string& text) { return text.find("loss") == text.npos; });
    return decisions;
  };
  const auto alone = lost(lossy);
  EXPECT_FALSE(alone.empty());
  lossy.duplication = {0.3, 1};
  lossy.corruption = {0.3};
  EXPECT_EQ(lost(lossy), alone);
  EXPECT_NE(Dice(1, to_server, Purpose::loss).bits(0), Dice(1, to_client, Purpose::loss).bits(0));
  EXPECT_NE(Dice(1, to_server, Purpose::loss).bits(0), Dice(1, to_server, Purpose::burst).bits(0));
}

// The generator is part of what a seed means: a report's seed must decide the same next year.
// A seed from a report of today must mean the same in later versions.
TEST(Conditions, TheGeneratorIsFixed) {
  const Dice dice(42, to_server, Purpose::loss);
  EXPECT_EQ(dice.bits(0), 13001546778580674847u);
  EXPECT_EQ(dice.bits(1), 9768087101940977081u);
}

}  // namespace
}  // namespace wireproof::wire
