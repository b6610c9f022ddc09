// The built program under a pseudo-terminal, as a person sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/folder_for_test.h"
#include "cli/program_for_test.h"
#include "cli/screen_for_test.h"
#include "reports/report.h"
#include "reports/sample.h"
#include "reports/utf8.h"

namespace wireproof::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string program = WIREPROOF_BINARY_DIR "/wireproof";

struct Session {
  int status = -1;
  std::string text;  // all that the terminal was sent
};

// Runs the program in a terminal of so many columns; `interrupt_after`: Ctrl-C once that text came.
Session in_terminal(unsigned short columns, std::vector<std::string> words,
                    const std::vector<std::string>& environment = {},
                    const std::string& interrupt_after = {}) {
  words.insert(words.begin(), program);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  winsize size{};
  size.ws_row = 24;
  size.ws_col = columns;
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    for (const char* name : {"CI", "NO_COLOR", "COLUMNS"}) ::unsetenv(name);
    ::setenv("TERM", "xterm", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    for (const std::string& assignment : environment)
      ::putenv(const_cast<char*>(assignment.c_str()));
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  const Fd fd(terminal);
  Session session;
  bool interrupted = interrupt_after.empty();
  const Deadline deadline = Deadline::after(std::chrono::seconds(60));
  while (!deadline.passed()) {
    pollfd wait{fd.get(), POLLIN, 0};
    if (::poll(&wait, 1, deadline.remaining_ms()) <= 0) break;
    char buffer[4096];
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got <= 0) break;  // EIO: the program has ended
    session.text.append(buffer, static_cast<std::size_t>(got));
    if (!interrupted && session.text.find(interrupt_after) != std::string::npos) {
      interrupted = true;
      (void)!::write(fd.get(), "\x03", 1);
    }
  }
  if (deadline.passed()) ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  session.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return session;
}

// What stands on the screen after all was written, line by line; none may have been too long.
std::vector<std::string> screen_of(const std::string& text, unsigned short columns) {
  ScreenForTest screen(columns);
  screen.write(text);
  EXPECT_EQ(screen.wrapped(), 0u) << text;
  return screen.lines();
}

class Terminal : public testing::TestWithParam<unsigned short> {};

TEST_P(Terminal, ShowsAReportInColourWithinItsWidth) {
  FolderForTest folder;
  report::RunReport run = report::sample::run();
  run.cases.push_back(report::sample::hostile_case());
  report::write_report(folder.path(), run);
  const std::string results = folder.path().string();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"show", results},
                                             {"show", results, "client-first@ipv6"},
                                             {"rules", "close"},
                                             {"show", results, "hostile", "--verbose"}}) {
    const Session session = in_terminal(GetParam(), words);
    EXPECT_EQ(session.status, 0) << session.text;
    EXPECT_THAT(session.text, HasSubstr("\x1b[1"));
    EXPECT_EQ(session.text.find("\x1b[31m\a"), std::string::npos)
        << "a program's own escape came through";
    for (const std::string& line : screen_of(session.text, GetParam())) {
      EXPECT_LE(report::display_width(line), GetParam()) << line;
    }
    for (const std::string word : {"NO_COLOR=1", "CI=1", "TERM=dumb"}) {
      EXPECT_THAT(in_terminal(GetParam(), words, {word}).text, Not(HasSubstr("\x1b["))) << word;
    }
  }
}

TEST_P(Terminal, LocaleWithoutUtf8GetsAscii) {
  FolderForTest folder;
  report::write_report(folder.path(), report::sample::run());
  const Session session =
      in_terminal(GetParam(), {"show", folder.path().string(), "client-first@ipv6"}, {"LC_ALL=C"});
  EXPECT_EQ(session.status, 0);
  for (const char c : session.text) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

constexpr std::string_view slow_scenario = R"({
  "title": "Waits", "transport": "tcp", "family": "${family}", "matrix": {"family": ["ipv4", "ipv6"]},
  "server": {"target": "tcp-server"}, "time_limit_ms": 30000,
  "steps": [{"connect": "c"}, {"pause_ms": 20000}, {"close": "c"}]
})";

TEST_P(Terminal, CtrlCLeavesTheScreenRightAndAWholeReport) {
  FolderForTest folder;
  const std::string file = folder.write("slow.json", slow_scenario);
  if (in_terminal(80, {"doctor"}).status != 0) GTEST_SKIP() << "no isolation level works here";
  const Session session =
      in_terminal(GetParam(), {"run", file, "--jobs", "2", "--out", folder / "results"}, {}, "0/2");
  EXPECT_EQ(session.status, 130) << session.text;
  EXPECT_THAT(session.text, HasSubstr("Interrupted"));
  for (const std::string& line : screen_of(session.text, GetParam())) {
    EXPECT_LE(report::display_width(line), GetParam()) << line;
    EXPECT_EQ(line.find("0/2"), std::string::npos) << "the live line is still there: " << line;
  }
  const auto report = report::read_report(folder / "results");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->interrupted);
}

INSTANTIATE_TEST_SUITE_P(Widths, Terminal, testing::Values(40, 120));

}  // namespace
}  // namespace wireproof::cli
