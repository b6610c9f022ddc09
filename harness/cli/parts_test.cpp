#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/console.h"
#include "cli/expectation.h"
#include "cli/folder_for_test.h"
#include "cli/layout.h"
#include "cli/machine_checks.h"
#include "cli/progress.h"
#include "cli/rule_catalog.h"
#include "reports/sample.h"
#include "reports/utf8.h"

namespace wireproof::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Screen {
  std::ostringstream out, err;
  std::map<std::string, std::string> variables;
  Console console{.out = out, .err = err};
  explicit Screen(unsigned columns) {
    console.out_is_terminal = console.err_is_terminal = true;
    console.columns = [columns] { return columns; };
    console.environment = [this](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
  }
};

TEST(Colour, IsForTerminalsThatWantIt) {
  Screen screen(80);
  EXPECT_TRUE(wants_colour(screen.console, "auto", true));
  EXPECT_FALSE(wants_colour(screen.console, "auto", false));
  EXPECT_TRUE(wants_colour(screen.console, "always", false));
  EXPECT_FALSE(wants_colour(screen.console, "never", true));
  EXPECT_TRUE(wants_live_progress(screen.console));
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"CI", "true"}, {"TERM", "dumb"}}) {
    screen.variables = {{name, value}};
    EXPECT_FALSE(wants_colour(screen.console, "auto", true)) << name;
    EXPECT_FALSE(wants_live_progress(screen.console)) << name;
  }
  screen.variables = {{"NO_COLOR", "1"}};
  EXPECT_FALSE(wants_colour(screen.console, "auto", true));
  EXPECT_TRUE(wants_live_progress(screen.console));
  screen.variables = {{"NO_COLOR", ""}};  // empty is not set (no-color.org)
  EXPECT_TRUE(wants_colour(screen.console, "auto", true));
}

TEST(Columns, StayWithinReason) {
  for (const auto& [given, used] :
       std::map<unsigned, unsigned>{{0, 100}, {10, 40}, {77, 77}, {999, 200}}) {
    EXPECT_EQ(text_columns(Screen(given).console), used);
  }
}

TEST(Expectation, InTheWordsThatAreAlsoPrinted) {
  const auto parsed = parse_expectation(
      "opening=three-way closing=four-way|three-segment closed_first=client half_close=false");
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->opening, std::vector{tcp::Opening::three_way});
  EXPECT_EQ(parsed->closing, (std::vector{tcp::Closing::four_way, tcp::Closing::three_segment}));
  EXPECT_EQ(parsed->closed_first, tcp::ClosedFirst::client);
  EXPECT_EQ(parsed->half_close, false);
}

TEST(Expectation, WhatIsWrongIsSaidWithWhatWouldBeRight) {
  for (const auto& [text, said] :
       std::map<std::string, std::string>{{"", "write opening=three-way"},
                                          {"opening", "has no '='"},
                                          {"openign=reset", "did you mean opening?"},
                                          {"closing=four-wya", "did you mean four-way?"},
                                          {"closing=xyzzyxyzzy", "one of four-way, three-segment"},
                                          {"closed_first=client|server", "takes one value"},
                                          {"half_close=maybe", "one of true, false"}}) {
    const auto parsed = parse_expectation(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error(), HasSubstr(said));
  }
}

TEST(Layout, OfABuildTreeAndOfAnInstallation) {
  FolderForTest folder;
  folder.write("source/scenarios/x.json", "{}");
  folder.write("build/CMakeCache.txt",
               "A:B=C\nCMAKE_HOME_DIRECTORY:INTERNAL=" + (folder / "source") + "\n");
  folder.write("build/targets/tcp-server", "");
  const Layout build = find_layout(folder / "build/wireproof");
  EXPECT_EQ(build.scenarios, folder / "source/scenarios");
  EXPECT_EQ(build.targets, folder / "build/targets");

  folder.write("usr/share/wireproof/scenarios/x.json", "{}");
  folder.write("usr/libexec/wireproof/targets/tcp-server", "");
  const Layout installed = find_layout(folder / "usr/bin/wireproof");
  EXPECT_EQ(installed.scenarios, folder / "usr/share/wireproof/scenarios");
  EXPECT_EQ(installed.targets, folder / "usr/libexec/wireproof/targets");

  const Layout nothing = find_layout(folder / "elsewhere/bin/wireproof");
  EXPECT_TRUE(nothing.scenarios.empty());
  EXPECT_TRUE(nothing.targets.empty());
}

TEST(RuleCatalog, IsSortedAndEveryIdIsThereOnce) {
  const std::vector<Rule> all = all_rules();
  EXPECT_GT(all.size(), 50u);
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i - 1].id, all[i].id);
  for (const Rule& rule : all) {
    EXPECT_FALSE(rule.source.empty()) << rule.id;
    EXPECT_FALSE(rule.title.empty()) << rule.id;
  }
}

MachineCheck find(const std::vector<MachineCheck>& checks, const std::string& what) {
  for (const MachineCheck& check : checks) {
    if (check.what == what) return check;
  }
  ADD_FAILURE() << what;
  return {};
}

TEST(MachineChecks, WarnOfWhatSpoilsResults) {
  FolderForTest root;
  const std::string clock = "sys/devices/system/clocksource/clocksource0/current_clocksource";
  root.write(clock, "hpet\n");
  root.write("proc/stat", "cpu  100 0 100 700 0 0 0 100 0 0\n");
  root.write("proc/loadavg", "9999.00 1.00 1.00 1/2 3\n");
  root.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  root.write("proc/sys/user/max_net_namespaces", "0\n");
  root.write("proc/sys/net/core/rmem_max", "4096\n");
  const auto bad = system_checks(root.path());
  for (const char* what :
       {"clock source", "stolen time", "load", "CPU governor", "namespaces", "rmem_max"}) {
    EXPECT_EQ(find(bad, what).grade, Grade::warn) << what;
    EXPECT_FALSE(find(bad, what).remedy.empty()) << what;
  }
  EXPECT_EQ(find(bad, "stolen time").found, "10.0 % since boot");

  root.write(clock, "tsc\n");
  root.write("proc/stat", "cpu  100 0 100 800 0 0 0 1 0 0\n");
  root.write("proc/loadavg", "0.00 1.00 1.00 1/2 3\n");
  root.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  root.write("proc/sys/user/max_net_namespaces", "10000\n");
  root.write("proc/sys/net/core/rmem_max", "212992\n");
  const auto good = system_checks(root.path());
  for (const char* what :
       {"clock source", "stolen time", "load", "CPU governor", "namespaces", "rmem_max"}) {
    EXPECT_EQ(find(good, what).grade, Grade::ok) << what;
  }
  for (const MachineCheck& check : system_checks(root / "nothing")) {
    EXPECT_FALSE(check.what.empty());
    EXPECT_NE(check.grade, Grade::fail) << check.what;
  }
}

TEST(MachineChecks, FailOnlyWhereNoLevelWorks) {
  using lab::Isolation;
  const auto some = isolation_checks({{Isolation::user, false, "refused", "allow it"},
                                      {Isolation::root, true, "", ""},
                                      {Isolation::none, true, "", ""}});
  EXPECT_EQ(some[0].grade, Grade::warn);
  EXPECT_THAT(some[0].remedy, HasSubstr("allow it"));
  EXPECT_THAT(some[1].found, HasSubstr("chosen by auto"));
  EXPECT_THAT(some[2].found, Not(HasSubstr("chosen")));
  const auto none = isolation_checks({{Isolation::user, false, "refused", "allow it"},
                                      {Isolation::none, false, "refused", "allow it"}});
  EXPECT_EQ(none[0].grade, Grade::fail);
  EXPECT_EQ(none[1].grade, Grade::fail);
}

// Plays the progress of a run on a screen of so many columns; what was written.
std::string played(unsigned columns, ProgressLine::Options options) {
  Screen screen(columns);
  {
    ProgressLine line(screen.console, options, 6);
    const report::RunReport run = report::sample::run();
    for (std::size_t i = 0; i < 6; ++i) {
      line.started(run.cases[i].id + report::sample::hostile());
      line.finished(run.cases[i], i + 1, 6);
    }
  }
  return screen.err.str();
}

TEST(Progress, LiveLineNeverFillsTheWindowAndIsGoneAtTheEnd) {
  for (unsigned columns = 40; columns <= 200; ++columns) {
    const std::string text = played(columns, {.live = true});
    std::string rest = text;
    for (std::size_t at; (at = rest.find("\r\x1b[K")) != std::string::npos;)
      rest.replace(at, 4, "\n");
    std::istringstream lines(rest);
    for (std::string line; std::getline(lines, line);) {
      ASSERT_LE(report::display_width(line), columns) << line;
      ASSERT_EQ(line.find('\x1b'), std::string::npos) << line;
    }
    ASSERT_TRUE(text.ends_with("\r\x1b[K"));
    ASSERT_THAT(text, HasSubstr("6/6"));
    ASSERT_THAT(text, HasSubstr("failed  "));
  }
}

TEST(Progress, InAPipePlainLinesOfWhatDidNotPass) {
  const std::string text = played(0, {});
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_THAT(text, HasSubstr("failed  tcp/close/client-first@ipv6"));
  EXPECT_THAT(text, HasSubstr("inconclusive  tcp/large@ipv4"));
  EXPECT_THAT(text, Not(HasSubstr("passed")));
  EXPECT_THAT(text, Not(HasSubstr("as expected")));
  EXPECT_THAT(played(0, {.verbose = true}), HasSubstr("failed as expected  bad/never-closes@ipv4"));
  EXPECT_EQ(played(0, {.quiet = true}), "");
}

}  // namespace
}  // namespace wireproof::cli
