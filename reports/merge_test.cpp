#include "reports/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "reports/report.h"
#include "reports/sample.h"

namespace wireproof::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A run of `all` cases; every `count`th of them from `index` on in the shard.
NamedReport shard(unsigned index, unsigned count, unsigned all = 7) {
  NamedReport part;
  part.name = "part-" + std::to_string(index);
  part.run.context = sample::run().context;
  if (count > 1) {
    part.run.context.shard = std::to_string(index) + "/" + std::to_string(count);
  }
  part.run.duration_ms = 100 * index;
  for (unsigned i = index; i <= all; i += count) {
    CaseReport one = sample::passed_case();
    one.id = "case-" + std::to_string(i % 4);
    one.folder = "cases/" + one.id + (i >= 4 ? "#2" : "");
    one.order = i;
    part.run.cases.push_back(one);
  }
  return part;
}

std::string refusal(std::vector<NamedReport> parts, bool partial = false) {
  const auto merged = merge(std::move(parts), partial);
  return merged ? "" : merged.error().message;
}

TEST(Merge, MakesTheReportThatOneRunWouldHaveWritten) {
  NamedReport whole = shard(1, 1);
  const auto merged = merge({shard(3, 3), shard(1, 3), shard(2, 3)}, false);
  ASSERT_TRUE(merged) << merged.error().message;
  RunReport same = *merged;
  EXPECT_EQ(same.duration_ms, 300) << "of the slowest";
  same.duration_ms = whole.run.duration_ms;
  EXPECT_EQ(to_json(same), to_json(whole.run));
}

TEST(Merge, RefusesShardsThatAreNotAllThere) {
  EXPECT_EQ(refusal({shard(1, 3), shard(3, 3)}), "shard 2/3 is missing");
  EXPECT_EQ(refusal({shard(2, 4)}), "shards 1/4, 3/4, 4/4 are missing");
  const auto partial = merge({shard(1, 3), shard(3, 3)}, true);
  ASSERT_TRUE(partial);
  EXPECT_THAT(partial->notes, ElementsAre(HasSubstr("only 2 of 3 shards were merged")));
}

TEST(Merge, RefusesWhatIsNotOneRun) {
  EXPECT_EQ(refusal({shard(1, 2), shard(1, 2)}), "part-1 and part-1 are both shard 1/2");
  EXPECT_EQ(refusal({shard(1, 2), shard(2, 3)}), "part-1 is shard 1/2 and part-2 is shard 2/3");
  EXPECT_EQ(refusal({shard(1, 1), shard(2, 2)}), "part-1 is no shard and part-2 is shard 2/2");
  EXPECT_EQ(refusal({}), "no report to merge");
  NamedReport other = shard(2, 2);
  other.run.context.commit = "abc";
  EXPECT_THAT(refusal({shard(1, 2), other}), HasSubstr("not of one run: the commit is"));
  other = shard(2, 2);
  other.run.context.isolation = "none";
  EXPECT_THAT(refusal({shard(1, 2), other}), HasSubstr("the isolation is"));
  other = shard(2, 2);
  other.run.context.version = "9";
  EXPECT_THAT(refusal({shard(1, 2), other}), HasSubstr("the version of wireproof is"));
  other.run.context.shard = "3/2";
  other.run.context.version = shard(1, 2).run.context.version;
  EXPECT_THAT(refusal({shard(1, 2), other}), HasSubstr("\"3/2\" is no shard"));
}

TEST(Merge, RefusesACaseThatTwoReportsHold) {
  NamedReport twice = shard(2, 2);
  twice.run.cases[0] = shard(1, 2).run.cases[0];
  EXPECT_EQ(refusal({shard(1, 2), twice}), "case-1 is in part-1 and in part-2");
}

TEST(Merge, JoinsRunsOfDifferentScenarios) {
  NamedReport a = shard(1, 1, 2), b = shard(1, 1, 1);
  b.run.cases[0].id = "other";
  b.run.interrupted = true;
  b.run.context.host_name = "elsewhere";
  const auto merged = merge({a, b}, false);
  ASSERT_TRUE(merged) << merged.error().message;
  ASSERT_EQ(merged->cases.size(), 3u);
  EXPECT_EQ(merged->cases[2].id, "other");
  EXPECT_EQ(merged->cases[2].order, 3u);
  EXPECT_TRUE(merged->interrupted);
  EXPECT_THAT(merged->notes, ElementsAre(HasSubstr("different machines")));
}

TEST(Merge, CopiesCaseFoldersAndNothingElse) {
  char name[] = "/tmp/wireproof-merge-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(name);
  std::filesystem::create_directories(folder / "from/cases/a");
  std::ofstream(folder / "from/cases/a/capture.pcapng") << "packets";
  std::ofstream(folder / "secret") << "not theirs";
  std::filesystem::create_symlink(folder / "secret", folder / "from/cases/a/link");
  RunReport run;
  for (const char* each : {"cases/a", "cases/missing", "../..", "/etc", ""}) {
    run.cases.emplace_back().folder = each;
  }
  EXPECT_EQ(copy_case_folders(run, folder / "from", folder / "to"), 4u);
  EXPECT_TRUE(std::filesystem::exists(folder / "to/cases/a/capture.pcapng"));
  EXPECT_FALSE(std::filesystem::exists(folder / "to/cases/a/link"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "to"), {}), 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace wireproof::report
