#include "load/steps.h"

#include <gtest/gtest.h>

namespace wireproof::load {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t window_ns = 100'000'000;

// Ten windows a second; in each so many answers, of so long each, as its second says.
Recording recording(const scenario::Workload& workload) {
  Recording one;
  one.plan.workload = workload;
  one.plan.window_ns = window_ns;
  one.plan.start_ns = 7 * window_ns;
  one.plan.measure_from(one.plan.start_ns);
  one.ended_ns = one.plan.end_ns + window_ns;
  for (std::int64_t index = 0; index < workload.duration.count() / window_ns; ++index) {
    const auto second = static_cast<std::uint64_t>(index / 10);
    Window& window = one.windows.emplace_back();
    window.index = index;
    window.counts.answered = 100 * (second + 1);
    window.counts.timeouts = second;
    Histogram latency;
    latency.record(1'000 * (second + 1), window.counts.answered);
    window.phases[0] = latency.take();
  }
  return one;
}

scenario::Workload workload() {
  scenario::Workload load;
  load.duration = 4s;
  load.connections = 9;
  return load;
}

TEST(Steps, OfConnectionsEndWithTheRampAndTheLastWithTheLoad) {
  scenario::Workload load = workload();
  load.ramp = 3s;
  load.ramp_steps = 3;
  const auto steps = steps_of(recording(load));
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].connections, 3u);
  EXPECT_EQ(steps[0].answered, 1'000u);
  EXPECT_DOUBLE_EQ(steps[0].rate_per_s, 1'000);
  EXPECT_EQ(steps[0].p50_ns, 1'000u);
  EXPECT_EQ(steps[0].failures, 0u);
  EXPECT_EQ(steps[1].p99_ns, 2'000u);
  EXPECT_EQ(steps[1].failures, 10u);
  EXPECT_EQ(steps[2].connections, 9u);
  EXPECT_DOUBLE_EQ(steps[2].to_s, 4);
  EXPECT_DOUBLE_EQ(steps[2].rate_per_s, 3'500);
}

TEST(Steps, OfARateAreTheStretchesOfItsSchedule) {
  scenario::Workload load = workload();
  load.arrivals.kind = scenario::ArrivalKind::schedule;
  load.arrivals.points = {{0, 1'000}, {1, 1'000}, {1, 2'000}, {2, 4'000}};
  const auto steps = steps_of(recording(load));
  ASSERT_EQ(steps.size(), 2u);  // the jump is none
  EXPECT_EQ(steps[0].asked_rate_per_s, 1'000);
  EXPECT_DOUBLE_EQ(*steps[1].asked_rate_per_s, 3'000);
  EXPECT_EQ(steps[1].answered, 2'000u);
  EXPECT_EQ(steps[1].connections, 0u);
}

TEST(Steps, AreToldAsFarAsTheyWereMeasured) {
  scenario::Workload load = workload();
  load.ramp = 4s;
  load.ramp_steps = 4;
  load.duration = 2s;
  Recording one = recording(load);
  one.plan.measure_from(one.plan.start_ns + 5 * window_ns);
  one.ended_ns = one.plan.end_ns;
  const auto steps = steps_of(one);
  ASSERT_EQ(steps.size(), 3u);  // the last half a second of the warm-up is the first's
  EXPECT_DOUBLE_EQ(steps[0].from_s, 0.5);
  EXPECT_EQ(steps[0].answered, 500u);
  EXPECT_DOUBLE_EQ(steps[2].to_s, 2.5);
  EXPECT_TRUE(steps_of(recording(workload())).empty());
}

}  // namespace
}  // namespace wireproof::load
