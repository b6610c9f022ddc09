#include "reports/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/golden.h"
#include "reports/sample.h"
#include "reports/utf8.h"

namespace wireproof::report {
namespace {

using testing::HasSubstr;
using testing::Not;

// Whether `text` is well-formed XML as far as these reports use it: characters that XML 1.0 allows,
// known entities, quoted attributes, elements that close in order. Empty, or what is wrong.
std::string malformed(std::string_view text) {
  std::vector<std::string> open;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return "not UTF-8";
    const char32_t point = utf8_code_point(text.substr(at, length));
    if ((point < 0x20 && point != '\n' && point != '\t') || point == 0xFFFE || point == 0xFFFF) {
      return "a forbidden character";
    }
    if (text[at] == '&') {
      const std::string_view entity = text.substr(at, text.find(';', at) - at + 1);
      if (entity != "&lt;" && entity != "&gt;" && entity != "&amp;" && entity != "&quot;" &&
          entity != "&apos;") {
        return "entity " + std::string(entity.substr(0, 10));
      }
    }
    if (text[at] != '<') {
      at += length;
      continue;
    }
    const std::size_t end = text.find('>', at);
    if (end == std::string_view::npos) return "a tag without end";
    std::string_view tag = text.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string_view::npos) return "< within a tag";
    at = end + 1;
    if (tag.front() == '?') continue;
    if (tag.front() == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "closes " + std::string(tag);
      open.pop_back();
      continue;
    }
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "quotes of " + std::string(tag);
    if (tag.back() != '/') open.emplace_back(tag.substr(0, tag.find(' ')));
  }
  return open.empty() ? "" : "left open: " + open.back();
}

TEST(JUnit, GoldenFile) { golden("junit.xml", to_junit(sample::run())); }

TEST(JUnit, KeepsFailureErrorAndSkippedApart) {
  const std::string xml = to_junit(sample::run());
  EXPECT_THAT(
      xml, HasSubstr(R"(<testsuites name="wireproof" tests="10" failures="1" errors="2" time=)"));
  EXPECT_THAT(
      xml,
      HasSubstr(R"(<testsuite name="tcp/close" tests="3" failures="1" errors="0" skipped="0")"));
  EXPECT_THAT(xml, HasSubstr(R"(<property name="parameter.family" value="ipv4"/>)"));
  EXPECT_THAT(xml, HasSubstr(R"(<property name="tag" value="close"/>)"));
  EXPECT_THAT(xml, HasSubstr(R"(<failure type="tcp.close.fin-acknowledged")"));
  EXPECT_THAT(xml, HasSubstr(R"(<error type="inconclusive")"));
  EXPECT_THAT(xml, HasSubstr(R"(<error type="error" message="cannot start ./server)"));
  EXPECT_THAT(xml, HasSubstr(R"(<skipped message="isolation none has no wire"/>)"));
  EXPECT_THAT(xml, HasSubstr(R"(<skipped message="failed as expected: tcp.close)"));
  EXPECT_THAT(xml, HasSubstr(R"(file="scenarios/tcp/close/client-first.json" line="3")"));
  EXPECT_EQ(malformed(xml), "");
}

TEST(JUnit, ALoadsFiguresAndDoubtsAreProperties) {
  const std::string xml = to_junit(sample::load_run());
  EXPECT_EQ(malformed(xml), "");
  for (const char* line :
       {R"(<property name="load.throughput_per_s" value="999.5"/>)",
        R"(<property name="load.latency_p99_ms" value="0.09"/>)",
        R"(<property name="load.latency_max_ms" value="5"/>)",
        R"(<property name="load.errors" value="3"/>)",
        R"(<property name="load.error.timeout" value="1"/>)",
        R"(<property name="load.closes_proven" value="1"/>)",
        R"(<property name="load.doubts" value="2"/>)",
        R"(<property name="load.doubt" value="generator saturated: its thread)",
        R"(<property name="load.limit" value="p99 &lt; 50us: p99 = 0.09 ms, not kept"/>)",
        R"(<property name="load.bytes_sent_per_s" value="812000000"/>)"}) {
    EXPECT_THAT(xml, HasSubstr(line));
  }
  EXPECT_THAT(xml, HasSubstr(R"(file="scenarios/load/stream.json" line="3")"));
  EXPECT_THAT(xml, Not(HasSubstr("file=\"wireproof load\""))) << "there is no such file";
  EXPECT_THAT(xml, Not(HasSubstr("line=\"0\"")));
}

TEST(JUnit, HostileTextLeavesItWellFormed) {
  RunReport run = sample::run();
  run.cases.push_back(sample::hostile_case());
  run.cases.push_back(sample::hostile_case());
  run.cases.back().status = Status::error;
  run.context.host_name = run.context.command_line = sample::hostile();
  EXPECT_EQ(malformed(to_junit(run)), "");
  EXPECT_EQ(malformed(to_junit(RunReport{})), "");
}

TEST(JUnit, TheTestsOwnReaderFindsFaults) {
  for (const char* bad : {"<a>", "<a></b>", "<a x=\"></a>", "&nbsp;", "\x01", "\xff", "<a<b>"}) {
    EXPECT_NE(malformed(bad), "") << bad;
  }
}

TEST(XmlText, EscapesAndShortens) {
  EXPECT_EQ(xml_text("a<b>&\"'c\n"), "a&lt;b&gt;&amp;&quot;&apos;c\n");
  EXPECT_EQ(xml_text("\x1b[31m\xff"), "\\x1b[31m\\xff");
  EXPECT_EQ(xml_text("\xef\xbf\xbf"), "\\xef\\xbf\\xbf");
  EXPECT_EQ(xml_text("0123456789", 4), "01 [... 6 bytes left out ...] 89");
  const std::string large(10'000'000, '<');
  EXPECT_LT(xml_text(large).size(), 100'000u);
}

}  // namespace
}  // namespace wireproof::report
