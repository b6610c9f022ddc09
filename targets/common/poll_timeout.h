#ifndef WIREPROOF_TARGETS_COMMON_POLL_TIMEOUT_H_
#define WIREPROOF_TARGETS_COMMON_POLL_TIMEOUT_H_

#include <chrono>

namespace targets {

// poll() starts its timeout anew after an interruption; this remembers what is left of it.
class PollTimeout {
 public:
  using Clock = std::chrono::steady_clock;

  // -1: for ever.
  explicit PollTimeout(int milliseconds)
      : forever_(milliseconds < 0), end_(Clock::now() + std::chrono::milliseconds(milliseconds)) {}

  // Rounded up, so that a wait does not end a little early and spin.
  int left() const {
    if (forever_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
  }

 private:
  bool forever_;
  Clock::time_point end_;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_POLL_TIMEOUT_H_
