#include "load/reference.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <thread>

#include "base/fd.h"
#include "load/now.h"

namespace wireproof::load {
namespace {

constexpr std::size_t message_bytes = 64;
constexpr timeval patience{1, 0};  // a lost datagram must not stop a round for ever

struct Pair {
  Fd client, server;
};

sockaddr_storage loopback(bool v6, socklen_t& size) {
  sockaddr_storage storage{};
  if (v6) {
    auto& address = reinterpret_cast<sockaddr_in6&>(storage);
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    size = sizeof address;
  } else {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = sizeof address;
  }
  return storage;
}

// Bound to a port of the kernel's choice; its address in `storage`.
Fd bound(int type, sockaddr_storage& storage, socklen_t size) {
  Fd fd(::socket(storage.ss_family, type | SOCK_CLOEXEC, 0));
  if (!fd.is_open() || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return {};
  }
  return fd;
}

bool connect_to(const Fd& fd, const sockaddr_storage& storage, socklen_t size) {
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) == 0;
}

Pair udp_pair(bool v6) {
  socklen_t size = 0;
  const sockaddr_storage any = loopback(v6, size);
  sockaddr_storage one = any, other = any;
  Pair pair{bound(SOCK_DGRAM, one, size), bound(SOCK_DGRAM, other, size)};
  if (!pair.client.is_open() || !pair.server.is_open() || !connect_to(pair.client, other, size) ||
      !connect_to(pair.server, one, size)) {
    return {};
  }
  return pair;
}

Pair tcp_pair(bool v6) {
  socklen_t size = 0;
  sockaddr_storage storage = loopback(v6, size);
  const Fd listener = bound(SOCK_STREAM, storage, size);
  if (!listener.is_open() || ::listen(listener.get(), 1) != 0) return {};
  Pair pair;
  pair.client = Fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!pair.client.is_open() || !connect_to(pair.client, storage, size)) return {};
  pair.server = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const int on = 1;
  for (const Fd* fd : {&pair.client, &pair.server}) {
    ::setsockopt(fd->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return pair;
}

Pair unix_pair(int type) {
  int fds[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) != 0) return {};
  return {Fd(fds[0]), Fd(fds[1])};
}

Pair make_pair_of(scenario::Transport transport, scenario::Family family) {
  using scenario::Transport;
  const bool v6 = family == scenario::Family::ipv6;
  switch (transport) {
    case Transport::tcp:
      return tcp_pair(v6);
    case Transport::udp:
      return udp_pair(v6);
    case Transport::unix_stream:
      return unix_pair(SOCK_STREAM);
    case Transport::unix_datagram:
      return unix_pair(SOCK_DGRAM);
    case Transport::unix_seqpacket:
      return unix_pair(SOCK_SEQPACKET);
  }
  return {};
}

void echo(const Fd& fd) {
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (count <= 1) return;  // the end, or the datagram that stands for it
    ::send(fd.get(), buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL);
  }
}

}  // namespace

std::string ReferenceLoop::round(std::chrono::nanoseconds span) {
  const Pair pair = make_pair_of(transport_, family_);
  if (!pair.client.is_open() || !pair.server.is_open()) {
    return std::string("no sockets for the reference loop: ") + std::strerror(errno);
  }
  for (const Fd* fd : {&pair.client, &pair.server}) {
    ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  std::thread server([&] { echo(pair.server); });
  std::array<char, message_bytes> message;
  message.fill('r');
  std::array<char, 4096> buffer;
  const std::int64_t start = now_ns(), end = start + span.count();
  std::int64_t now = start;
  while (now < end) {
    ::send(pair.client.get(), message.data(), message.size(), MSG_NOSIGNAL);
    if (::recv(pair.client.get(), buffer.data(), buffer.size(), 0) <= 0) break;
    const std::int64_t then = now;
    now = now_ns();
    round_trips_.record(static_cast<std::uint64_t>(now - then));
  }
  seconds_ += static_cast<double>(now - start) / 1e9;
  ++rounds_;
  ::send(pair.client.get(), message.data(), 1, MSG_NOSIGNAL);
  ::shutdown(pair.client.get(), SHUT_WR);
  server.join();
  return {};
}

std::optional<Reference> ReferenceLoop::against(const LoadResult& result) const {
  if (rounds_ == 0 || seconds_ <= 0 || round_trips_.count() < 100) return std::nullopt;
  Reference reference;
  reference.rounds = rounds_;
  reference.transactions_per_s = static_cast<double>(round_trips_.count()) / seconds_;
  reference.p50_ns = round_trips_.value_at(0.5);
  reference.p99_ns = round_trips_.value_at(0.99);
  reference.rate_ratio = result.throughput_per_s / reference.transactions_per_s;
  if (const PhaseResult* latency = result.phase("latency")) {
    for (const Percentile& one : latency->percentiles) {
      if (one.quantile == 0.5) {
        reference.p50_ratio =
            static_cast<double>(one.value_ns) / static_cast<double>(reference.p50_ns);
      }
    }
  }
  return reference;
}

}  // namespace wireproof::load
