#include "run/verdict.h"

#include <gtest/gtest.h>

#include "run/rules.h"

namespace wireproof::run {
namespace {

using report::CaseReport;
using report::Status;
using std::chrono::milliseconds;

Finding broken(std::string_view rule, Severity severity = Severity::must,
               bool inconclusive = false) {
  Finding finding;
  finding.rule = rule;
  finding.severity = severity;
  finding.inconclusive = inconclusive;
  return finding;
}

CaseReport decided(std::vector<Finding> findings, const scenario::Case& one = {},
                   milliseconds stall = {}, bool strict = false) {
  CaseReport report;
  report.findings = std::move(findings);
  decide(report, one, stall, strict);
  return report;
}

scenario::Case listing(std::initializer_list<std::string> rules) {
  scenario::Case one;
  for (const auto& rule : rules) one.expected_failures.push_back({rule, "known", {}});
  return one;
}

TEST(Decide, PassesWithoutFindingsAndWithNotes) {
  EXPECT_EQ(decided({}).status, Status::passed);
  EXPECT_EQ(decided({broken("a", Severity::note)}).status, Status::passed);
}

TEST(Decide, FailsByMustAndUnderStrictByShould) {
  EXPECT_EQ(decided({broken("a")}).status, Status::failed);
  EXPECT_EQ(decided({broken("a", Severity::should)}).status, Status::passed);
  EXPECT_EQ(decided({broken("a", Severity::should)}, {}, {}, true).status, Status::failed);
}

TEST(Decide, KeepsAllowedRulesOut) {
  scenario::Case one;
  one.expected.allowed = {"a"};
  EXPECT_EQ(decided({broken("a")}, one).status, Status::passed);
  EXPECT_EQ(decided({broken("a"), broken("b")}, one).status, Status::failed);
}

TEST(Decide, IsInconclusiveWhereTheEvidenceIs) {
  EXPECT_EQ(decided({broken("a", Severity::must, true)}).status, Status::inconclusive);
}

TEST(Decide, WhatALoadShowedNeedsNoPacket) {
  const auto open = [](std::string rule) { return broken(std::move(rule), Severity::must, true); };
  EXPECT_EQ(decided({broken("load.answers"), open("load.proof")}).status, Status::failed);
  EXPECT_EQ(decided({broken("program.exit"), open("load.proof")}).status, Status::failed);
  EXPECT_EQ(decided({broken("tcp.order"), open("load.proof")}).status, Status::inconclusive);
  // Of a measurement that is not to be trusted nothing follows.
  EXPECT_EQ(decided({broken("load.limit"), open("load.trusted")}).status, Status::inconclusive);
}

TEST(Decide, AStallExcusesAFailureButNotAPass) {
  EXPECT_EQ(decided({broken("a")}, {}, milliseconds(900)).status, Status::inconclusive);
  EXPECT_EQ(decided({}, {}, milliseconds(900)).status, Status::passed);
  EXPECT_EQ(decided({}, listing({"a"}), milliseconds(900)).status, Status::inconclusive);
}

TEST(Decide, ALateMachineExcusesTheFormOfAnOrdinaryCloseOnly) {
  CaseReport report;
  report.findings = {broken("tcp.expect.closing")};
  report.connections.resize(1);
  report.connections[0].connection.closing = tcp::Closing::four_way;
  CaseReport late = report, reset = report;
  decide(report, {}, milliseconds(0), false);
  EXPECT_EQ(report.status, Status::failed);
  decide(late, {}, milliseconds(20), false);
  EXPECT_EQ(late.status, Status::inconclusive);
  reset.connections[0].connection.closing = tcp::Closing::reset;
  decide(reset, {}, milliseconds(20), false);
  EXPECT_EQ(reset.status, Status::failed);
}

TEST(Decide, ExpectedFailuresMustBeExactlyTheListedOnes) {
  const CaseReport as_listed = decided({broken("a")}, listing({"a"}));
  EXPECT_EQ(as_listed.status, Status::failed);
  EXPECT_TRUE(as_listed.expected_failure);

  for (const auto& findings : {std::vector<Finding>{}, {broken("b")}, {broken("a"), broken("b")}}) {
    const CaseReport other = decided(findings, listing({"a"}));
    EXPECT_EQ(other.status, Status::failed);
    EXPECT_FALSE(other.expected_failure);
    EXPECT_EQ(other.findings.back().rule, rule::expected_failure.id);
  }
}

TEST(Decide, KeepsErrorsAndSkips) {
  CaseReport report;
  report.status = Status::skipped;
  decide(report, {}, {}, false);
  EXPECT_EQ(report.status, Status::skipped);
}

}  // namespace
}  // namespace wireproof::run
