#include "load/reference.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <thread>

#include "base/fd.h"
#include "load/now.h"
#include "load/statistics.h"

namespace wireproof::load {
namespace {

constexpr std::size_t message_bytes = 64;
constexpr std::uint64_t fewest_round_trips = 100;  // of a round that says something
constexpr std::size_t fewest_turns = 3;            // for an interval
constexpr timeval patience{1, 0};                  // a lost datagram must not stop a round for ever

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

double thread_cpu_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
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
  double server_cpu_ms = 0;
  std::thread server([&] {
    echo(pair.server);
    server_cpu_ms = thread_cpu_ms();
  });
  std::array<char, message_bytes> message;
  message.fill('r');
  std::array<char, 4096> buffer;
  Histogram round_trips;
  const double cpu_before_ms = thread_cpu_ms();
  const std::int64_t start = now_ns(), end = start + span.count();
  std::int64_t now = start;
  while (now < end) {
    ::send(pair.client.get(), message.data(), message.size(), MSG_NOSIGNAL);
    if (::recv(pair.client.get(), buffer.data(), buffer.size(), 0) <= 0) break;
    const std::int64_t then = now;
    now = now_ns();
    round_trips.record(static_cast<std::uint64_t>(now - then));
  }
  ::send(pair.client.get(), message.data(), 1, MSG_NOSIGNAL);
  ::shutdown(pair.client.get(), SHUT_WR);
  server.join();
  cpu_ms_ += thread_cpu_ms() - cpu_before_ms + server_cpu_ms;
  if (round_trips.count() < fewest_round_trips) return {};  // of no use, and no harm
  const double seconds = static_cast<double>(now - start) / 1e9;
  rounds_.push_back({start, static_cast<double>(round_trips.count()) / seconds,
                     static_cast<double>(round_trips.value_at(0.5))});
  seconds_ += seconds;
  round_trips_.add(round_trips);
  return {};
}

ReferenceLoop::Round ReferenceLoop::beside(const Turn& turn) const {
  // A round ends before the turn that follows it begins, and rounds are in the order of time.
  const auto after = std::ranges::lower_bound(rounds_, turn.end_ns, {}, &Round::start_ns);
  auto before = std::ranges::lower_bound(rounds_, turn.start_ns, {}, &Round::start_ns);
  Round mean;
  double count = 0;
  const auto take = [&](const Round& round) {
    mean.rate_per_s += round.rate_per_s;
    mean.p50_ns += round.p50_ns;
    ++count;
  };
  if (before != rounds_.begin()) take(*--before);
  if (after != rounds_.end()) take(*after);
  if (count == 0) return mean;
  mean.rate_per_s /= count;
  mean.p50_ns /= count;
  return mean;
}

std::optional<Reference> ReferenceLoop::against(const std::vector<Recording>& repetitions) const {
  if (rounds_.empty()) return std::nullopt;
  Reference reference;
  reference.rounds = static_cast<unsigned>(rounds_.size());
  reference.transactions_per_s = static_cast<double>(round_trips_.count()) / seconds_;
  reference.p50_ns = round_trips_.value_at(0.5);
  reference.p99_ns = round_trips_.value_at(0.99);
  std::vector<double> rates, medians;
  for (const Recording& repetition : repetitions) {
    // Nothing that a loop of exchanges could be compared with.
    if (!repetition.plan.workload.exchanges()) return reference;
    for (const Turn& turn : turns_of(repetition)) {
      const Round round = beside(turn);
      if (round.rate_per_s <= 0 || turn.p50_ns == 0) continue;
      rates.push_back(turn.rate_per_s / round.rate_per_s);
      medians.push_back(static_cast<double>(turn.p50_ns) / round.p50_ns);
    }
  }
  if (rates.empty()) return reference;
  reference.rate_ratio = mean_of(rates);
  reference.p50_ratio = mean_of(medians);
  if (rates.size() >= fewest_turns) {
    reference.rate_ratio_interval = mean_interval(rates);
    reference.p50_ratio_interval = mean_interval(medians);
  }
  return reference;
}

}  // namespace wireproof::load
