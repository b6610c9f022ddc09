#include "explore/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/rules.h"

namespace wireproof::explore {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

report::CaseReport case_of(tcp::Opening opening, tcp::Closing closing, int client_exit,
                           std::vector<Finding> findings) {
  report::CaseReport one;
  one.transport = "tcp";
  report::ConnectionReport connection;
  connection.connection.opening = opening;
  connection.connection.closing = closing;
  one.connections.push_back(std::move(connection));
  report::TargetReport client;
  client.role = Side::client;
  client.exit_code = client_exit;
  client.exit = "exit status " + std::to_string(client_exit);
  one.targets.push_back(std::move(client));
  one.status = findings.empty() ? report::Status::passed : report::Status::failed;
  one.findings = std::move(findings);
  return one;
}

Finding broken(const Rule& rule, Blame blame) { return make_finding(rule, blame, {}, "a", "b"); }

TEST(Outcome, AllInOrderIsRight) {
  const auto outcome = outcome_of(case_of(tcp::Opening::three_way, tcp::Closing::four_way, 0, {}));
  EXPECT_EQ(outcome.kind, Class::right);
  EXPECT_THAT(outcome.words, HasSubstr("closing four-way"));
  EXPECT_THAT(outcome.words, HasSubstr("client: exit status 0"));
}

TEST(Outcome, AnErrorThatIsToldOfABrokenConnectionIsHonest) {
  const auto outcome = outcome_of(case_of(tcp::Opening::three_way, tcp::Closing::reset, 1,
                                          {broken(run::rule::program_exit, Blame::client),
                                           broken(run::rule::program_output, Blame::client)}));
  EXPECT_EQ(outcome.kind, Class::honest);
  EXPECT_THAT(outcome.violations, IsEmpty());
}

TEST(Outcome, AnErrorOverAConnectionThatClosedInOrderIsAViolation) {
  const auto outcome = outcome_of(case_of(tcp::Opening::three_way, tcp::Closing::four_way, 1,
                                          {broken(run::rule::program_exit, Blame::client)}));
  EXPECT_EQ(outcome.kind, Class::violation);
  EXPECT_THAT(outcome.violations, SizeIs(1));
}

TEST(Outcome, AnErrorAfterTheServersFinIsAViolationAlsoWhereAResetFollows) {
  auto one = case_of(tcp::Opening::three_way, tcp::Closing::reset, 1,
                     {broken(run::rule::program_exit, Blame::client)});
  one.connections[0].connection.end(Side::server).fin_packet = 7;
  EXPECT_EQ(outcome_of(one).kind, Class::violation);
}

TEST(Outcome, SuccessOverABrokenConnectionMustHaveTheRightBytes) {
  const auto outcome = outcome_of(case_of(tcp::Opening::three_way, tcp::Closing::reset, 0,
                                          {broken(run::rule::program_output, Blame::client)}));
  EXPECT_EQ(outcome.kind, Class::violation);
}

TEST(Outcome, AnHonestErrorExcusesNeitherTheServerNorTheRules) {
  for (const Finding& finding : {broken(run::rule::program_crash, Blame::server),
                                 broken(run::rule::final_state, Blame::server),
                                 broken(run::rule::program_crash, Blame::client),
                                 broken(run::rule::witness_final, Blame::none)}) {
    const auto outcome =
        outcome_of(case_of(tcp::Opening::three_way, tcp::Closing::reset, 1, {finding}));
    EXPECT_EQ(outcome.kind, Class::violation) << finding.rule;
  }
}

TEST(Outcome, WhatHasNoVerdictIsNotProven) {
  auto one = case_of(tcp::Opening::three_way, tcp::Closing::four_way, 0, {});
  for (const auto status :
       {report::Status::error, report::Status::inconclusive, report::Status::skipped}) {
    one.status = status;
    one.reason = "why";
    const auto outcome = outcome_of(one);
    EXPECT_EQ(outcome.kind, Class::not_proven);
    EXPECT_THAT(outcome.reason, HasSubstr("why"));
  }
}

}  // namespace
}  // namespace wireproof::explore
