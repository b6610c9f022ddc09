#include "reports/compare/writers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/golden.h"
#include "reports/utf8.h"

namespace wireproof::compare {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string folder = WIREPROOF_SOURCE_DIR "/reports/compare/testdata/";

CaseDigest one(const std::string& id, Ending ending, double factor = 0) {
  CaseDigest digest;
  digest.id = id;
  digest.endings[ending] = factor > 0 ? 10 : 1;
  for (int i = 0; factor > 0 && i < 10; ++i) {
    digest.values["duration"].push_back(factor * (40 + (i * 7) % 10 * 0.3));
    digest.values["handshake"].push_back(0.05 + (i * 3) % 10 * 0.001);
  }
  return digest;
}

// One of each thing that a comparison can say.
Comparison sample_comparison(const std::string& id = "tcp/exchange@ipv4") {
  RunDigest base, next;
  base.shown = "base-results";
  base.commit = "0123456789abcdef";
  base.started_at = "2025-03-04T05:06:07.000000000Z";
  base.machine = "host, 2 x CPU, Linux 6.1";
  next = base;
  next.shown = "wireproof-results";
  next.label = "nightly";
  next.machine = "other, 4 x CPU, Linux 6.1";
  base.cases = {one(id, Ending::passed, 1),           one("tcp/close@ipv4", Ending::passed),
                one("tcp/mended", Ending::failed),    one("tcp/gone", Ending::passed),
                one("tcp/faster", Ending::passed, 1), one("tcp/few", Ending::passed)};
  next.cases = {one(id, Ending::passed, 1.3),      one("tcp/close@ipv4", Ending::failed),
                one("tcp/mended", Ending::passed), one("tcp/faster", Ending::passed, 0.5),
                one("tcp/new", Ending::passed),    one("tcp/few", Ending::passed)};
  next.cases[1].broken["tcp.close.fin-acknowledged"] = Severity::must;
  next.cases[1].endings[Ending::passed] = 9;
  base.cases[2].broken["tcp.data.x"] = Severity::should;
  base.cases[5].values["cpu"] = {3};
  next.cases[5].values["cpu"] = {4};
  Options options;
  options.limits = {*read_limit("duration +10%"), *read_limit("cpu +10%")};
  return compare(std::move(base), std::move(next), options);
}

report::TextOptions plain(unsigned width = 80) {
  report::TextOptions options;
  options.width = width;
  return options;
}

TEST(CompareText, GoldenFile) {
  report::golden("compare.txt", to_text(sample_comparison(), plain()), folder);
  report::TextOptions verbose = plain();
  verbose.verbose = true;
  verbose.utf8 = false;
  report::golden("compare-verbose-ascii.txt", to_text(sample_comparison(), verbose), folder);
}

TEST(CompareText, StaysWithinTheWidth) {
  for (const unsigned width : {40u, 60u, 100u}) {
    std::istringstream text(to_text(sample_comparison(std::string(200, 'x')), plain(width)));
    for (std::string line; std::getline(text, line);) {
      EXPECT_LE(report::display_width(line), width) << line;
    }
  }
}

TEST(CompareText, SaysThatNothingChanged) {
  RunDigest run;
  run.cases = {one("a", Ending::passed, 1)};
  const std::string text = to_text(compare(run, run, {}), plain());
  EXPECT_THAT(text, HasSubstr("2 figures: "));
  EXPECT_THAT(text, HasSubstr("No regression\n"));
  EXPECT_THAT(text, Not(HasSubstr("Verdicts")));
}

TEST(CompareWriters, WhatCouldNotBeJudgedIsNoConclusion) {
  RunDigest run;
  run.cases = {one("a", Ending::passed, 1)};
  double spread = 1;
  for (double& value : run.cases[0].values["duration"]) value *= spread += 0.2;
  Options options;
  options.limits = {*read_limit("duration +10%")};
  const Comparison seen = compare(run, run, options);
  const std::string text = to_text(seen, plain(200)), markdown = to_markdown(seen);
  EXPECT_THAT(text, HasSubstr("not judged: the interval reaches past the limit (a: "));
  EXPECT_THAT(text, HasSubstr("; --repeat "));
  EXPECT_THAT(text, Not(HasSubstr("No regression")));
  EXPECT_THAT(markdown, testing::StartsWith("## Could not be judged"));
  EXPECT_THAT(markdown, HasSubstr("not judged: the interval reaches past the limit"));
  const auto json = nlohmann::json::parse(to_json(seen));
  EXPECT_EQ(json["limits_not_judged"].size(), 1u);
}

TEST(CompareMarkdown, GoldenFile) {
  report::golden("compare.md", to_markdown(sample_comparison()), folder);
}

TEST(CompareJson, GoldenFile) {
  report::golden("compare.json", to_json(sample_comparison()), folder);
}

TEST(CompareWriters, HostileNamesStayText) {
  const std::string evil =
      "<script>alert(1)</script>|`x`\n# h\n@all [a](http://x) \x1b[31m\xff" + std::string("\0", 1);
  Comparison seen = sample_comparison(evil);
  seen.base.shown = seen.base.label = seen.next.commit = evil;
  const auto json = nlohmann::json::parse(to_json(seen));
  EXPECT_TRUE(json["regression"].get<bool>());
  const std::string markdown = to_markdown(seen);
  EXPECT_THAT(markdown, Not(HasSubstr("<script")));
  EXPECT_THAT(markdown, Not(HasSubstr("@all")));
  EXPECT_THAT(markdown, Not(HasSubstr("[a](")));
  EXPECT_THAT(markdown, Not(HasSubstr("\n# h")));
  EXPECT_THAT(markdown, Not(HasSubstr("\x1b")));
  EXPECT_THAT(to_text(seen, plain()), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace wireproof::compare
