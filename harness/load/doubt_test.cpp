// Each doubt arises where it should, and a measurement without fault raises none.
#include "load/doubt.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scenario/limit.h"

namespace wireproof::load {
namespace {

struct Measurement {
  LoadResult result;
  WorkerEnd end;
  Circumstances circumstances;

  // 1,000 requests a second were asked for, sent and answered for ten seconds.
  Measurement() {
    result.open_loop = true;
    result.arrivals = "constant";
    result.pattern = "request-response";
    result.asked_rate_per_s = 1'000;
    result.measured_s = 10;
    result.sent = result.answered = 10'000;
    add_phase("latency", 200'000);
    add_phase("lateness", 20'000);
    for (int i = 0; i < 20; ++i) {
      SeriesPoint point;
      point.at_s = i * 0.5;
      point.span_s = 0.5;
      point.sent = point.answered = 500;
      point.p50_ns = 200'000 + 1'000 * (i * 7 % 5);
      result.series.push_back(point);
    }
    result.cpu.generator_cpus = {0, 1};
    result.cpu.server_cpus = {1};
    end.run_ns = 2'000'000'000;
    circumstances = {1'000'000, 0, "tsc", false, 10};
  }
  void add_phase(const std::string& name, std::uint64_t ns) {
    PhaseResult phase;
    phase.phase = name;
    phase.count = 10'000;
    phase.percentiles = {{0.5, ns, {}, {}}, {0.99, 2 * ns, {}, {}}};
    result.phases.push_back(phase);
  }
  std::vector<Doubt> doubts() const { return doubts_of(result, end, circumstances); }
  // The one doubt that it raises.
  std::string about() const {
    const auto all = doubts();
    if (all.size() != 1) return std::to_string(all.size()) + " doubts";
    return all.front().about + (all.front().decisive ? " (decisive)" : "");
  }
};

TEST(Doubts, AGoodMeasurementHasNone) { EXPECT_TRUE(Measurement().doubts().empty()); }

TEST(Doubts, AWarmUpThatWasToBeLookedFor) {
  Measurement one;
  one.circumstances.warm_up_sought = true;
  EXPECT_EQ(one.about(), "end of the warm-up");
  one.result.processes = 3;
  EXPECT_NE(one.doubts().front().words.find("several processes"), std::string::npos);
  one.result.warm_up_found = true;
  EXPECT_TRUE(one.doubts().empty());
}

TEST(Doubts, ARateThatIsMissedByMoreThanTwoPercent) {
  Measurement one;
  SeriesPoint& last = one.result.series.back();
  last.sent = 310;  // what it lacks may well have been sent after the end
  EXPECT_TRUE(one.doubts().empty());
  last.sent = 290;
  EXPECT_EQ(one.about(), "rate not reached (decisive)");
  // The count of a Poisson process scatters by itself.
  one.result.arrivals = "poisson";
  EXPECT_TRUE(one.doubts().empty());
  last.sent = 0;
  EXPECT_EQ(one.about(), "rate not reached (decisive)");
}

TEST(Doubts, AListenQueueThatWasFull) {
  Measurement one;
  one.result.kernel_counters["listen_overflows"] = 0;
  EXPECT_TRUE(one.doubts().empty());
  one.result.kernel_counters["listen_overflows"] = 3;
  EXPECT_EQ(one.about(), "listen queue full");
}

TEST(Doubts, WhatWasDueAndNotSent) {
  Measurement one;
  one.result.not_sent = 1;
  EXPECT_EQ(one.about(), "schedule not kept");
}

TEST(Doubts, SendsThatWereLate) {
  Measurement one;
  one.result.phases[1].percentiles[1].value_ns = 1'100'000;
  EXPECT_EQ(one.about(), "schedule late (decisive)");
  one.result.phases[0].percentiles[0].value_ns = 20'000'000;  // it hardly counts then
  EXPECT_TRUE(one.doubts().empty());
}

TEST(Doubts, AGeneratorAtItsLimit) {
  Measurement one;
  one.end.run_ns = 9'700'000'000;
  EXPECT_EQ(one.about(), "generator saturated (decisive)");
  one.result.busy_poll = true;  // uses all by design
  EXPECT_TRUE(one.doubts().empty());
}

TEST(Doubts, AGeneratorThatOthersKeepWaiting) {
  Measurement one;
  one.end.runqueue_ns = 1'500'000'000;
  EXPECT_EQ(one.about(), "generator kept waiting");
  one.end.runqueue_ns = 4'000'000'000;
  EXPECT_EQ(one.about(), "generator kept waiting (decisive)");
}

TEST(Doubts, OneProcessorForBoth) {
  Measurement one;
  one.result.cpu.generator_cpus = {1};
  EXPECT_EQ(one.about(), "one processor for both");
}

TEST(Doubts, TheMachine) {
  Measurement stalled, stolen, busy, clock;
  stalled.circumstances.longest_stall_ns = 60'000'000;
  EXPECT_EQ(stalled.about(), "machine stalled");
  stalled.circumstances.longest_stall_ns = 300'000'000;
  EXPECT_EQ(stalled.about(), "machine stalled (decisive)");
  stolen.result.cpu.steal_percent = 6;
  EXPECT_EQ(stolen.about(), "stolen time");
  busy.result.cpu.other_percent = 30;
  EXPECT_EQ(busy.about(), "busy machine");
  clock.circumstances.clock_source = "acpi_pm";
  EXPECT_EQ(clock.about(), "poor clock");
}

TEST(Doubts, TooFewSamples) {
  Measurement one;
  one.result.phases[0].count = 999;
  EXPECT_EQ(one.about(), "few samples");
}

TEST(Doubts, AnswersThatNobodyChecked) {
  Measurement one;
  one.circumstances.answers_unchecked = true;
  EXPECT_EQ(one.about(), "answers are not checked");
  one.result.answered = 0;  // there is none to speak of
  EXPECT_EQ(one.about().find("answers"), std::string::npos);
}

TEST(Doubts, PortsThatRanOut) {
  Measurement one;
  one.end.spread_over = 16;
  EXPECT_EQ(one.about(), "ports ran out");
}

TEST(Doubts, AGeneratorThatFailed) {
  Measurement one;
  one.end.failure = "no memory";
  EXPECT_EQ(one.about(), "generator failed (decisive)");
}

TEST(Doubts, ACourseThatChanges) {
  Measurement drifting, cold;
  drifting.result.open_loop = cold.result.open_loop = false;
  drifting.result.asked_rate_per_s = cold.result.asked_rate_per_s = std::nullopt;
  for (std::size_t i = 0; i < 20; ++i) {
    drifting.result.series[i].answered = 500 + 20 * i;
    cold.result.series[i].answered = (i < 4 ? 250 : 500) + i * 7 % 5;
  }
  EXPECT_EQ(drifting.about(), "not steady");
  EXPECT_TRUE(cold.about() == "warm-up too short" || cold.about() == "not steady") << cold.about();
  Measurement slower;  // at a given rate it shows in the latency
  for (std::size_t i = 0; i < 20; ++i) slower.result.series[i].p50_ns = 200'000 + 20'000 * i;
  EXPECT_EQ(slower.about(), "not steady");
}

TEST(Limits, TellHowManySamplesTheirPercentilesNeed) {
  EXPECT_EQ(samples_needed(*scenario::parse_limits("errors = 0 and mean < 1ms")), 0u);
  EXPECT_EQ(samples_needed(*scenario::parse_limits("p50 < 1ms")), 20u);
  EXPECT_EQ(samples_needed(*scenario::parse_limits("p99 < 1ms and connect_p99.9 < 2ms")), 10'000u);
}

}  // namespace
}  // namespace wireproof::load
