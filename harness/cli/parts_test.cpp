#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "cli/console.h"
#include "cli/expectation.h"
#include "cli/folder_for_test.h"
#include "cli/layout.h"
#include "cli/machine_checks.h"
#include "cli/progress.h"
#include "cli/rule_catalog.h"
#include "cli/screen_for_test.h"
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
std::string played(unsigned columns, ProgressScreen::Options options) {
  Screen screen(columns);
  {
    ProgressScreen progress(screen.console, options, 6);
    const report::RunReport run = report::sample::run();
    for (std::size_t i = 0; i < 6; ++i) {
      for (int k = 0; k < 12; ++k) progress.started(run.cases[i].id + report::sample::hostile());
      progress.started(run.cases[i].id);
      progress.finished(run.cases[i], i + 1, 6);
    }
  }
  return screen.err.str();
}

TEST(Progress, LiveLinesNeverFillTheWindowAndAreGoneAtTheEnd) {
  for (unsigned columns = 40; columns <= 200; ++columns) {
    const std::string text = played(columns, {.live = true, .colour = columns % 2 == 0});
    ScreenForTest screen(columns);
    screen.write(text);
    ASSERT_EQ(screen.wrapped(), 0u) << text;
    ASSERT_THAT(text, HasSubstr("6/6"));
    ASSERT_THAT(text, HasSubstr("more running"));
    // Only what did not pass is left, each on its line, and the cursor below it.
    const std::vector<std::string> lines = screen.lines();
    ASSERT_EQ(lines.size(), 4u) << screen.text();
    for (const std::string& line : lines) {
      ASSERT_EQ(line.find("running"), std::string::npos) << line;
      ASSERT_EQ(line.find("/6"), std::string::npos) << line;
    }
    ASSERT_EQ(lines.back(), "");
  }
}

TEST(Progress, RunningCasesHaveALineEachTheLongestFirst) {
  Screen screen(60);
  {
    ProgressScreen progress(screen.console, {.live = true}, 9);
    progress.started("tcp/first");
    progress.started("tcp/second");
    progress.ended("tcp/first");
    progress.started("tcp/third");
    std::this_thread::sleep_for(std::chrono::milliseconds(110));  // until it may be drawn again
    progress.tick();
    ScreenForTest seen(60);
    seen.write(screen.err.str());
    const std::vector<std::string> lines = seen.lines();
    ASSERT_EQ(lines.size(), 3u) << seen.text();
    EXPECT_THAT(lines[0], HasSubstr("tcp/second"));
    EXPECT_THAT(lines[0], HasSubstr(" ms"));
    EXPECT_THAT(lines[1], HasSubstr("tcp/third"));
    EXPECT_THAT(lines[2], HasSubstr("0/9"));
  }
  ScreenForTest after(60);
  after.write(screen.err.str());
  EXPECT_EQ(after.text(), "\n");
}

TEST(Progress, AWindowThatBecameNarrowerIsStillCleared) {
  Screen screen(100);
  screen.err << "before\n";
  std::string wide;
  {
    ProgressScreen progress(screen.console, {.live = true}, 9);
    progress.started("tcp/" + std::string(150, 'x'));
    wide = screen.err.str();
    screen.console.columns = [] { return 50u; };
  }
  // The terminal wraps at 50 what was drawn at 100, then gets the rest.
  ScreenForTest seen(50);
  seen.write(screen.err.str());
  EXPECT_EQ(seen.text(), "before\n\n");
  EXPECT_NE(wide, screen.err.str());
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
