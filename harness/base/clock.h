// Points in time: CLOCK_REALTIME in nanoseconds (what captures and reports carry) and deadlines on
// the steady clock (what waits use).
#pragma once

#include <chrono>
#include <cstdint>

namespace wireproof {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Nanoseconds since the Unix epoch, comparable to capture time stamps.
inline std::int64_t realtime_ns() {
  return std::chrono::duration_cast<nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A moment on the steady clock after which a wait is given up.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;
  static Deadline after(nanoseconds span) { return Deadline(Clock::now() + span); }
  static Deadline at(Clock::time_point moment) { return Deadline(moment); }

  bool passed() const { return Clock::now() >= moment_; }
  nanoseconds remaining() const {
    const auto left = moment_ - Clock::now();
    return left > left.zero() ? std::chrono::duration_cast<nanoseconds>(left) : nanoseconds{0};
  }
  // For poll(2): rounded up, so that a wait never ends before the deadline; 0 when passed.
  int remaining_ms() const {
    const auto left = remaining() + std::chrono::nanoseconds(999'999);
    return static_cast<int>(std::chrono::duration_cast<milliseconds>(left).count());
  }
  Clock::time_point moment() const { return moment_; }
  friend Deadline earlier(const Deadline& a, const Deadline& b) {
    return a.moment_ < b.moment_ ? a : b;
  }

 private:
  explicit Deadline(Clock::time_point moment) : moment_(moment) {}
  Clock::time_point moment_;
};

}  // namespace wireproof
