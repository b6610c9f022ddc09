// What this machine can do at this moment: a bare echo loop, a client and a server thread that send
// 64 bytes to and fro with nothing between them and the kernel. Run before and after a measurement,
// in the same namespace, it makes of each figure a ratio that holds on a noisy machine as well.
// Thread rule: blocks its caller for `span`. Lifetime: leaves nothing.
#pragma once

#include <chrono>
#include <optional>

#include "load/histogram.h"
#include "load/result.h"
#include "scenario/model.h"

namespace wireproof::load {

class ReferenceLoop {
 public:
  // TCP and UDP over 127.0.0.1 or ::1; UNIX sockets as a socketpair(2).
  ReferenceLoop(scenario::Transport transport, scenario::Family family)
      : transport_(transport), family_(family) {}

  // One round; says why where there can be none (no loopback here).
  std::string round(std::chrono::nanoseconds span);
  // Of all rounds, with the ratios of `result` to them; absent where there was none.
  std::optional<Reference> against(const LoadResult& result) const;

 private:
  scenario::Transport transport_;
  scenario::Family family_;
  Histogram round_trips_;
  double seconds_ = 0;
  unsigned rounds_ = 0;
};

}  // namespace wireproof::load
