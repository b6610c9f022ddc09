#include "step/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"

namespace wireproof::step {

Signals::Signals() {
  ::sigemptyset(&wanted_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP}) {
    ::sigaddset(&wanted_, number);
  }
  ::sigprocmask(SIG_BLOCK, &wanted_, &before_);
  fd_ = Fd(::signalfd(-1, &wanted_, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_.is_open()) throw_errno("make", "a signalfd");
}

Signals::~Signals() {
  // A second Ctrl-C that came meanwhile is the same wish.
  while (take() != 0) {
  }
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int Signals::take() {
  signalfd_siginfo info{};
  const ssize_t got = retry_eintr([&] { return ::read(fd_.get(), &info, sizeof info); });
  return got == static_cast<ssize_t>(sizeof info) ? static_cast<int>(info.ssi_signo) : 0;
}

}  // namespace wireproof::step
