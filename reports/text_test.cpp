#include "reports/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "reports/golden.h"
#include "reports/sample.h"
#include "reports/utf8.h"

namespace wireproof::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TextOptions plain(unsigned width = 80) {
  TextOptions options;
  options.width = width;
  return options;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

RunReport many_cases() {
  RunReport run = sample::run();
  for (int i = 0; i < 2'000; ++i) {
    run.cases.push_back(i % 3 == 0 ? sample::failed_case() : sample::passed_case());
    if (i % 10 == 0) {
      run.cases.push_back(sample::skipped_case());
      run.cases.back().reason += " " + std::to_string(i);
    }
  }
  return run;
}

TEST(SummaryText, GoldenFiles) {
  golden("summary.txt", summary_text(sample::run(), plain()));
  TextOptions colour = plain(120);
  colour.colour = true;
  golden("summary-colour.txt", summary_text(sample::run(), colour));
  TextOptions ascii = plain(40);
  ascii.utf8 = false;
  golden("summary-ascii.txt", summary_text(sample::run(), ascii));
}

TEST(SummaryText, OnlyPassedIsShownAsPassed) {
  RunReport run;
  run.cases = {sample::expected_failure(), sample::skipped_case()};
  const std::string text = summary_text(run, plain());
  EXPECT_THAT(text, Not(HasSubstr("passed")));
  EXPECT_THAT(text, HasSubstr("1 failed as expected"));
  EXPECT_THAT(text, HasSubstr("1 skipped"));
  EXPECT_THAT(text, Not(HasSubstr("1 failed ·")));
}

TEST(SummaryText, FitsAScreenHoweverManyCasesThereAre) {
  const std::string text = summary_text(many_cases(), plain());
  EXPECT_LE(lines_of(text).size(), 40u);
  EXPECT_THAT(text, HasSubstr("more: see the report"));
  EXPECT_THAT(text, HasSubstr("and 196 reasons more"));
}

TEST(SummaryText, ANarrowTerminalHasTheRuleOnALineOfItsOwn) {
  TextOptions options;
  options.width = 40;
  EXPECT_THAT(summary_text(sample::run(), options), HasSubstr("\n   tcp.close.fin-acknowledged\n"));
}

TEST(SummaryText, SaysWhenItWasInterrupted) {
  RunReport run = sample::run();
  EXPECT_THAT(summary_text(run, plain()), Not(HasSubstr("Interrupted")));
  run.interrupted = true;
  EXPECT_THAT(summary_text(run, plain()), HasSubstr("Interrupted"));
}

TEST(CaseText, GoldenFiles) {
  golden("case-failed.txt", case_text(sample::failed_case(), plain()));
  golden("case-passed.txt", case_text(sample::passed_case(), plain()));
  TextOptions verbose = plain(100);
  verbose.verbose = true;
  golden("case-verbose.txt", case_text(sample::every_field().cases[0], verbose));
  golden("case-udp.txt", case_text(sample::udp_case(), plain()));
  golden("case-error.txt", case_text(sample::error_case(), plain()));
}

TEST(CaseText, AFailedCaseSaysAllThatOneNeeds) {
  const std::string text = case_text(sample::failed_case(), plain(200));
  for (const char* part :
       {"tcp.close.fin-acknowledged", "RFC 9293 3.6", "ACK number 9, the FIN's number plus one",
        "ACK number 8", "10, 11", "wireproof-results/tcp/close/client-first@ipv4/lo.pcapng",
        "wireproof run scenarios --filter tcp/close/client-first@ipv6"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(CaseLine, HasTheStatusTheNameAndWhy) {
  EXPECT_EQ(case_line(sample::passed_case(), plain()),
            "✓ passed  tcp/close/client-first@ipv4  48.2 ms");
  EXPECT_EQ(case_line(sample::failed_case(), plain()),
            "✗ failed  tcp/close/client-first@ipv6  48.2 ms  tcp.close.fin-acknowledged");
  EXPECT_EQ(case_line(sample::expected_failure(), plain(60)),
            "≈ failed as expected  bad/never-closes@ipv4  48.2 ms");
}

TEST(CaseText, NoLineIsWiderThanTheTerminalNorHasAControlCharacter) {
  RunReport run = sample::run();
  run.cases.push_back(sample::hostile_case());
  run.cases.push_back(sample::every_field().cases[0]);
  run.notes = {sample::hostile()};
  for (const bool utf8 : {true, false}) {
    for (const bool verbose : {true, false}) {
      for (unsigned width = 40; width <= 200; ++width) {
        TextOptions options = plain(width);
        options.utf8 = utf8;
        options.verbose = verbose;
        std::string text = summary_text(run, options);
        for (const CaseReport& one : run.cases) {
          text += case_text(one, options) + case_line(one, options) + "\n";
        }
        for (const std::string& line : lines_of(text)) {
          ASSERT_LE(display_width(line), width) << line;
          for (std::size_t at = 0; at < line.size(); at += utf8_length(line, at)) {
            ASSERT_NE(utf8_length(line, at), 0u) << line;
            ASSERT_FALSE(is_display_control(
                utf8_code_point(std::string_view(line).substr(at, utf8_length(line, at)))))
                << line;
            ASSERT_TRUE(utf8 || utf8_length(line, at) == 1) << line;
          }
        }
      }
    }
  }
}

TEST(CaseText, ColourAddsOnlyColour) {
  TextOptions colour = plain();
  colour.colour = true;
  const auto stripped = [](std::string text) {
    for (std::size_t at; (at = text.find('\x1b')) != std::string::npos;) {
      text.erase(at, text.find('m', at) - at + 1);
    }
    return text;
  };
  for (const CaseReport& one : sample::run().cases) {
    EXPECT_EQ(stripped(case_text(one, colour)), case_text(one, plain()));
    EXPECT_EQ(stripped(case_line(one, colour)), case_line(one, plain()));
  }
}

TEST(CaseText, ALoadIsToldWithItsDoubts) {
  const RunReport run = sample::load_run();
  golden("case-load.txt", case_text(run.cases[0], {}));
  EXPECT_THAT(case_text(run.cases[0], {}), HasSubstr("8 made, 8 handshakes and 1 close proven"));
  EXPECT_THAT(case_text(run.cases[0], {}), HasSubstr("1 error"));
}

TEST(CaseText, WhereToLookIsSaidOfAPassedRunToo) {
  RunReport run = sample::load_run();
  EXPECT_EQ(where_text(run, {}),
            " report  wireproof-results/report.json\n"
            " look    wireproof show wireproof-results load@connections=8\n");
  TextOptions nowhere;
  nowhere.results.clear();
  EXPECT_EQ(where_text(run, nowhere), "");
}

}  // namespace
}  // namespace wireproof::report
