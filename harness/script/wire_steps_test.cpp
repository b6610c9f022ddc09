// Steps about the emulated link: what they ask of the stage, and what a miss says.
#include <gtest/gtest.h>

#include "script/fake_stage.h"

namespace wireproof::script {
namespace {

using namespace std::chrono_literals;
namespace steps = scenario::step;

Result run_steps(FakeStage& stage, std::vector<scenario::Step> list) {
  return run(make_case(scenario::Transport::tcp, scenario::Family::ipv4, std::move(list)), stage);
}

TEST(WireSteps, DoAsTheySay) {
  FakeStage stage;
  stage.held["fin"] = 2;
  stage.matched["lose"] = 1;
  wire::Conditions slow;
  slow.delay = 5ms;
  const Result result =
      run_steps(stage, {step(steps::AwaitHeld{"fin", 2}), step(steps::AwaitMatch{"lose", 1}),
                        step(steps::ReleaseHeld{"fin"}), step(steps::SetLink{false}),
                        step(steps::SetConditions{wire::Direction::both, slow})});
  ASSERT_TRUE(result.completed);
  EXPECT_EQ(result.steps[2].seen, "2 packets released");
  EXPECT_EQ(stage.held["fin"], 0u);
  EXPECT_FALSE(stage.link_up);
  ASSERT_EQ(stage.conditions.size(), 1u);
  EXPECT_EQ(stage.conditions[0].second, slow);
}

void expect_miss(scenario::Step one, const std::string& rule, const std::string& wanted,
                 const std::string& seen) {
  FakeStage stage;
  stage.held["fin"] = 1;
  stage.matched["lose"] = 1;
  const Result result = run_steps(stage, {std::move(one)});
  ASSERT_FALSE(result.completed);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].rule, rule);
  EXPECT_EQ(result.findings[0].blame, Blame::none);
  EXPECT_EQ(timeless(result.findings[0].expected), wanted);
  EXPECT_EQ(result.findings[0].observed, seen);
}

TEST(WireSteps, HeldTooFewByTheDeadline) {
  expect_miss(step(steps::AwaitHeld{"fin", 2}, 30ms), "script.await-held",
              "2 packets held as \"fin\" within N ms", "1 held");
}

TEST(WireSteps, MatchedTooSeldomByTheDeadline) {
  expect_miss(step(steps::AwaitMatch{"lose", 3}, 30ms), "script.await-match",
              "rule \"lose\" matches 3 packets within N ms", "1 matched");
}

TEST(WireSteps, AReleaseOfNothing) {
  expect_miss(step(steps::ReleaseHeld{"ack"}), "script.release", "a packet is held as \"ack\"",
              "none is: nothing was released");
}

}  // namespace
}  // namespace wireproof::script
