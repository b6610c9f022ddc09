// Nothing outlives a case, however it ends: a harness or a case process is killed with SIGKILL in
// the midst of cases whose programs have made daemons, namespaces, interfaces and UNIX paths.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "lab/case_testing.h"
#include "lab/process_tree.h"
#include "process/process.h"
#include "process/testing.h"
#include "witness/socket_table.h"

namespace wireproof::process {
namespace {

using namespace std::chrono_literals;
using lab::Isolation;
using lab::testing::Caller;
using testing::eventually;

constexpr int case_count = 3;

// What a case tells of itself, in one line of text: it has processes, namespaces and a path.
struct CaseFacts {
  std::vector<pid_t> processes;
  std::vector<std::string> namespaces;  // "net:[4026532242]"
  std::string path;
};

std::string link_text(const std::string& link) {
  std::error_code gone;
  return std::filesystem::read_symlink(link, gone).string();
}

// Every namespace that a process lives in or holds open.
std::set<std::string> namespaces_in_use() {
  std::set<std::string> found;
  std::error_code gone;
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    const std::string folder = process.path();
    if (folder.find_first_not_of("0123456789", 6) != std::string::npos) continue;
    for (const char* kind : {"net", "pid", "mnt", "user"})
      found.insert(link_text(folder + "/ns/" + kind));
    for (std::filesystem::directory_iterator fd(folder + "/fd", gone), end; !gone && fd != end;
         fd.increment(gone))
      found.insert(link_text(fd->path()));
  }
  return found;
}

std::set<std::string> interfaces() {
  std::set<std::string> names;
  std::ifstream file("/proc/net/dev");
  for (std::string line; std::getline(file, line);) names.insert(line.substr(0, line.find(':')));
  return names;
}

bool exists(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

std::multiset<std::string> names_of(const std::vector<pid_t>& processes) {
  std::multiset<std::string> names;
  for (const pid_t pid : processes) names.insert(lab::process_name(pid));
  return names;
}

// The body of a case process: all kinds of things that could stay behind, then it waits.
[[noreturn]] void run_case(const lab::RunIdentity& identity, pid_t harness, int facts_fd) {
  lab::die_with_parent(harness);
  try {
    const bool isolated = identity.isolation != Isolation::none;
    const lab::Lab lab({isolated ? lab::Topology::veth : lab::Topology::loopback, identity});
    const std::string path = lab.scratch() / "path";
    Process plain = Process::start(
        launch_in(lab, Side::client, "plain", {TEST_PROGRAM, "ignore-term", "pause"}));
    Process shell = Process::start(
        launch_in(lab, Side::client, "shell", {"/bin/sh", "-c", "sleep 300 & sleep 300 & wait"}));
    Process daemon = Process::start(launch_in(lab, Side::server, "daemon",
                                              {TEST_PROGRAM, "stream:" + path, "daemon",
                                               "ignore-term", "seqpacket:" + path + "2", "pause"}));
    // Daemon and its path, the shell and its two children, the plain one; by name, since for a
    // moment there are others: the daemon's parent that has ended, a shell's child before its exec.
    const bool up = eventually([&] {
      return std::filesystem::exists(path + "2") &&
             names_of(lab.processes()) ==
                 std::multiset<std::string>{"sh", "sleep", "sleep", "test_program", "test_program"};
    });
    std::ostringstream facts;
    facts << (up ? "up " : "late ") << path;
    for (const char* kind : {"net", "mnt"})
      facts << ' ' << link_text(std::string("/proc/self/ns/") + kind);
    facts << ' ' << link_text("/proc/" + std::to_string(lab.init_pid()) + "/ns/pid");
    facts << ' '
          << link_text("/proc/self/fd/" + std::to_string(lab.host(Side::server).netns.get()));
    facts << " | " << ::getpid() << ' ' << lab.init_pid();
    for (const pid_t pid : lab.processes()) facts << ' ' << pid;
    facts << '\n';
    (void)!::write(facts_fd, facts.str().data(), facts.str().size());
    for (;;) ::pause();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    ::_exit(1);
  }
}

[[noreturn]] void run_harness(const lab::testing::Setup& setup, int facts_fd) {
  try {
    if (setup.caller == Caller::ordinary) lab::testing::become_ordinary();
    const lab::RunIdentity identity = lab::enter_isolation(setup.level);
    const pid_t harness = ::getpid();
    for (int i = 0; i < case_count; ++i)
      if (::fork() == 0) run_case(identity, harness, facts_fd);
    ::close(facts_fd);
    for (;;) ::pause();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    ::_exit(1);
  }
}

CaseFacts parse(const std::string& line) {
  CaseFacts facts;
  std::istringstream words(line);
  std::string word;
  words >> word >> facts.path;
  EXPECT_EQ(word, "up") << line;
  while (words >> word && word != "|") facts.namespaces.push_back(word);
  for (pid_t pid; words >> pid;) facts.processes.push_back(pid);
  return facts;
}

class SigkillTest : public ::testing::TestWithParam<lab::testing::Setup> {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    std::array<int, 2> facts{};
    ASSERT_EQ(::pipe(facts.data()), 0);
    interfaces_before_ = interfaces();
    harness_ = ::fork();
    if (harness_ == 0) run_harness(GetParam(), facts[1]);
    ::close(facts[1]);
    std::string text;
    std::array<char, 4096> buffer;
    while (std::count(text.begin(), text.end(), '\n') < case_count) {
      const ssize_t size = ::read(facts[0], buffer.data(), buffer.size());
      ASSERT_GT(size, 0) << "only this came: " << text;
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    ::close(facts[0]);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) cases_.push_back(parse(line));
  }
  void TearDown() override {
    if (harness_ <= 0) return;
    ::kill(harness_, SIGKILL);
    ::waitpid(harness_, nullptr, 0);
  }

  // What could be seen before must have been there, or the test would prove nothing.
  void expect_alive(const CaseFacts& facts) {
    EXPECT_EQ(facts.processes.size(), 7u);
    for (const pid_t pid : facts.processes) EXPECT_TRUE(exists(pid)) << lab::process_name(pid);
    const auto in_use = namespaces_in_use();
    for (const std::string& name : facts.namespaces) EXPECT_EQ(in_use.count(name), 1u) << name;
    const std::string inside = fmt::format("/proc/{}/root{}", facts.processes[0], facts.path);
    EXPECT_TRUE(std::filesystem::exists(inside)) << inside;
  }
  void expect_gone(const CaseFacts& facts, const std::set<std::string>& shared) {
    for (const pid_t pid : facts.processes)
      EXPECT_TRUE(eventually([&] { return !exists(pid); }))
          << pid << ' ' << lab::process_name(pid) << " outlived its case";
    std::set<std::string> left;
    EXPECT_TRUE(eventually([&] {
      const auto in_use = namespaces_in_use();
      left.clear();
      for (const std::string& name : facts.namespaces)
        if (shared.count(name) == 0 && in_use.count(name) == 1) left.insert(name);
      return left.empty();
    })) << ::testing::PrintToString(left);
    const auto folder = std::filesystem::path(facts.path).parent_path();
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(facts.path); })) << facts.path;
    if (GetParam().level == Isolation::none) {
      EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(folder); })) << folder;
    }
    EXPECT_EQ(interfaces(), interfaces_before_);
  }
  static std::set<std::string> our_namespaces() {
    std::set<std::string> names;
    for (const char* kind : {"net", "pid", "mnt", "user"})
      names.insert(link_text(std::string("/proc/self/ns/") + kind));
    return names;
  }

  pid_t harness_ = -1;
  std::vector<CaseFacts> cases_;
  std::set<std::string> interfaces_before_;
};
INSTANTIATE_TEST_SUITE_P(Levels, SigkillTest,
                         ::testing::Values(lab::testing::Setup{Caller::root, Isolation::user},
                                           lab::testing::Setup{Caller::root, Isolation::root},
                                           lab::testing::Setup{Caller::root, Isolation::none},
                                           lab::testing::Setup{Caller::ordinary, Isolation::user},
                                           lab::testing::Setup{Caller::ordinary, Isolation::none}),
                         lab::testing::setup_name);

TEST_P(SigkillTest, OfTheHarnessLeavesNothing) {
  ASSERT_EQ(cases_.size(), static_cast<std::size_t>(case_count));
  for (const CaseFacts& facts : cases_) expect_alive(facts);
  ASSERT_EQ(::kill(harness_, SIGKILL), 0);
  ASSERT_EQ(::waitpid(harness_, nullptr, 0), harness_);
  harness_ = -1;
  for (const CaseFacts& facts : cases_) expect_gone(facts, our_namespaces());
}

TEST_P(SigkillTest, OfOneCaseLeavesTheOthersAlone) {
  ASSERT_EQ(cases_.size(), static_cast<std::size_t>(case_count));
  CaseFacts victim = cases_[1];
  const pid_t case_process = victim.processes[0];
  expect_alive(victim);
  ASSERT_EQ(::kill(case_process, SIGKILL), 0);
  victim.processes.erase(victim.processes.begin());  // its parent does not reap it
  expect_gone(victim, our_namespaces());
  expect_alive(cases_[0]);
  expect_alive(cases_[2]);
}

}  // namespace
}  // namespace wireproof::process
