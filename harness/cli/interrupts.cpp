#include "cli/interrupts.h"

#include <sys/signalfd.h>

#include "base/error.h"

namespace wireproof::cli {

Interrupts::Interrupts() {
  sigset_t held;
  ::sigemptyset(&held);
  ::sigaddset(&held, SIGINT);
  ::sigaddset(&held, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &held, &before_);
  fd_ = Fd(::signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_.is_open()) {
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    throw_errno("wait for", "signals");
  }
}

// One that has come is taken, so that it does not end the program now.
Interrupts::~Interrupts() {
  signalfd_siginfo taken;
  while (::read(fd_.get(), &taken, sizeof taken) > 0) {
  }
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace wireproof::cli
