#include "common/stop_signal.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <chrono>
#include <csignal>

#include "common/error.h"
#include "common/poll_timeout.h"

namespace targets {

StopSignal::StopSignal(Reaction reaction) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) {
    if (reaction == Reaction::stop) {
      sigaddset(&signals, signal);
    } else if (std::signal(signal, SIG_IGN) == SIG_ERR) {
      throw_errno("ignore", "SIGTERM and SIGINT");
    }
  }
  check(sigprocmask(SIG_BLOCK, &signals, nullptr), "block", "SIGTERM and SIGINT");
  fd_ = Fd(check(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC), "make", "a signalfd"));
}

bool StopSignal::wait(int milliseconds) const {
  const PollTimeout timeout(milliseconds);
  pollfd poll_fd{fd(), POLLIN, 0};
  return check(retry_interrupted([&] { return poll(&poll_fd, 1, timeout.left()); }), "wait for",
               "a signal") > 0;
}

}  // namespace targets
