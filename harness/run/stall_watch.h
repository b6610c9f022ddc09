// Notices that the machine stood still: a thread that wakes at a fixed beat and records how late it
// was. A case that missed a deadline while the machine stalled proves nothing about its programs.
// Thread rule: make, ask and destroy on one thread; its own thread is owned within.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "base/fd.h"

namespace wireproof::run {

class StallWatch {
 public:
  StallWatch();
  ~StallWatch();
  StallWatch(const StallWatch&) = delete;

  std::chrono::milliseconds longest() const;

 private:
  void watch();

  Fd stop_;
  std::atomic<std::int64_t> longest_ms_{0};
  std::thread thread_;
};

}  // namespace wireproof::run
