#include "run/wire_judgement.h"

#include <gtest/gtest.h>

namespace wireproof::run {
namespace {

TEST(WireJudgement, NothingWhereAllMatchedAndNothingWasLost) {
  EXPECT_TRUE(judge_wire({}, {}, {}, true).empty());
}

TEST(WireJudgement, ARuleThatNeverMatchedFails) {
  const auto findings = judge_wire({"lose"}, {}, {}, true);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "wire.rule-unmatched");
  EXPECT_FALSE(findings[0].inconclusive);
  EXPECT_NE(findings[0].expected.find("\"lose\""), std::string::npos);
}

wire::Decision decision(std::string rule, wire::Deed deed) {
  wire::Decision made;
  made.name = std::move(rule);
  made.deed = deed;
  made.detail = "no TCP segment";
  return made;
}

TEST(WireJudgement, ARuleThatMatchedAndCouldDoNothingFails) {
  const auto findings = judge_wire(
      {},
      {decision("cut", wire::Deed::not_applicable), decision("cut", wire::Deed::not_applicable),
       decision("reset", wire::Deed::not_applicable), decision("reset", wire::Deed::answered)},
      {}, true);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "wire.rule-unmatched");
  EXPECT_NE(findings[0].expected.find("\"cut\""), std::string::npos);
  EXPECT_NE(findings[0].observed.find("no TCP segment"), std::string::npos);
}

TEST(WireJudgement, AfterAMissItIsAConsequence) {
  EXPECT_TRUE(judge_wire({"lose"}, {}, {}, false).empty());
}

TEST(WireJudgement, WhatTheLinkLostLeavesTheCaseOpen) {
  wire::Stats stats;
  stats.ring_drops = 2;
  const auto findings = judge_wire({}, {}, stats, true);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "wire.lost");
  EXPECT_TRUE(findings[0].inconclusive);
}

}  // namespace
}  // namespace wireproof::run
