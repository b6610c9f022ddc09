#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "lab/lab.h"

namespace wireproof::lab {

namespace {

bool same_file(int a, int b) {
  struct stat first = {};
  struct stat second = {};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_ino == second.st_ino &&
         first.st_dev == second.st_dev;
}

}  // namespace

NetnsScope::NetnsScope(int netns_fd) {
  if (netns_fd < 0) return;
  const char* own = "/proc/thread-self/ns/net";
  Fd home(checked("open", own, [&] { return ::open(own, O_RDONLY | O_CLOEXEC); }));
  // Without CAP_SYS_ADMIN (isolation none) even entering the present namespace is refused.
  if (same_file(home.get(), netns_fd)) return;
  if (::setns(netns_fd, CLONE_NEWNET) == -1) throw_errno("enter", "a network namespace");
  home_ = std::move(home);
}

NetnsScope::~NetnsScope() {
  if (home_.is_open()) ::setns(home_.get(), CLONE_NEWNET);
}

void die_with_parent(pid_t expected_parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) == -1) throw_errno("set", "the parent-death signal");
  if (::getppid() != expected_parent) ::kill(::getpid(), SIGKILL);
}

}  // namespace wireproof::lab
