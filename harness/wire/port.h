// Frames sent on one interface, in batches of one system call, past the queueing discipline.
// Thread rule: one thread at a time. Lifetime: what is lent must stay until flush().
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"

namespace wireproof::wire {

class Port {
 public:
  // In the calling thread's network namespace. Throws SystemError.
  explicit Port(const std::string& interface);

  void lend(std::span<const std::uint8_t> frame);
  void give(std::vector<std::uint8_t> frame);
  // Tries again, for a short time, while the other end's queue is full; what the interface will
  // not take counts as a failure.
  void flush();

  std::uint64_t failures() const { return failures_; }
  std::uint64_t retries() const { return retries_; }
  const std::string& last_failure() const { return last_failure_; }  // errno's words

 private:
  std::string interface_, last_failure_;
  Fd fd_;
  std::vector<std::vector<std::uint8_t>> owned_;
  std::vector<iovec> frames_;
  std::vector<mmsghdr> messages_;
  std::uint64_t failures_ = 0, retries_ = 0;
};

}  // namespace wireproof::wire
