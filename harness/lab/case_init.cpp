#include "lab/case_init.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/error.h"
#include "lab/lab.h"
#include "lab/process_tree.h"

namespace wireproof::lab {

namespace {

constexpr int reap_timeout_ms = 5'000;

// Runs after a bare clone(2) of a process that may have threads: system calls only.
[[noreturn]] void run_init(int ready_fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, init_name);
  ::setsid();  // signals from the terminal are the harness's business
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  const bool own_proc =
      ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
  // Fails where the case process died before the parent-death signal was set: nobody reads.
  ::dup2(ready_fd, 0);
  ::close_range(1, ~0u, 0);
  const char ready = own_proc ? 'p' : '-';
  if (::write(0, &ready, 1) != 1) ::_exit(1);
  ::close(0);
  for (;;) {
    siginfo_t info;
    const int number = ::sigwaitinfo(&all, &info);
    if (number == SIGCHLD) {
      while (::waitpid(-1, nullptr, WNOHANG) > 0) {
      }
    } else if (number > 0) {
      ::kill(-1, number);  // to every process of the namespace but this one
    }
  }
}

}  // namespace

CaseInit::CaseInit() {
  std::array<int, 2> ends;
  checked("make", "a pipe", [&] { return ::pipe2(ends.data(), O_CLOEXEC); });
  Fd read_end(ends[0]), write_end(ends[1]);
  int pidfd = -1;
  constexpr unsigned long flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_PIDFD | SIGCHLD;
  const long pid = ::syscall(SYS_clone, flags, nullptr, &pidfd, nullptr, 0ul);
  if (pid == -1) throw_errno("make", "a PID namespace");
  if (pid == 0) run_init(write_end.get());
  pid_ = static_cast<pid_t>(pid);
  pidfd_ = Fd(pidfd);
  write_end.close();
  char ready = 0;
  const ssize_t got = retry_eintr([&] { return ::read(read_end.get(), &ready, 1); });
  if (got != 1) throw SystemError("start", "the case's init process", ECHILD);
  own_proc_ = ready == 'p';
}

CaseInit::~CaseInit() {
  ::kill(pid_, SIGKILL);
  // Its end is held up by programs that nobody has reaped yet; they are dead all the same.
  pollfd wait{pidfd_.get(), POLLIN, 0};
  if (::poll(&wait, 1, reap_timeout_ms) == 1) ::waitpid(pid_, nullptr, 0);
}

}  // namespace wireproof::lab
