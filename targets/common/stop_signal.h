#ifndef WIREPROOF_TARGETS_COMMON_STOP_SIGNAL_H_
#define WIREPROOF_TARGETS_COMMON_STOP_SIGNAL_H_

#include "common/fd.h"

namespace targets {

// SIGTERM and SIGINT as a descriptor that becomes readable, and stays so: waiting for I/O and
// for the signal is then one wait, without a moment in which a signal could be missed.
// Must exist before any thread is started, since it blocks the signals for all of them.
class StopSignal {
 public:
  enum class Reaction { stop, ignore };

  explicit StopSignal(Reaction reaction = Reaction::stop);

  int fd() const { return fd_.get(); }
  // Sleeps; true as soon as a signal has come. -1 waits for ever.
  bool wait(int milliseconds) const;

 private:
  Fd fd_;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_STOP_SIGNAL_H_
