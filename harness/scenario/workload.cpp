#include "scenario/workload.h"

#include <algorithm>

namespace wireproof::scenario {

std::string_view name(Pattern pattern) {
  constexpr std::string_view names[] = {
      "request-response", "connect-request-close", "connect-close", "stream", "one-way", "idle"};
  return names[static_cast<std::size_t>(pattern)];
}

std::string_view name(Direction direction) {
  constexpr std::string_view names[] = {"to-server", "from-server", "both"};
  return names[static_cast<std::size_t>(direction)];
}

std::string_view name(ArrivalKind kind) {
  constexpr std::string_view names[] = {"closed", "constant", "poisson", "schedule", "recorded"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name(SizeKind kind) {
  constexpr std::string_view names[] = {"fixed", "uniform", "exponential"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name(Framing framing) {
  constexpr std::string_view names[] = {"any",   "length", "delimiter",    "length-prefix",
                                        "regex", "echo",   "end-of-stream"};
  return names[static_cast<std::size_t>(framing)];
}

std::string_view name(CloseBy who) {
  constexpr std::string_view names[] = {"client", "shutdown", "server", "reset"};
  return names[static_cast<std::size_t>(who)];
}

std::string_view name(EngineKind kind) {
  constexpr std::string_view names[] = {"auto", "blocking", "epoll", "io_uring"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name(CaptureKind kind) {
  constexpr std::string_view names[] = {"auto", "none", "handshakes", "headers", "whole"};
  return names[static_cast<std::size_t>(kind)];
}

nanoseconds Workload::warm_up_span() const {
  if (warm_up) return *warm_up;
  if (operations != 0) return nanoseconds(0);
  // Held for the whole duration: once they are open.
  if (pattern == Pattern::idle) return ramp + std::chrono::milliseconds(500);
  // Where rates or connections go in steps, the first is looked at as the last.
  if (ramp_steps != 0 || arrivals.kind == ArrivalKind::schedule) return nanoseconds(0);
  return std::min(duration / 10, nanoseconds(1'000'000'000));
}

nanoseconds Workload::longest_warm_up() const {
  if (!find_warm_up) return warm_up_span();
  return std::max(duration, nanoseconds(10'000'000'000));
}

}  // namespace wireproof::scenario
