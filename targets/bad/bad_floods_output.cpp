// tcp-server that writes to standard output and standard error without end while it serves.
// On the wire: all is right.

#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "stream/servers.h"

namespace {

void flood() {
  const std::string line(4095, 'x');
  for (;;) {
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
      if (write(fd, (line + '\n').data(), line.size() + 1) < 0) return;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  // The server, not this thread, is to receive the stop signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) return 1;
  std::thread(flood).detach();
  // Its own lines would wait behind the flood whenever nobody reads it.
  std::vector<char*> arguments(argv, argv + argc);
  std::string quiet = "--quiet";
  arguments.push_back(quiet.data());
  return targets::run_tcp_server(argc + 1, arguments.data());
}
