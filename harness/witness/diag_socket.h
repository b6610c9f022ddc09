// A netlink socket to sock_diag(7): sends a request, hands on what comes back.
// Thread rule: one thread at a time. Stays in the namespace it was made in. Throws SystemError.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/fd.h"

namespace wireproof::witness {

class DiagSocket {
 public:
  using Each = std::function<void(const nlmsghdr&)>;

  // `groups`: multicast groups to join, a bit each.
  explicit DiagSocket(int netns_fd, std::uint32_t groups = 0);
  int fd() const { return socket_.get(); }

  // Calls `start`, then `each` for every message of the dump. Where the kernel says that its tables
  // changed in between, all of it again.
  void dump(std::uint16_t type, const void* request, std::size_t size,
            const std::function<void()>& start, const Each& each);
  // What is waiting. False where the kernel had no room for all there was (ENOBUFS).
  bool drain(const Each& each);

 private:
  enum class DumpEnd : std::uint8_t { whole, interrupted };
  DumpEnd dump_once(std::span<const char> message, const Each& each);
  Fd socket_;
  std::uint32_t sequence_ = 0;
  std::vector<char> buffer_;
};

}  // namespace wireproof::witness
