#include <linux/sock_diag.h>

#include "witness/diag_socket.h"
#include "witness/inet_diag.h"
#include "witness/socket_table.h"

namespace wireproof::witness {

namespace {

constexpr std::uint32_t tcp_groups =
    1u << (SKNLGRP_INET_TCP_DESTROY - 1) | 1u << (SKNLGRP_INET6_TCP_DESTROY - 1);

}  // namespace

struct DestroyedSockets::Impl {
  explicit Impl(int netns_fd) : socket(netns_fd, tcp_groups) {}
  DiagSocket socket;
  std::uint64_t overruns = 0;
};

DestroyedSockets::DestroyedSockets(int netns_fd) : impl_(std::make_unique<Impl>(netns_fd)) {}
DestroyedSockets::~DestroyedSockets() = default;
DestroyedSockets::DestroyedSockets(DestroyedSockets&&) noexcept = default;

int DestroyedSockets::fd() const { return impl_->socket.fd(); }
std::uint64_t DestroyedSockets::overruns() const { return impl_->overruns; }

std::vector<TcpSocket> DestroyedSockets::drain() {
  std::vector<TcpSocket> sockets;
  const std::int64_t now = realtime_ns();
  const bool whole = impl_->socket.drain([&](const nlmsghdr& message) {
    if (auto socket = parse_tcp(message, now)) sockets.push_back(*socket);
  });
  if (!whole) ++impl_->overruns;
  return sockets;
}

}  // namespace wireproof::witness
