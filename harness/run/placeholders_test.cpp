#include "run/placeholders.h"

#include <gtest/gtest.h>

namespace wireproof::run {
namespace {

TEST(Placeholders, AreFilledEachTimeAndNeverInWhatTheyBring) {
  EXPECT_EQ(filled("{port}:{port}/{other}", {{"port", "80"}}), "80:80/{other}");
  EXPECT_EQ(filled("{a}", {{"a", "x{a}"}}), "x{a}");
}

TEST(Placeholders, ReachStepsWithinRepeats) {
  scenario::step::Connect connect;
  connect.to.path = "{scratch}/gone";
  scenario::RepeatStep repeat;
  repeat.steps.emplace_back().action = connect;
  std::vector<scenario::Step> steps(1);
  steps[0].action = repeat;
  fill_steps(steps, {{"scratch", "/s"}});
  const auto& inner = std::get<scenario::RepeatStep>(steps[0].action).steps[0];
  EXPECT_EQ(std::get<scenario::step::Connect>(inner.action).to.path, "/s/gone");
}

}  // namespace
}  // namespace wireproof::run
