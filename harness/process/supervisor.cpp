#include "process/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/process_tree.h"

namespace wireproof::process {

namespace {

// "/proc/self/task/PID/children" without the C library's formatting.
void children_path(char* out) {
  for (const char* c = "/proc/self/task/"; *c != '\0'; ++c) *out++ = *c;
  char digits[12];
  int count = 0;
  for (pid_t pid = ::getpid(); pid > 0; pid /= 10)
    digits[count++] = static_cast<char>('0' + pid % 10);
  while (count > 0) *out++ = digits[--count];
  for (const char* c = "/children"; *c != '\0'; ++c) *out++ = *c;
  *out = '\0';
}

// False where the kernel does not tell (CONFIG_PROC_CHILDREN).
bool kill_children() {
  char path[64];
  children_path(path);
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char buffer[4096];
  pid_t pid = 0;
  for (ssize_t size; (size = ::read(file, buffer, sizeof buffer)) > 0;) {
    for (ssize_t i = 0; i < size; ++i) {
      if (buffer[i] >= '0' && buffer[i] <= '9') {
        pid = pid * 10 + (buffer[i] - '0');
      } else if (pid > 0) {
        ::kill(pid, SIGKILL);  // ours and not yet reaped: the number is nobody else's
        pid = 0;
      }
    }
  }
  ::close(file);
  return true;
}

// Children die, theirs become ours and die: until there are none.
[[noreturn]] void end_all() {
  while (kill_children() && ::waitpid(-1, nullptr, 0) > 0) {
  }
  ::_exit(0);
}

// False when no child is left.
bool reap(pid_t program, int status_fd) {
  for (;;) {
    SupervisedEnd end;
    const pid_t pid = ::wait4(-1, &end.wait_status, WNOHANG, &end.usage);
    if (pid == 0) return true;
    if (pid < 0) return errno != ECHILD;
    if (pid == program) (void)!::write(status_fd, &end, sizeof end);
  }
}

}  // namespace

void supervise(const ChildPlan& plan, pid_t owner, int status_fd) {
  ::prctl(PR_SET_NAME, lab::guardian_name);
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != owner) ::_exit(1);
  ChildPlan child_plan = plan;
  child_plan.parent = ::getpid();
  const pid_t program = ::fork();
  if (program == 0) become_program(child_plan);
  send_report(plan.report_fd, program > 0 ? Step::started : Step::fork_program,
              program > 0 ? program : errno);
  if (program < 0) ::_exit(1);
  ::dup2(status_fd, 0);
  ::close_range(1, ~0u, 0);
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  while (reap(program, 0)) {
    siginfo_t info;
    if (::sigwaitinfo(&awaited, &info) == SIGTERM) end_all();
  }
  ::_exit(0);
}

}  // namespace wireproof::process
