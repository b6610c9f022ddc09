#include "common/server_processes.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "common/error.h"

namespace targets {

void ServerProcesses::add_option(OptionTable& table, unsigned& all) {
  table.number<unsigned>("--processes", all, "that share the bound socket (default 1)", 1, 64);
}

ServerProcesses::ServerProcesses(unsigned all) {
  const pid_t parent = getpid();
  for (unsigned i = 1; i < all; ++i) {
    const pid_t pid = check(fork(), "start", "another process of the server");
    if (pid == 0) {
      others_.clear();
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (getppid() != parent) std::raise(SIGTERM);
      return;
    }
    others_.push_back(pid);
  }
}

ServerProcesses::~ServerProcesses() {
  for (const pid_t pid : others_) kill(pid, SIGTERM);
  for (const pid_t pid : others_) {
    retry_interrupted([&] { return waitpid(pid, nullptr, 0); });
  }
}

}  // namespace targets
