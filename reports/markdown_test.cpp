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
  EXPECT_THAT(to_markdown(run), StartsWith("## wireproof: ⏭️ all 1 cases were skipped\n"));
  run.interrupted = true;
  EXPECT_THAT(to_markdown(run), StartsWith("## wireproof: ⚠️ interrupted after 1 cases\n"));
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

TEST(Markdown, ManyFailuresStayShort) {
  RunReport run = sample::run();
  run.cases.assign(5'000, sample::failed_case());
  const std::string text = to_markdown(run);
  EXPECT_THAT(text, HasSubstr("<summary>4975 more</summary>"));
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
