#include "reports/markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/golden.h"
#include "reports/sample.h"
#include "reports/utf8.h"

namespace wireproof::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Markdown, GoldenFile) { golden("report.md", to_markdown(sample::run())); }

TEST(Markdown, TheHeadlineSaysWhatCame) {
  RunReport run = sample::run();
  EXPECT_THAT(to_markdown(run), StartsWith("## wireproof: ❌ 3 of 10 cases did not pass\n"));
  run.cases = {sample::passed_case(), sample::expected_failure(), sample::skipped_case()};
  EXPECT_THAT(to_markdown(run), StartsWith("## wireproof: ✅ all 2 cases passed\n"));
  run.cases = {sample::skipped_case()};
  EXPECT_THAT(to_markdown(run), StartsWith("## wireproof: ⏭️ the case was skipped\n"));
  run.interrupted = true;
  EXPECT_THAT(to_markdown(run), StartsWith("## wireproof: ⚠️ interrupted after 1 case\n"));
  EXPECT_THAT(to_markdown(RunReport{}), StartsWith("## wireproof: ⚠️ no case ran\n"));
}

TEST(Markdown, HostileTextIsNoMarkup) {
  EXPECT_EQ(markdown_code("a `b` <c> |"), "<code>a &#96;b&#96; &#60;c&#62; &#124;</code>");
  EXPECT_EQ(markdown_code("x\n\x1b[1m\xff"), "<code>x&#92;n&#92;x1b&#91;1m&#92;xff</code>");
  RunReport run = sample::run();
  run.cases = {sample::hostile_case()};
  run.cases[0].id = "</code><script>[x](javascript:1) @someone #1 \n# heading\n|";
  run.notes = {"\n\n<b>"};
  const std::string text = to_markdown(run);
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, Not(HasSubstr("](")));
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_THAT(text, Not(HasSubstr("\n# ")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    ASSERT_GT(length, 0u) << "not UTF-8 at " << at;
    at += length;
  }
}

TEST(Markdown, ALoadHasARowThoughItPassed) {
  const std::string text = to_markdown(sample::load_run());
  EXPECT_THAT(text, HasSubstr("| ❌ <code>load&#64;connections=8</code> | 1000/s | 998 to 1001 | "
                              "30 us | 60 us | 90 us | - | 5.00 ms | 3 | 2 |\n"));
  EXPECT_THAT(text, HasSubstr("| ✅ <code>load/stream&#64;ipv4</code> | 812.0 MB/s out, 3.1 kB/s in "
                              "|  | - | - | - | - | - | 0 | 0 |\n"));
  EXPECT_THAT(text, HasSubstr("decisive doubt: <code>generator saturated: its thread"));
  EXPECT_THAT(text, HasSubstr("limit <code>p99 &#60; 50us: p99 = 0.09 ms</code>, **not kept**"));
  RunReport without;
  without.cases = {sample::passed_case()};
  EXPECT_THAT(to_markdown(without), Not(HasSubstr("### Load")));
}

std::size_t times(const std::string& text, const std::string& words) {
  std::size_t count = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Markdown, CasesOfOneCauseAreToldOnce) {
  RunReport run = sample::run();
  run.cases.assign(28, sample::failed_case());
  for (std::size_t i = 0; i < run.cases.size(); ++i) run.cases[i].id = "case-" + std::to_string(i);
  run.cases.push_back(sample::error_case());
  run.cases.push_back(sample::failed_case());
  run.cases.back().findings[0].rule = "tcp.rst.expected";
  const std::string text = to_markdown(run);
  EXPECT_THAT(text, HasSubstr("❌ **<code>tcp.close.fin-acknowledged</code>**: 28 cases\n"));
  EXPECT_THAT(text, HasSubstr("❌ **<code>tcp.rst.expected</code>**: 1 case\n"));
  EXPECT_THAT(text, HasSubstr("💥 error **<code>"));
  EXPECT_EQ(times(text, "tcp.close.fin-acknowledged"), 1u);
  EXPECT_EQ(times(text, "- again: "), 3u) << "one of each cause";
  EXPECT_THAT(text, HasSubstr("<summary>27 cases more of this cause</summary>"));
  for (const CaseReport& one : run.cases) {
    EXPECT_THAT(text, HasSubstr(markdown_code(one.id))) << "each case is named";
  }
}

TEST(Markdown, ManyFailuresStayShort) {
  RunReport run = sample::run();
  run.cases.assign(5'000, sample::failed_case());
  EXPECT_THAT(to_markdown(run), HasSubstr("- and 4799 others\n"));
  EXPECT_LT(to_markdown(run).size(), 100'000u);
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    run.cases[i].findings[0].rule = "a.rule-" + std::to_string(i);
  }
  const std::string text = to_markdown(run);
  EXPECT_THAT(text, HasSubstr("<summary>4975 causes more</summary>"));
  EXPECT_THAT(text, HasSubstr("- and 4775 others\n"));
  EXPECT_LT(text.size(), 100'000u);
  for (CaseReport& one : run.cases) {
    one.findings[0].observed.assign(10'000'000, '<');
    if (&one == &run.cases[3]) break;
  }
  EXPECT_LT(to_markdown(run).size(), 200'000u);
}

}  // namespace
}  // namespace wireproof::report
