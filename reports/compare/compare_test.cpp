#include "reports/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/compare/sample_runs.h"

namespace wireproof::compare {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CaseDigest ended(const std::string& id, Ending ending, std::vector<std::string> musts = {},
                 std::vector<std::string> shoulds = {}) {
  CaseDigest one;
  one.id = id;
  one.endings[ending] = 1;
  for (const std::string& rule : musts) one.broken[rule] = Severity::must;
  for (const std::string& rule : shoulds) one.broken[rule] = Severity::should;
  return one;
}

RunDigest run_of(std::vector<CaseDigest> cases) {
  RunDigest run;
  run.cases = std::move(cases);
  return run;
}

Options with_limit(const char* text) {
  Options options;
  options.limits = {*read_limit(text)};
  return options;
}

// Runs made in turn on a machine that slows down as they go: twice as slow at the end.
std::pair<RunDigest, RunDigest> in_turn(double factor, std::size_t runs = 20) {
  std::mt19937 random(11);
  std::normal_distribution<double> normal;
  std::vector<RunDigest> sides[2];
  for (std::size_t i = 0; i < 2 * runs; ++i) {
    const double slow = std::pow(2.0, static_cast<double>(i) / static_cast<double>(2 * runs));
    RunDigest run = run_of({ended("a", Ending::passed)});
    run.started_at = "2026-01-01T00:00:" + std::to_string(100 + i) + "Z";
    run.cases[0].values["duration"] = {(i % 2 == 1 ? factor : 1.0) * 40 * slow *
                                       std::exp(0.02 * normal(random))};
    sides[i % 2].push_back(std::move(run));
  }
  return {joined(std::move(sides[0]), "base"), joined(std::move(sides[1]), "new")};
}

TEST(Compare, RunsMadeInTurnAreComparedWithTheirNeighbours) {
  auto [base, next] = in_turn(1.1);
  const Comparison seen = compare(base, next, {});
  const FigureChange& change = seen.cases.at(0).figures.at(0);
  EXPECT_EQ(change.pairs, 20u);
  EXPECT_EQ(change.opinion, Opinion::worse);
  EXPECT_THAT(seen.notes, ElementsAre(HasSubstr("20 pairs")));
  // The same values, taken as if each side had been made at a time of its own, show nothing.
  base.starts.clear();
  const Comparison apart = compare(base, next, {});
  EXPECT_EQ(apart.cases.at(0).figures.at(0).pairs, 0u);
  EXPECT_EQ(apart.cases.at(0).figures.at(0).opinion, Opinion::not_told_apart);
}

// A repetition that failed costs its pair, not all the others.
TEST(Compare, APairOfWhichARunHasNoValueIsLeftOut) {
  auto [base, next] = in_turn(1.1);
  for (const std::size_t run : {3u, 11u}) {
    CaseDigest& one = run == 3 ? base.cases[0] : next.cases[0];
    one.values_by_run["duration"][run] = 0;
    auto& values = one.values["duration"];
    values.erase(values.begin() + run);
  }
  const FigureChange change = compare(base, next, {}).cases.at(0).figures.at(0);
  EXPECT_EQ(change.pairs, 18u);
  EXPECT_EQ(change.opinion, Opinion::worse);
}

TEST(Compare, TooFewPairsAskForEnough) {
  auto [base, next] = in_turn(1.1, 5);
  const FigureChange change = compare(base, next, {}).cases.at(0).figures.at(0);
  EXPECT_EQ(change.opinion, Opinion::too_few);
  EXPECT_EQ(change.runs_wanted, 6u);
  EXPECT_THAT(sentence(change), HasSubstr("make 6 runs of each"));
}

TEST(Compare, VerdictsThatGotWorseAreARegression) {
  struct Step {
    Ending before, after;
    bool worse;
  };
  for (const Step& step :
       {Step{Ending::passed, Ending::passed, false}, Step{Ending::passed, Ending::failed, true},
        Step{Ending::passed, Ending::error, true}, Step{Ending::passed, Ending::inconclusive, true},
        Step{Ending::passed, Ending::skipped, false},
        Step{Ending::failed_as_expected, Ending::failed, true},
        Step{Ending::inconclusive, Ending::failed, true},
        Step{Ending::failed, Ending::failed, false}, Step{Ending::failed, Ending::error, false},
        Step{Ending::failed, Ending::passed, false}}) {
    const Comparison seen =
        compare(run_of({ended("a", step.before)}), run_of({ended("a", step.after)}), {});
    EXPECT_EQ(seen.regression(), step.worse) << name(step.before) << " to " << name(step.after);
    EXPECT_EQ(seen.cases.at(0).worse, step.worse);
    EXPECT_EQ(seen.cases[0].verdict_changed(), step.before != step.after);
  }
}

TEST(Compare, AFailedCaseThatBreaksOneMoreRuleIsWorse) {
  const RunDigest base = run_of({ended("a", Ending::failed, {"tcp.x"}, {"tcp.s"})});
  const RunDigest next = run_of({ended("a", Ending::failed, {"tcp.y"}, {"tcp.t"})});
  const Comparison seen = compare(base, next, {});
  EXPECT_TRUE(seen.regression());
  ASSERT_EQ(seen.cases.at(0).newly_broken.size(), 2u);
  EXPECT_EQ(seen.cases[0].newly_broken[0].rule, "tcp.t");
  EXPECT_EQ(seen.cases[0].newly_broken[1].rule, "tcp.y");
  EXPECT_EQ(seen.cases[0].mended.size(), 2u);
  // A should-rule alone is worse only by the user's word.
  const RunDigest should = run_of({ended("a", Ending::failed, {"tcp.x"}, {"tcp.s", "tcp.t"})});
  EXPECT_FALSE(compare(base, should, {}).regression());
  const Comparison held = compare(base, should, with_limit("should"));
  EXPECT_TRUE(held.regression());
  EXPECT_THAT(held.broken.at(0).what, HasSubstr("tcp.t"));
}

TEST(Compare, NewAndGoneCases) {
  const RunDigest base = run_of({ended("a", Ending::passed), ended("b", Ending::passed)});
  const RunDigest next = run_of({ended("c", Ending::failed), ended("a", Ending::passed)});
  const Comparison seen = compare(base, next, {});
  ASSERT_EQ(seen.cases.size(), 3u);
  EXPECT_EQ(seen.cases[0].id, "c");
  EXPECT_FALSE(seen.cases[0].in_base);
  EXPECT_EQ(seen.cases[2].id, "b");
  EXPECT_FALSE(seen.cases[2].in_new);
  EXPECT_FALSE(seen.regression()) << "a new case has nothing to be worse than";
  const Comparison held = compare(base, next, with_limit("gone"));
  EXPECT_TRUE(held.regression());
  EXPECT_EQ(held.broken.at(0).case_id, "b");
}

TEST(Compare, ProvenChangesOfFiguresHaveAWord) {
  std::mt19937 random(5);
  const RunDigest base = sample::run(random, 3, 1), slower = sample::run(random, 3, 1.3),
                  faster = sample::run(random, 3, 0.7);
  Comparison seen = compare(base, slower, {});
  EXPECT_EQ(seen.figures, 6u);
  EXPECT_EQ(seen.worse, 6u);
  const FigureChange& change = seen.cases[0].figures[0];
  EXPECT_EQ(change.figure->name, "duration");
  EXPECT_NEAR(*change.ratio, 1.3, 0.1);
  EXPECT_LT(change.interval->low, 1.3);
  EXPECT_GT(change.interval->high, 1.3);
  EXPECT_GT(change.greater, 0.95);
  EXPECT_LE(change.adjusted_p, 0.05);
  EXPECT_FALSE(seen.regression()) << "no limit was set";
  seen = compare(base, faster, with_limit("duration +10%"));
  EXPECT_EQ(seen.better, 6u);
  EXPECT_FALSE(seen.regression());
}

TEST(Compare, LimitsHoldProvenChangesOnly) {
  std::mt19937 random(6);
  const RunDigest base = sample::run(random, 1, 1), next = sample::run(random, 1, 1.3);
  const Comparison past = compare(base, next, with_limit("duration +10%"));
  ASSERT_EQ(past.broken.size(), 1u);
  EXPECT_EQ(past.broken[0].limit, "duration +10%");
  EXPECT_TRUE(past.regression());
  EXPECT_FALSE(compare(base, next, with_limit("duration +50%")).regression());
  EXPECT_FALSE(compare(base, next, with_limit("duration +100ms")).regression());
  EXPECT_TRUE(compare(base, next, with_limit("handshake +5us")).regression());
  // One run a side, and the same difference: nothing is proven.
  std::mt19937 again(6);
  const Comparison few =
      compare(sample::run(again, 1, 1, {0.06, 1}), sample::run(again, 1, 1.3, {0.06, 1}),
              with_limit("duration +10%"));
  EXPECT_FALSE(few.regression());
  ASSERT_EQ(few.unjudged.size(), 1u);
  EXPECT_THAT(few.unjudged[0], HasSubstr("too few runs to say: run with --repeat 5"));
}

// The same values in both runs, so widely spread that a tenth cannot be seen.
RunDigest noisy(std::size_t runs = 6, double sigma = 0.3) {
  std::mt19937 random(11);
  return sample::run(random, 1, 1, {sigma, runs});
}

TEST(Compare, ALimitThatTheIntervalReachesPastIsNotJudged) {
  const Comparison seen = compare(noisy(), noisy(), with_limit("duration +10%"));
  ASSERT_EQ(seen.cases[0].figures[0].opinion, Opinion::not_told_apart);
  EXPECT_FALSE(seen.regression());
  ASSERT_EQ(seen.unjudged.size(), 1u);
  EXPECT_THAT(seen.unjudged[0], HasSubstr("duration +10%: not judged: the interval reaches past "
                                          "the limit (tcp/case-0: -"));
  EXPECT_THAT(seen.unjudged[0], HasSubstr("; --repeat "));
  EXPECT_THAT(seen.unjudged[0], HasSubstr(" would do"));
  EXPECT_EQ(seen.blind, seen.unjudged[0]) << "nothing else was judged";
}

TEST(Compare, AnIntervalWithinTheLimitIsJudged) {
  const Comparison seen = compare(noisy(), noisy(), with_limit("duration +300%"));
  EXPECT_EQ(seen.cases[0].figures[0].opinion, Opinion::not_told_apart);
  EXPECT_TRUE(seen.unjudged.empty());
  EXPECT_EQ(seen.blind, "");
  const RunDigest quiet = noisy(20, 0.001);
  const Comparison same = compare(quiet, quiet, with_limit("duration +0.001%"));
  EXPECT_EQ(same.cases[0].figures[0].opinion, Opinion::same);
  EXPECT_TRUE(same.unjudged.empty()) << "what is the same is judged, however tight the limit";
}

TEST(Compare, OneLimitThatJudgesKeepsTheGateFromBeingBlind) {
  Options options = with_limit("duration +10%");
  options.limits.push_back(*read_limit("handshake +300%"));
  const Comparison seen = compare(noisy(), noisy(), options);
  EXPECT_EQ(seen.unjudged.size(), 1u);
  EXPECT_EQ(seen.blind, "");
}

TEST(Compare, ALimitOnAFigureThatNoCaseHasIsSaid) {
  const RunDigest run = run_of({ended("a", Ending::passed)});
  const Comparison seen = compare(run, run, with_limit("close +10%"));
  EXPECT_THAT(seen.unjudged, ElementsAre("close +10%: no case of both runs has the figure close"));
}

TEST(Compare, TooFewRunsAskForEnough) {
  std::mt19937 random(7);
  const Comparison seen =
      compare(sample::run(random, 50, 1, {0.06, 3}), sample::run(random, 50, 1.02, {0.06, 3}), {});
  EXPECT_EQ(seen.too_few, 100u);
  EXPECT_EQ(seen.runs_wanted, 8u);
  EXPECT_THAT(sentence(seen.cases[0].figures[0]),
              HasSubstr("too few runs to say (3 and 3): run with --repeat 8"));
}

TEST(Compare, QuietFiguresAreTheSameAndNoisyOnesNotToldApart) {
  std::mt19937 random(8);
  EXPECT_EQ(
      compare(sample::run(random, 1, 1, {0.01, 20}), sample::run(random, 1, 1, {0.01, 20}), {})
          .same,
      2u);
  const Comparison noisy =
      compare(sample::run(random, 1, 1, {0.5, 20}), sample::run(random, 1, 1, {0.5, 20}), {});
  EXPECT_EQ(noisy.not_told_apart, 2u);
  EXPECT_GT(noisy.cases[0].figures[0].runs_wanted, 50u);
  EXPECT_THAT(sentence(noisy.cases[0].figures[0]), HasSubstr("to see 10 % run with --repeat"));
}

TEST(Compare, ZerosHaveNoRatio) {
  CaseDigest zero = ended("a", Ending::passed), some = zero;
  zero.values["cpu"] = std::vector<double>(8, 0.0);
  some.values["cpu"] = std::vector<double>{5, 2, 7, 1, 8, 3, 6, 4};
  const Comparison seen = compare(run_of({zero}), run_of({some}), {});
  EXPECT_FALSE(seen.cases[0].figures[0].ratio);
  EXPECT_EQ(seen.worse, 1u);
}

TEST(Compare, NotesWhatElseDiffers) {
  RunDigest base = run_of({}), next = run_of({});
  next.machine = "another";
  next.shard = "1/2";
  next.version = "2";
  next.isolation = "none";
  next.interrupted = true;
  EXPECT_THAT(
      compare(base, next, {}).notes,
      ElementsAre(HasSubstr("different machines"), HasSubstr("isolation"), HasSubstr("versions"),
                  HasSubstr("merge its shards"), HasSubstr("the new run was interrupted")));
  EXPECT_TRUE(compare(base, base, {}).notes.empty());
}

// What a comparison is for: it does not cry wolf, and sees what is there. docs/compare.md has the
// figures of 1,000 comparisons, and those on a real machine.
TEST(Compare, OfTheSameRarelySaysThatItChanged) {
  std::mt19937 random(9);
  constexpr int trials = 200;
  int alarms = 0;
  for (int i = 0; i < trials; ++i) {
    const Comparison seen = compare(sample::run(random, 5, 1), sample::run(random, 5, 1), {});
    alarms += seen.worse + seen.better > 0;
  }
  EXPECT_LE(alarms, trials * 8 / 100);  // 5 % and two standard errors
}

TEST(Compare, FindsATenthMoreWithTwentyRuns) {
  std::mt19937 random(10);
  constexpr int trials = 100;
  int found = 0;
  for (int i = 0; i < trials; ++i) {
    const Comparison seen = compare(sample::run(random, 1, 1), sample::run(random, 1, 1.1), {});
    found += seen.cases[0].figures[0].opinion == Opinion::worse;
  }
  EXPECT_GE(found, trials * 90 / 100);
}

}  // namespace
}  // namespace wireproof::compare
