#include "lab/process_tree.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace wireproof::lab {
namespace {

// A child with a child; each says so on a pipe, and waits.
struct Family {
  Family() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return;
    child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_NAME, "a (strange) one");
      const pid_t own = ::fork();
      if (own > 0) (void)!::write(ends[1], &own, sizeof own);
      for (;;) ::pause();
    }
    (void)!::read(ends[0], &grandchild, sizeof grandchild);
    for (const int end : ends) ::close(end);
  }
  ~Family() {
    ::kill(grandchild, SIGKILL);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  pid_t child = -1, grandchild = -1;
};

bool contains(const std::vector<pid_t>& pids, pid_t pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

TEST(ProcessTree, FindsChildrenAndTheirs) {
  const Family family;
  EXPECT_EQ(descendants(family.child), std::vector<pid_t>{family.grandchild});
  const auto all = descendants(::getpid());
  EXPECT_TRUE(contains(all, family.child));
  EXPECT_TRUE(contains(all, family.grandchild));
  EXPECT_FALSE(contains(all, ::getpid()));
  EXPECT_TRUE(descendants(family.grandchild).empty());
  EXPECT_EQ(process_name(family.child), "a (strange) one");
}

TEST(ProcessTree, ZombiesAreDead) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(contains(descendants(::getpid()), child));
  ::waitpid(child, nullptr, 0);
}

TEST(ProcessTree, OurOwnHelpersAreLeftOutButNotTheirChildren) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t helper = ::fork();
  if (helper == 0) {
    ::prctl(PR_SET_NAME, guardian_name);
    const pid_t own = ::fork();
    if (own == 0) ::prctl(PR_SET_NAME, "program");
    if (own > 0) (void)!::write(ends[1], &own, sizeof own);
    for (;;) ::pause();
  }
  pid_t program = -1;
  ASSERT_EQ(::read(ends[0], &program, sizeof program), static_cast<ssize_t>(sizeof program));
  while (process_name(program) != "program") ::usleep(1000);
  const auto found = descendants(::getpid());
  EXPECT_FALSE(contains(found, helper));
  EXPECT_TRUE(contains(found, program));
  ::kill(program, SIGKILL);
  ::kill(helper, SIGKILL);
  ::waitpid(helper, nullptr, 0);
  for (const int end : ends) ::close(end);
}

TEST(ProcessTree, WhoHasEndedHasNobody) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(descendants(child).empty());
  EXPECT_EQ(process_name(child), "");
  EXPECT_FALSE(our_own(child));
}

}  // namespace
}  // namespace wireproof::lab
