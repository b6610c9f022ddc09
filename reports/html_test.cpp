#include "reports/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "reports/json.h"
#include "reports/sample.h"
#include "reports/viewer_page.h"

namespace wireproof::report {
namespace {

using Json = nlohmann::json;

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}

// The text of the data block of that id, up to where a browser ends it.
std::string block(const std::string& html, const std::string& id) {
  const std::string start = "<script type=\"application/json\" id=\"" + id + "\">";
  const std::size_t at = html.find(start);
  if (at == std::string::npos) return {};
  const std::size_t from = at + start.size();
  return html.substr(from, html.find("</script", from) - from);
}

TEST(Html, HoldsTheReportAndEachOfItsCases) {
  const RunReport run = sample::run();
  const std::string html = to_html(run, "../results");
  const Json summary = Json::parse(block(html, "report"));
  EXPECT_EQ(summary["totals"]["cases"], 10);
  EXPECT_EQ(summary["results"], "../results");
  ASSERT_EQ(summary["rows"].size(), 10u);
  EXPECT_EQ(summary["rows"][1]["id"], "tcp/close/client-first@ipv6");
  EXPECT_EQ(summary["rows"][1]["rules"], Json({"tcp.close.fin-acknowledged"}));
  EXPECT_EQ(summary["rows"][1]["main"]["packets"], Json({10, 11}));
  EXPECT_EQ(summary["rows"][1]["server"], "tcp-server");
  EXPECT_FALSE(summary["rows"][0].contains("main"));
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    EXPECT_EQ(Json::parse(block(html, "case-" + std::to_string(i))),
              Json::parse(to_json(run.cases[i])));
  }
}

TEST(Html, NoDataEndsItsBlock) {
  RunReport run = sample::run();
  CaseReport evil = sample::hostile_case();
  evil.title = "</script><script>alert(1)</script><!--<script>";
  evil.id += "]]></SCRIPT >";
  run.cases = {evil};
  run.notes = {"</script\t>"};
  const std::string html = to_html(run, "\"></script><img src=x onerror=alert(1)>");
  const std::string bare = to_html(RunReport{}, "");
  EXPECT_EQ(count(html, "<script"), count(bare, "<script") + 1);  // the case's block
  EXPECT_EQ(count(html, "</script"), count(bare, "</script") + 1);
  EXPECT_EQ(count(html, "<!--"), count(bare, "<!--"));
  EXPECT_EQ(count(html, "<img"), 0u);
  EXPECT_EQ(Json::parse(block(html, "case-0"))["title"], evil.title);
  EXPECT_EQ(Json::parse(block(html, "report"))["notes"][0], "</script\t>");
}

TEST(Html, JsonWithoutAngleBracketsSaysTheSame) {
  EXPECT_EQ(json_for_html("{}"), "{}");
  const std::string json = R"(["<", "a<<b", "\\<", "</script>"])";
  const std::string safe = json_for_html(json);
  EXPECT_EQ(safe.find('<'), std::string::npos);
  EXPECT_EQ(Json::parse(safe), Json::parse(json));
}

TEST(Html, ThePageRunsOnlyItsOwnScript) {
  if (!has_viewer()) GTEST_SKIP() << "built without Node.js";
  const std::string_view before = viewer_page->before, after = viewer_page->after;
  EXPECT_NE(before.find("default-src 'none'"), std::string_view::npos);
  EXPECT_NE(before.find("script-src 'sha256-"), std::string_view::npos);
  EXPECT_EQ(before.find("unsafe"), std::string_view::npos);
  EXPECT_EQ(count(before, "http://") + count(before, "https://"), 0u);
  EXPECT_EQ(count(after, "<script"), 1u);
  EXPECT_EQ(after.find("innerHTML"), std::string_view::npos);
  EXPECT_EQ(after.find("eval("), std::string_view::npos);
  EXPECT_TRUE(after.ends_with("</html>\n"));
}

}  // namespace
}  // namespace wireproof::report
