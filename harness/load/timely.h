// Held by a thread that has moments to keep, from its beginning to its end: signals are the main
// thread's, and timers are not the usual 50 microseconds late. Thread rule: of the thread that
// makes it.
#pragma once

#include <sys/prctl.h>

#include "base/signals.h"

namespace wireproof::load {

class Timely {
 public:
  Timely() { ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }
  Timely(const Timely&) = delete;

 private:
  const HeldSignals held_ = HeldSignals::all();
};

}  // namespace wireproof::load
