// Every rule of scripts, broken by a peer that has the fault: the miss names it by that rule, says
// what was wanted and all that was seen, and blames the program that did it.
#include "script/misses.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

namespace wireproof::script {
namespace {

std::vector<MissCase> all_misses() {
  std::vector<MissCase> all;
  for (auto part :
       {connection_misses(), answer_misses(), ending_misses(), datagram_misses(), stage_misses()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

class Miss : public testing::TestWithParam<MissCase> {};

TEST_P(Miss, IsNamedByItsRule) {
  const MissCase& wanted = GetParam();
  const Result result = wanted.run();
  ASSERT_EQ(result.findings.size(), 1u);
  const Finding& finding = result.findings[0];
  EXPECT_EQ(finding.rule, wanted.rule);
  EXPECT_EQ(finding.severity, Severity::must);
  EXPECT_EQ(finding.source, "scenario");
  EXPECT_EQ(finding.blame, wanted.blame);
  EXPECT_FALSE(finding.inconclusive);
  if (wanted.name == "never_reads") {  // how much the kernel takes is its own choice
    EXPECT_THAT(finding.expected, testing::StartsWith(wanted.expected));
    EXPECT_THAT(finding.observed, testing::EndsWith(wanted.observed));
  } else {
    EXPECT_EQ(placeless(finding.expected), wanted.expected);
    EXPECT_EQ(placeless(timeless(finding.observed)), wanted.observed);
  }
  // The miss is the last step's, and the record beside it says the same.
  EXPECT_FALSE(result.completed);
  ASSERT_FALSE(result.steps.empty());
  const StepRecord& last = result.steps.back();
  EXPECT_FALSE(last.ok);
  EXPECT_EQ(last.wanted, finding.expected);
  EXPECT_EQ(last.seen, finding.observed);
  EXPECT_EQ(finding.where,
            fmt::format("step {}, test.json:{}:5", result.steps.size(), result.steps.size()));
}

INSTANTIATE_TEST_SUITE_P(Of, Miss, testing::ValuesIn(all_misses()),
                         [](const auto& one) { return one.param.name; });

TEST(EveryRule, IsBrokenByATest) {
  // Those of the wire: wire_steps_test.cpp.
  std::set<std::string_view> broken{"script.await-held", "script.await-match", "script.release"};
  std::set<std::string_view> listed;
  for (const MissCase& one : all_misses()) broken.insert(one.rule);
  for (const Rule& one : rules()) {
    EXPECT_TRUE(listed.insert(one.id).second) << one.id << " is listed twice";
    EXPECT_THAT(std::string(one.id), testing::StartsWith("script."));
    EXPECT_FALSE(one.title.empty());
  }
  EXPECT_EQ(broken, listed);
}

}  // namespace
}  // namespace wireproof::script
