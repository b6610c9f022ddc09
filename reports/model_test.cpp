#include "reports/model.h"

#include <gtest/gtest.h>

#include "reports/sample.h"

namespace wireproof::report {
namespace {

RunReport of(std::vector<CaseReport> cases) {
  RunReport run;
  run.cases = std::move(cases);
  return run;
}

TEST(Totals, EveryStatusIsCountedApart) {
  const Totals sum = totals(sample::run());
  EXPECT_EQ(sum.cases, 10u);
  EXPECT_EQ(sum.passed, 5u);
  EXPECT_EQ(sum.failed, 1u);
  EXPECT_EQ(sum.failed_as_expected, 1u);
  EXPECT_EQ(sum.error, 1u);
  EXPECT_EQ(sum.skipped, 1u);
  EXPECT_EQ(sum.inconclusive, 1u);
  EXPECT_EQ(sum.retried, 1u);
}

TEST(MainFinding, IsTheProvenMustThatTheFirstPacketShows) {
  CaseReport one;
  EXPECT_EQ(main_finding(one), nullptr);
  const auto add = [&](std::string rule, Severity severity, std::vector<std::uint64_t> packets,
                       bool inconclusive) {
    Finding& finding = one.findings.emplace_back();
    finding.rule = std::move(rule);
    finding.severity = severity;
    finding.packets = std::move(packets);
    finding.inconclusive = inconclusive;
    return main_finding(one)->rule;
  };
  EXPECT_EQ(add("note", Severity::note, {1}, false), "note");
  EXPECT_EQ(add("unproven", Severity::must, {1}, true), "note");
  EXPECT_EQ(add("nowhere", Severity::must, {}, false), "nowhere");
  EXPECT_EQ(add("late", Severity::must, {9}, false), "late");
  EXPECT_EQ(add("early", Severity::must, {10, 3}, false), "early");
  EXPECT_EQ(add("equal", Severity::must, {3}, false), "early");
}

TEST(ExitStatus, IsZeroOnlyWhereNothingIsLeftToSay) {
  using namespace sample;
  EXPECT_EQ(exit_status(of({passed_case(), expected_failure(), skipped_case()}), false), 0);
  EXPECT_EQ(exit_status(of({passed_case(), failed_case()}), false), 1);
  EXPECT_EQ(exit_status(of({passed_case(), error_case()}), false), 1);
  EXPECT_EQ(exit_status(of({passed_case(), inconclusive_case()}), false), 1);
  EXPECT_EQ(exit_status(of({skipped_case()}), false), 3);
  EXPECT_EQ(exit_status(of({}), false), 0);
}

TEST(ExitStatus, InterruptedComesBeforeFailed) {
  RunReport run = of({sample::failed_case()});
  run.interrupted = true;
  EXPECT_EQ(exit_status(run, false), 130);
}

TEST(ExitStatus, StrictFailsOnShouldRulesAndNotOnNotes) {
  CaseReport one = sample::passed_case();
  one.findings.emplace_back().severity = Severity::note;
  EXPECT_EQ(exit_status(of({one}), true), 0);
  one.findings.emplace_back().severity = Severity::should;
  EXPECT_EQ(exit_status(of({one}), false), 0);
  EXPECT_EQ(exit_status(of({one}), true), 1);
  one.findings.back().inconclusive = true;
  EXPECT_EQ(exit_status(of({one}), true), 0);
}

}  // namespace
}  // namespace wireproof::report
