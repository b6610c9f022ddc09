// tcp-server that leaves a process behind: a grandchild in a session of its own, which keeps
// standard output and standard error open and sleeps until it is killed. The server itself is
// right, and ends on SIGTERM.
// On the wire: all is right.

#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "common/error.h"
#include "common/output.h"
#include "stream/servers.h"

namespace {

[[noreturn]] void sleep_for_ever() {
  for (;;) pause();
}

void leave_a_process_behind() {
  const pid_t child = targets::check(fork(), "fork", "a child");
  if (child != 0) {
    int status = 0;
    targets::check(waitpid(child, &status, 0), "wait for", "the child");
    return;
  }
  if (setsid() == -1) _exit(1);
  const pid_t grandchild = fork();
  if (grandchild == 0) sleep_for_ever();
  if (grandchild > 0) targets::print_line("left process " + std::to_string(grandchild) + " behind");
  _exit(grandchild > 0 ? 0 : 1);
}

}  // namespace

int main(int argc, char** argv) {
  const int status = targets::run_program(leave_a_process_behind);
  return status != 0 ? status : targets::run_tcp_server(argc, argv);
}
