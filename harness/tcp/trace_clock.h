// A capture's time as it passes for whoever waits for something in it: never back, and no leap is
// more than a minute (a stepped clock, or a file of samples from several years). Thread rule: one
// thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace wireproof::tcp {

class TraceClock {
 public:
  // Of the next packet.
  void advance(std::int64_t time_ns) {
    constexpr std::int64_t longest_leap = 60'000'000'000, another_time = 3'600'000'000'000;
    if (!started_ || time_ns < latest_ - another_time) {
      started_ = true;
      latest_ = time_ns;
    }
    if (time_ns <= latest_) return;
    now_ += std::min(time_ns - latest_, longest_leap);
    latest_ = time_ns;
  }
  // What another clock says, which has seen more.
  void follow(std::int64_t now) { now_ = std::max(now_, now); }
  std::int64_t now() const { return now_; }  // from 1

 private:
  std::int64_t latest_ = 0, now_ = 1;
  bool started_ = false;
};

}  // namespace wireproof::tcp
