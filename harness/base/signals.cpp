#include "base/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"

namespace wireproof {

namespace {

sigset_t set_of(std::initializer_list<int> numbers) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : numbers) ::sigaddset(&set, number);
  return set;
}

}  // namespace

HeldSignals::HeldSignals(const sigset_t& held) : held_(held) {
  ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

HeldSignals::HeldSignals(std::initializer_list<int> numbers) : HeldSignals(set_of(numbers)) {}

HeldSignals HeldSignals::all() {
  sigset_t every;
  ::sigfillset(&every);
  return HeldSignals(every);
}

HeldSignals::~HeldSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

Signals::Signals(std::initializer_list<int> numbers) : held_(numbers) {
  fd_ = Fd(::signalfd(-1, &held_.set(), SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_.is_open()) throw_errno("make", "a signalfd");
}

// A second Ctrl-C that came meanwhile is the same wish: it must not end what follows.
Signals::~Signals() {
  while (take() != 0) {
  }
}

int Signals::take() {
  signalfd_siginfo info{};
  const ssize_t got = retry_eintr([&] { return ::read(fd_.get(), &info, sizeof info); });
  return got == static_cast<ssize_t>(sizeof info) ? static_cast<int>(info.ssi_signo) : 0;
}

}  // namespace wireproof
