// Pauses and turns of a closed loop: when they are, what is counted where, and that a load is quiet
// in them.
#include "load/turns.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "load/reference.h"
#include "load/server_for_test.h"

namespace wireproof::load {
namespace {

using namespace std::chrono_literals;
using scenario::EngineKind;

constexpr std::int64_t window_ns = 100'000'000;

Plan plan_of(std::chrono::nanoseconds duration, bool may_pause = true) {
  Plan plan;
  plan.workload.duration = duration;
  plan.window_ns = window_ns;
  plan.start_ns = 50 * window_ns;
  plan.may_pause = may_pause;
  plan.measure_from(52 * window_ns);
  return plan;
}

TEST(Pauses, AreTheLastOfTwentyWindowsAndBesideTheDuration) {
  const Plan plan = plan_of(10s);
  EXPECT_EQ(plan.pauses, 4u);
  EXPECT_EQ(plan.end_ns, plan.measure_ns + 104 * window_ns);
  const std::int64_t pause = plan.measure_ns + 19 * window_ns;
  EXPECT_EQ(plan.paused_until(plan.measure_ns - 1), 0);
  EXPECT_EQ(plan.paused_until(pause - 1), 0);
  EXPECT_EQ(plan.paused_until(pause), pause + window_ns);
  EXPECT_EQ(plan.paused_until(pause + window_ns - 1), pause + window_ns);
  EXPECT_EQ(plan.paused_until(pause + window_ns), 0);
  EXPECT_EQ(plan.paused_until(pause + 4 * 20 * window_ns), 0);  // the last turn goes on
  EXPECT_TRUE(plan.is_pause(2 + 19));
  EXPECT_FALSE(plan.is_pause(2 + 20));
  EXPECT_EQ(plan.paused_ns(pause), 0);
  EXPECT_EQ(plan.paused_ns(pause + window_ns / 2), window_ns / 2);
  EXPECT_EQ(plan.paused_ns(plan.end_ns), 4 * window_ns);
}

TEST(Pauses, AreNotWhereALoadIsShortOrMayNot) {
  EXPECT_EQ(plan_of(2s).pauses, 0u);
  EXPECT_EQ(plan_of(3s).pauses, 1u);
  const Plan plan = plan_of(10s, false);
  EXPECT_EQ(plan.pauses, 0u);
  EXPECT_EQ(plan.paused_until(plan.measure_ns + 19 * window_ns), 0);
  EXPECT_EQ(plan.end_ns, plan.measure_ns + 100 * window_ns);
}

Recording recording_of(const Plan& plan, std::uint64_t answered_a_window) {
  Recording recording;
  recording.plan = plan;
  recording.ended_ns = plan.end_ns;
  for (std::int64_t index = 0; plan.start_ns + index * window_ns < plan.end_ns; ++index) {
    Window& window = recording.windows.emplace_back();
    window.index = index;
    window.counts.answered = plan.is_pause(index) ? 3 : answered_a_window;
    Histogram latency;
    latency.record(1'000'000, window.counts.answered);
    window.phases[0] = latency.take();
  }
  return recording;
}

TEST(Turns, LieBetweenThePauses) {
  Recording recording = recording_of(plan_of(10s), 100);
  fold_pauses(recording);
  const std::vector<Turn> turns = turns_of(recording);
  ASSERT_EQ(turns.size(), 5u);
  EXPECT_EQ(turns[0].start_ns, recording.plan.measure_ns);
  EXPECT_EQ(turns[0].end_ns, recording.plan.measure_ns + 19 * window_ns);
  EXPECT_NEAR(turns[0].rate_per_s, (19 * 100 + 3) / 1.9, 1e-6);
  EXPECT_EQ(turns[4].end_ns, recording.plan.end_ns);
  EXPECT_NEAR(turns[4].rate_per_s, 1000, 1e-6);
  EXPECT_NEAR(static_cast<double>(turns[4].p50_ns), 1e6, 1e3);
}

TEST(Turns, WhatIsAnsweredInAPauseCountsAndThePauseDoesNot) {
  Recording recording = recording_of(plan_of(10s), 100);
  fold_pauses(recording);
  for (const Window& window : recording.windows)
    EXPECT_FALSE(recording.plan.is_pause(window.index));
  recording.end.last_answer_ns = recording.plan.end_ns;
  const LoadResult result = summarize(recording);
  EXPECT_NEAR(result.measured_s, 10, 1e-9);
  EXPECT_NEAR(result.paused_s, 0.4, 1e-9);
  EXPECT_EQ(result.answered, 102 * 100u + 4 * 3u);
  EXPECT_NEAR(result.throughput_per_s, (100 * 100 + 4 * 3) / 10.0, 1);
}

class Quiet : public testing::TestWithParam<EngineKind> {};

TEST_P(Quiet, NothingIsSentInAPauseAndItGoesOnAfterwards) {
  std::atomic<std::uint64_t> served = 0;
  const ServerForTest server(false, [&](const std::string& text) -> std::optional<std::string> {
    ++served;
    return text;
  });
  scenario::Workload load;
  load.engine = GetParam();
  load.connections = 4;
  load.duration = 2900ms;
  load.warm_up = 0ms;
  load.answer.framing = scenario::Framing::echo;
  unsigned pauses = 0;
  std::uint64_t in_pause = 0, before_pause = 0;
  GeneratorOptions options;
  options.in_pause = [&](std::chrono::nanoseconds span) {
    ++pauses;
    before_pause = served;
    std::this_thread::sleep_for(span);
    in_pause += served - before_pause;
  };
  const Plan plan = make_plan(load, server.destination());
  const Recording recording = run_generator(plan, options);
  if (recording.end.failure.find("io_uring") != std::string::npos) {
    GTEST_SKIP() << recording.end.failure;
  }
  const LoadResult result = summarize(recording);
  EXPECT_EQ(recording.plan.pauses, 1u);
  // On a machine that stands still a pause may be over before it is seen.
  if (pauses == 0) GTEST_SKIP() << "the pause was over before it was seen";
  EXPECT_EQ(pauses, 1u);
  EXPECT_EQ(in_pause, 0u) << "of " << served;
  EXPECT_GT(served, before_pause);
  EXPECT_EQ(result.sent, result.answered + result.in_flight);
  EXPECT_EQ(turns_of(recording).size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(All, Quiet,
                         testing::Values(EngineKind::blocking, EngineKind::epoll,
                                         EngineKind::io_uring),
                         [](const auto& one) { return std::string(name(one.param)); });

TEST(ReferenceLoop, IsComparedTurnByTurn) {
  ReferenceLoop reference(scenario::Transport::tcp, scenario::Family::ipv4);
  ASSERT_EQ(reference.round(500ms), "");  // one of no round trips is left out
  EXPECT_GT(reference.cpu_ms(), 0);
  Recording recording = recording_of(plan_of(10s), 100);
  const auto compared = reference.against({recording});
  ASSERT_TRUE(compared);
  EXPECT_EQ(compared->rounds, 1u);
  ASSERT_TRUE(compared->rate_ratio && compared->rate_ratio_interval && compared->p50_ratio);
  EXPECT_NEAR(*compared->rate_ratio * compared->transactions_per_s, 1000, 1);
  EXPECT_NEAR(*compared->p50_ratio * static_cast<double>(compared->p50_ns), 1e6, 2e4);
  EXPECT_LE(compared->rate_ratio_interval->low, *compared->rate_ratio);
  // Nothing to compare where no exchange is waited for.
  recording.plan.workload.pattern = scenario::Pattern::stream;
  EXPECT_FALSE(reference.against({recording})->rate_ratio);
  EXPECT_FALSE(
      ReferenceLoop(scenario::Transport::tcp, scenario::Family::ipv4).against({recording}));
}

}  // namespace
}  // namespace wireproof::load
