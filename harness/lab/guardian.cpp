#include "lab/guardian.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "lab/mounts.h"
#include "lab/process_tree.h"

namespace wireproof::lab {

namespace {

// rm(1), since after fork(2) of a process with threads only system calls are safe.
void remove_folder(const char* folder) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/rm", "rm", "-rf", "--", folder, static_cast<char*>(nullptr));
    ::_exit(127);
  }
  if (child > 0) ::waitpid(child, nullptr, 0);
}

[[noreturn]] void guard(const char* folder, pid_t owner) {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::prctl(PR_SET_NAME, guardian_name);
  ::setsid();
  ::close_range(0, ~0u, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  siginfo_t info;
  while (::getppid() == owner && ::sigwaitinfo(&end, &info) == -1) {
  }
  // A program that is being killed at this moment may still make a file: then once more.
  for (int attempt = 0; attempt < 100 && ::access(folder, F_OK) == 0; ++attempt) {
    if (attempt > 0) {
      const timespec pause{0, 10'000'000};
      ::nanosleep(&pause, nullptr);
    }
    remove_folder(folder);
  }
  ::_exit(0);
}

}  // namespace

Guardian::Guardian() : folder_(make_scratch_folder()) {
  const pid_t owner = ::getpid();
  pid_ = retry_eintr([] { return ::fork(); });
  if (pid_ == 0) guard(folder_.c_str(), owner);
  if (pid_ > 0) return;
  const int refused = errno;
  std::error_code ignored;
  std::filesystem::remove(folder_, ignored);
  throw SystemError("start", "the guardian of the scratch folder", refused);
}

Guardian::~Guardian() {
  std::error_code ignored;  // what cannot be removed here the guardian cannot remove either
  std::filesystem::remove_all(folder_, ignored);
  ::kill(pid_, SIGKILL);
  retry_eintr([this] { return ::waitpid(pid_, nullptr, 0); });
}

}  // namespace wireproof::lab
