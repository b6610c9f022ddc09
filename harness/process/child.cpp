#include "process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wireproof::process {

namespace {

[[noreturn]] void fail(const ChildPlan& plan, Step step) {
  send_report(plan.report_fd, step, errno);
  ::_exit(127);
}

void redirect(const ChildPlan& plan) {
  const bool done = ::dup2(plan.standard_input, 0) == 0 && ::dup2(plan.standard_output, 1) == 1 &&
                    ::dup2(plan.standard_error, 2) == 2;
  if (!done) fail(plan, Step::redirect);
  // Whatever of ours is open, and however it was opened, is not the program's.
  ::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
}

void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// The bare calls: the C library's would tell all threads, of which a forked child has none.
void change_user(const ChildPlan& plan) {
  if (::syscall(SYS_setgroups, 0ul, nullptr) != 0) fail(plan, Step::drop_groups);
  if (::syscall(SYS_setresgid, plan.gid, plan.gid, plan.gid) != 0) fail(plan, Step::change_group);
  if (::syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid) != 0) fail(plan, Step::change_user);
}

// While uid 0 still is ours: else set-user-ID programs, and uid 0 itself, gain them on execve
// again.
void drop_bounding_set() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
    ::prctl(PR_CAPBSET_DROP, capability);
}

void drop_capabilities(const ChildPlan& plan) {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  if (::syscall(SYS_capset, &header, none) != 0) fail(plan, Step::drop_capabilities);
}

}  // namespace

void send_report(int fd, Step step, int value) {
  const Report report{step, value};
  (void)!::write(fd, &report, sizeof report);  // nobody reads only where nobody lives
}

void become_program(const ChildPlan& plan) {
  ::setsid();
  redirect(plan);
  reset_signals();
  if (plan.netns_fd >= 0 && ::setns(plan.netns_fd, CLONE_NEWNET) != 0)
    fail(plan, Step::enter_netns);
  if (plan.working_folder != nullptr && ::chdir(plan.working_folder) != 0)
    fail(plan, Step::change_folder);
  raise_descriptor_limit();
  if (::geteuid() == 0) drop_bounding_set();
  if (plan.changes_user) change_user(plan);
  drop_capabilities(plan);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of user, which clears it
  if (plan.parent != 0 && ::getppid() != plan.parent) ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(plan.path, plan.arguments, plan.environment);
  if (errno == EACCES && plan.program_fd >= 0) {
    // An interpreter opens the script once more, as /dev/fd/N.
    if (plan.program_is_script) ::fcntl(plan.program_fd, F_SETFD, 0);
    ::syscall(SYS_execveat, plan.program_fd, "", plan.arguments, plan.environment, AT_EMPTY_PATH);
  }
  fail(plan, Step::execute);
}

}  // namespace wireproof::process
