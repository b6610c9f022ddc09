#include "process/launcher.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/signals.h"
#include "process/supervisor.h"

namespace wireproof::process {

namespace {

std::pair<Fd, Fd> make_pipe() {
  std::array<int, 2> ends{};
  checked("make", "a pipe", [&] { return ::pipe2(ends.data(), O_CLOEXEC); });
  return {Fd(ends[0]), Fd(ends[1])};
}

// A process enters a PID namespace only by being born there, and only single-threaded processes
// make threads after changing where theirs are born: so a child of ours changes, and has the
// program as its sibling (CLONE_PARENT).
[[noreturn]] void launch_into_namespace(const ChildPlan& plan, int init_pidfd) {
  if (::setns(init_pidfd, CLONE_NEWPID | CLONE_NEWNS) != 0) {
    send_report(plan.report_fd, Step::enter_namespaces, errno);
    ::_exit(1);
  }
  const long pid = ::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, 0ul);
  if (pid == 0) become_program(plan);
  send_report(plan.report_fd, pid > 0 ? Step::started : Step::fork_program,
              pid > 0 ? static_cast<int>(pid) : errno);
  ::_exit(0);
}

void reap(pid_t pid) {
  retry_eintr([&] { return ::waitpid(pid, nullptr, 0); });
}

}  // namespace

Launch launch(ChildPlan plan, Place place, int init_pidfd) {
  Launch result;
  auto [report_read, report_write] = make_pipe();
  plan.report_fd = report_write.get();
  Fd status_write;
  if (place == Place::supervised) std::tie(result.status, status_write) = make_pipe();
  const pid_t owner = ::getpid();
  if (place == Place::here) plan.parent = owner;
  pid_t child = -1;
  {
    // No signal handler of ours may run in a child before its signals are reset.
    const HeldSignals held = HeldSignals::all();
    child = ::fork();
    if (child == 0) {
      switch (place) {
        case Place::here:
          become_program(plan);
        case Place::pid_namespace:
          launch_into_namespace(plan, init_pidfd);
        case Place::supervised:
          supervise(plan, owner, status_write.get());
      }
    }
  }
  if (child == -1) throw_errno("fork", "a process");
  report_write.close();
  status_write.close();
  if (place == Place::here) result.pid = child;
  if (place == Place::supervised) result.supervisor = child;
  // Ends when the last holder of the pipe has executed the program, or has ended.
  for (Report report; retry_eintr([&, report_fd = report_read.get()] {
                        return ::read(report_fd, &report, sizeof report);
                      }) == static_cast<ssize_t>(sizeof report);) {
    if (report.step == Step::started)
      result.pid = report.value;
    else
      result.failure = report;
  }
  if (place == Place::pid_namespace) reap(child);
  if (result.pid == -1 && result.started()) result.failure = {Step::fork_program, ECHILD};
  if (!result.started()) {
    if (place != Place::supervised && result.pid > 0) reap(result.pid);
    if (place == Place::supervised) reap(child);
  }
  return result;
}

}  // namespace wireproof::process
