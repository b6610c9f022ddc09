#include "run/stall_watch.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "base/error.h"

namespace wireproof::run {
namespace {

constexpr std::chrono::milliseconds beat{25};

}  // namespace

StallWatch::StallWatch() : stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (!stop_.is_open()) throw_errno("make", "eventfd");
  thread_ = std::thread([this] { watch(); });
}

StallWatch::~StallWatch() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

std::chrono::milliseconds StallWatch::longest() const {
  return std::chrono::milliseconds(longest_ms_.load());
}

void StallWatch::watch() {
  using Clock = std::chrono::steady_clock;
  auto due = Clock::now() + beat;
  while (true) {
    pollfd wait{stop_.get(), POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
    if (::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) > 0) return;
    const auto late = std::chrono::floor<std::chrono::milliseconds>(Clock::now() - due);
    longest_ms_ = std::max(longest_ms_.load(), static_cast<std::int64_t>(late.count()));
    due = Clock::now() + beat;
  }
}

}  // namespace wireproof::run
