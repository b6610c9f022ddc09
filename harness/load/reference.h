// What this machine can do at this moment: a bare echo loop, a client and a server thread that send
// 64 bytes to and fro with nothing between them and the kernel. Run before, after and in the pauses
// of a measurement (plan.h), in the same namespace, it makes of each figure a ratio that holds on a
// noisy machine as well.
// Thread rule: blocks its caller for `span`. Lifetime: leaves nothing.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "load/histogram.h"
#include "load/result.h"
#include "load/turns.h"
#include "scenario/model.h"

namespace wireproof::load {

class ReferenceLoop {
 public:
  // TCP and UDP over 127.0.0.1 or ::1; UNIX sockets as a socketpair(2).
  ReferenceLoop(scenario::Transport transport, scenario::Family family)
      : transport_(transport), family_(family) {}

  // One round; says why where there can be none (no loopback here).
  std::string round(std::chrono::nanoseconds span);
  // Of all rounds; and where the load is of exchanges, its ratio to them: of each turn (turns.h) to
  // the rounds just before and after. Absent where there was no round.
  std::optional<Reference> against(const std::vector<Recording>& repetitions) const;
  double cpu_ms() const { return cpu_ms_; }  // of both threads, in all rounds

 private:
  struct Round {
    std::int64_t start_ns = 0;
    double rate_per_s = 0, p50_ns = 0;
  };
  // What the rounds beside a turn made, on average.
  Round beside(const Turn& turn) const;

  scenario::Transport transport_;
  scenario::Family family_;
  Histogram round_trips_;
  std::vector<Round> rounds_;
  double seconds_ = 0, cpu_ms_ = 0;
};

}  // namespace wireproof::load
