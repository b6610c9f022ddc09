#include "load/worker.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "load/kernel_stamps.h"
#include "witness/inet_diag.h"

namespace wireproof::load {

using scenario::CloseBy;
using scenario::Direction;
using scenario::Framing;
using scenario::Pattern;

namespace {

constexpr std::size_t most_tcp_infos = 64, most_sends_kept = 20'000;
constexpr int sends_a_turn = 8;
constexpr std::uint32_t connections_with_stamps = 8;
constexpr std::int64_t stamp_gap_ns = 5'000'000;
constexpr std::int64_t unix_retry_ns = 1'000'000;
// On loopback a queue of more waits in memory that has left the processor's cache: a tenth of the
// throughput, and more where the bytes are read. Elsewhere the kernel grows it as the path asks.
constexpr int stream_send_buffer_bytes = 208 << 10;

bool has_peer(const Fd& fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  return fd.is_open() && ::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

// Connections are shared out as evenly as they go.
std::uint64_t share_of(std::uint64_t whole, unsigned share, unsigned shares) {
  return whole / shares + (share < whole % shares ? 1 : 0);
}

struct ThreadTime {
  std::int64_t run_ns = 0, wait_ns = 0;
};

// Zero where the kernel keeps no such count (CONFIG_SCHED_INFO).
ThreadTime thread_time() {
  ThreadTime time;
  std::ifstream("/proc/thread-self/schedstat") >> time.run_ns >> time.wait_ns;
  return time;
}

std::optional<witness::TcpInfo> read_tcp_info(int fd) {
  char bytes[512];
  socklen_t size = sizeof bytes;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, bytes, &size) != 0) return std::nullopt;
  return witness::parse_tcp_info(bytes, size);
}

}  // namespace

Worker::Worker(const Plan& plan, unsigned share)
    : plan_(plan),
      workload_(plan.workload),
      share_(share),
      recorder_(plan.start_ns, plan.window_ns),
      requests_(plan.workload.message, plan.workload.seed),
      answers_(plan.workload.answer, plan.to.type != SOCK_STREAM),
      arrivals_(plan.workload.arrivals, share, plan.threads, plan.workload.seed),
      connections_(share_of(plan.workload.connections, share, plan.threads)),
      ready_(connections_.size()),
      sources_(plan.source_addresses) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i].channel.number = static_cast<std::uint32_t>(i);
    connections_[i].ring.resize(workload_.depth);
  }
  operations_left_ = workload_.operations == 0
                         ? ~std::uint64_t{0}
                         : share_of(workload_.operations, share, plan.threads);
  sweep_span_ns_ = std::clamp<std::int64_t>(workload_.timeout.count() / 20, 1'000'000, 50'000'000);
  next_source_ = share;
  if (workload_.pattern == Pattern::stream) {
    for (std::size_t i = 0; i < workload_.write_bytes; ++i) {
      stream_piece_ += static_cast<char>('!' + i % 89);
    }
  }
}

Worker::~Worker() = default;

void Worker::run() {
  const ThreadTime before = thread_time();
  try {
    EngineOptions options;
    options.kind = plan_.engine;
    options.busy_poll = workload_.busy_poll;
    options.datagrams = plan_.to.type != SOCK_STREAM && plan_.to.type != SOCK_SEQPACKET;
    options.channels = connections_.size();
    if (workload_.pattern == Pattern::stream) options.buffer_bytes = 1u << 20;
    engine_ = make_engine(options, *this);
    engine_name_ = engine_->name();
    loop();
  } catch (const SystemError& error) {
    end_.failure = error.what();
  }
  try {
    finish();
  } catch (const SystemError& error) {
    if (end_.failure.empty()) end_.failure = error.what();
  }
  engine_.reset();
  const ThreadTime after = thread_time();
  end_.run_ns = after.run_ns - before.run_ns;
  end_.runqueue_ns = after.wait_ns - before.wait_ns;
}

void Worker::loop() {
  if (const auto first = arrivals_.next()) next_arrival_ns_ = plan_.start_ns + *first;
  const bool opens_by_arrival = workload_.open_loop() && workload_.connects_each_time();
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (opens_by_arrival) {
      become_ready(connections_[i], plan_.start_ns);
      continue;
    }
    timers_.push({plan_.start_ns + ramp_offset_ns(i), i});
  }
  next_sweep_ns_ = plan_.start_ns + sweep_span_ns_;

  while (true) {
    now_ns_ = now_ns();
    if (plan_.stop != nullptr && plan_.stop->load(std::memory_order_relaxed)) break;
    if (now_ns_ >= next_sweep_ns_) sweep(now_ns_);
    fire_timers(now_ns_);
    dispatch(now_ns_);
    if (now_ns_ >= plan_.drain_ns) break;
    const bool due = next_arrival_ns_ && *next_arrival_ns_ < plan_.end_ns;
    if (over(now_ns_) && in_flight_ == 0 && (!due || operations_left_ == 0)) break;

    std::int64_t until = std::min<std::int64_t>(next_sweep_ns_, plan_.drain_ns);
    if (now_ns_ < plan_.end_ns) until = std::min<std::int64_t>(until, plan_.end_ns);
    if (!timers_.empty()) until = std::min(until, timers_.top().first);
    if (due && ready_count_ > 0) until = std::min(until, *next_arrival_ns_);
    if (!streams_.empty()) {
      until = now_ns_;
      for (const std::uint32_t number : std::exchange(streams_, {}))
        stream_on(connections_[number]);
    }
    engine_->wait(until);
  }
}

// One by one, or so many at each step.
std::int64_t Worker::ramp_offset_ns(std::uint32_t number) const {
  const auto all = static_cast<std::int64_t>(connections_.size());
  if (all < 2) return 0;
  const std::int64_t steps = workload_.ramp_steps == 0 ? all : workload_.ramp_steps;
  return workload_.ramp.count() / steps * (number * steps / all);
}

// Connections whose time has come: to be opened, or to have thought.
void Worker::fire_timers(std::int64_t now) {
  while (!timers_.empty() && timers_.top().first <= now) {
    const auto [when, number] = timers_.top();
    timers_.pop();
    Connection& one = connections_[number];
    if (one.state == State::opening && !one.channel.fd.is_open()) {
      attempt(one);
      continue;
    }
    if (over(now)) continue;
    if (waits_out_pause(one, now)) continue;
    if (one.state == State::closed) {
      open(one, when, now);
    } else if (!workload_.open_loop() && (one.state == State::ready || one.state == State::busy)) {
      fill(one, now);
    }
  }
}

// Where the load pauses now: what is due on a connection is due at the pause's end.
bool Worker::waits_out_pause(Connection& one, std::int64_t now) {
  const std::int64_t until_ns = plan_.paused_until(now);
  if (until_ns != 0) timers_.push({until_ns, one.channel.number});
  return until_ns != 0;
}

// With as many requests as a connection of a closed loop may have in flight.
void Worker::fill(Connection& one, std::int64_t now) {
  while (one.state != State::closed && one.count < workload_.depth) {
    const std::uint32_t before = one.count;
    issue(one, now, now);
    if (one.count <= before) return;  // none is left to send, or it was answered at once
  }
}

bool Worker::take_arrival(std::int64_t now, std::int64_t& intended) {
  if (!next_arrival_ns_ || *next_arrival_ns_ > now || *next_arrival_ns_ >= plan_.end_ns ||
      operations_left_ == 0) {
    return false;
  }
  intended = *next_arrival_ns_;
  const auto next = arrivals_.next();
  next_arrival_ns_ = next ? std::optional(plan_.start_ns + *next) : std::nullopt;
  return true;
}

void Worker::dispatch(std::int64_t now) {
  std::int64_t intended = 0;
  // No more at once than there are connections, so that answers get their turn.
  for (std::size_t turn = ready_count_; turn > 0 && ready_count_ > 0; --turn) {
    if (!take_arrival(now, intended)) return;
    Connection& one = connections_[ready_[ready_head_]];
    ready_head_ = (ready_head_ + 1) % ready_.size();
    --ready_count_;
    one.queued = false;
    if (workload_.connects_each_time()) {
      open(one, intended, now);
    } else {
      issue(one, intended, now);
    }
  }
}

// A connection has room for another request.
void Worker::become_ready(Connection& one, std::int64_t now) {
  one.free_ns = now;
  if (one.queued || !workload_.open_loop()) return;
  ready_[(ready_head_ + ready_count_++) % ready_.size()] = one.channel.number;
  one.queued = true;
}

bool Worker::bind_source(Connection& one) {
  if (plan_.to.transport == scenario::Transport::unix_datagram) {
    return bind_nameless(one.channel.fd);
  }
  if (sources_ <= 1) return true;
  // The port is chosen by connect(2), which knows the other end: more of them fit.
  const int on = 1;
  ::setsockopt(one.channel.fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  SocketAddress source = plan_.first_source;
  std::uint32_t last = 0;  // of the address, 32 bits in network order
  char* const at = reinterpret_cast<char*>(&source.storage) +
                   (source.storage.ss_family == AF_INET6
                        ? offsetof(sockaddr_in6, sin6_addr) + sizeof(in6_addr) - sizeof last
                        : offsetof(sockaddr_in, sin_addr));
  std::memcpy(&last, at, sizeof last);
  last = htonl(ntohl(last) + next_source_ % sources_);
  std::memcpy(at, &last, sizeof last);
  next_source_ += plan_.threads;
  return ::bind(one.channel.fd.get(), source.get(), source.size) == 0;
}

// Where no port is free: each address more has ports of its own.
bool Worker::takes_more_sources() {
  constexpr unsigned first_step = 16;
  if (sources_ >= plan_.most_sources) return false;
  sources_ = std::min(std::max(2 * sources_, first_step), plan_.most_sources);
  end_.spread_over = sources_;
  return true;
}

void Worker::open(Connection& one, std::int64_t intended, std::int64_t now) {
  const bool operation = workload_.connects_each_time();
  one.opened_ns = now;
  one.pending.clear();
  one.scanned = 0;
  one.count = one.head = 0;
  if (operation) {
    if (operations_left_ == 0) return;
    --operations_left_;
    one.count = 1;
    begin(one, one.ring[0], workload_.open_loop() ? intended : now, now);
  }
  attempt(one);
}

// It is in flight from now on; in the measured time it is among what was sent.
void Worker::begin(Connection& one, Request& request, std::int64_t intended, std::int64_t now) {
  request = {intended, now, 0, next_number_++, is_measured(intended)};
  ++in_flight_;
  recorder_.roll(now);
  if (!request.counted) {
    ++end_.warm_up_requests;
    return;
  }
  ++recorder_.counts().sent;
  if (workload_.open_loop()) {
    recorder_.record(Phase::lateness, now - std::max(intended, one.free_ns));
  }
}

void Worker::attempt(Connection& one) {
  const bool blocking = plan_.engine == scenario::EngineKind::blocking && !workload_.busy_poll;
  one.channel.fd = Fd(::socket(plan_.to.address.storage.ss_family,
                               plan_.to.type | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0));
  one.state = State::opening;
  one.unasked = false;
  one.sources = sources_;
  one.channel.aborting = one.channel.stamps = one.channel.stamp_wanted = false;
  if (!one.channel.fd.is_open() || !bind_source(one)) {
    connected(one.channel, errno);
    return;
  }
  if (plan_.to.transport == scenario::Transport::tcp) {
    const int on = 1;
    ::setsockopt(one.channel.fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (workload_.pattern == Pattern::stream && plan_.to.loopback()) {
    const int bytes = stream_send_buffer_bytes;
    ::setsockopt(one.channel.fd.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
  one.channel.discard = workload_.pattern == Pattern::stream && workload_.discard;
  engine_->connect(one.channel, plan_.to.address);
}

void Worker::connected(Channel& channel, int error) {
  Connection& one = of(channel);
  const std::int64_t now = now_ns();
  recorder_.roll(now);
  if (error == EAGAIN && plan_.to.address.storage.ss_family == AF_UNIX) {
    // A UNIX listener's queue is full, and there is no way to wait for room: try again soon. The
    // time runs on, and with it the timeout.
    engine_->close(channel);
    timers_.push({now + unix_retry_ns, channel.number});
    return;
  }
  // Of many that fail at once the first takes more sources, and the others try again from these.
  if (error == EADDRNOTAVAIL && (one.sources < sources_ || takes_more_sources())) {
    engine_->close(channel);
    return attempt(one);
  }
  const bool reset = plan_.to.transport == scenario::Transport::tcp && reset_once_connected(error);
  if (error != 0 && !reset) {
    const bool operation = workload_.connects_each_time();
    if (!operation) ++recorder_.counts().connect_errors;
    const std::string words =
        fmt::format("connect to {}: {}", plan_.to.shown, std::strerror(error));
    if (operation && one.count > 0) {
      fail_all(one, failure_of_errno(error), now, words);
    } else {
      recorder_.fail(failure_of_errno(error), now, words);
    }
    engine_->close(channel);
    one.state = State::closed;
    reopen_later(one, now);
    return;
  }
  backoff_ns_ = 1'000'000;
  alive_ns_ = now;
  ++recorder_.counts().connections;
  ++open_;
  end_.most_connected = std::max(end_.most_connected, open_);
  if (one.opened_ns >= plan_.measure_ns || !workload_.connects_each_time()) {
    recorder_.record(Phase::connect, now - one.opened_ns);
  }
  one.state = State::ready;
  if (reset) return failed(channel, error);
  channel.stamps = workload_.timestamps && workload_.pattern == Pattern::request_response &&
                   channel.number < connections_with_stamps &&
                   !scenario::is_unix(plan_.to.transport) && allow_kernel_stamps(channel.fd.get());
  switch (workload_.pattern) {
    case Pattern::connect_close:
      answered(one, {}, now);
      return;
    case Pattern::connect_request_close:
      one.state = State::busy;
      transmit(one, oldest(one).number);
      return;
    case Pattern::request_response:
    case Pattern::one_way:
      if (workload_.open_loop()) {
        become_ready(one, now);
      } else {
        fill(one, now);
      }
      return;
    case Pattern::stream:
      one.channel.awaiting = true;
      if (workload_.direction != Direction::from_server) stream_on(one);
      return;
    case Pattern::idle:
      one.channel.awaiting = true;
      return;
  }
}

void Worker::issue(Connection& one, std::int64_t intended, std::int64_t now) {
  if (!workload_.open_loop() && (now >= plan_.end_ns || waits_out_pause(one, now))) return;
  if (operations_left_ == 0) return;
  --operations_left_;
  Request& request = one.ring[(one.head + one.count) % workload_.depth];
  ++one.count;
  one.state = State::busy;
  begin(one, request, intended, now);
  if (workload_.open_loop() && end_.sends_ns.size() < most_sends_kept) {
    // Of this send: `now` is the same for all that one turn of the loop sends.
    end_.sends_ns.push_back(now_ns() - plan_.start_ns);
  }
  const std::uint32_t generation = one.channel.generation;
  transmit(one, request.number);
  if (one.channel.generation == generation && one.count < workload_.depth) become_ready(one, now);
}

void Worker::transmit(Connection& one, std::uint64_t number) {
  // A request that is still on its way out keeps its bytes: the next goes behind it.
  one.channel.awaiting = true;
  const std::string_view bytes = requests_.bytes(number * plan_.threads + share_, scratch_);
  recorder_.counts().bytes_sent += bytes.size();
  if (!one.channel.unsent.empty()) {
    one.pending_out.append(bytes);
    return;
  }
  std::span<const char> out = bytes;
  if (!requests_.constant()) {
    one.out.assign(bytes);
    out = one.out;
  }
  if (one.channel.stamps && one.count == 1 && stamp_is_due(one)) {
    out = out.subspan(send_with_stamp(one, out));
    if (out.empty()) return;
  }
  engine_->send(one.channel, out);
}

// Of a thread's requests so many a second: a stamped one costs several system calls more.
bool Worker::stamp_is_due(Connection& one) {
  const std::int64_t sent_ns = oldest(one).sent_ns;
  if (sent_ns < next_stamp_ns_) return false;
  next_stamp_ns_ = sent_ns + stamp_gap_ns;
  return true;
}

// How much went out; what did not, and whatever is wrong, is the engine's.
std::size_t Worker::send_with_stamp(Connection& one, std::span<const char> bytes) {
  const ssize_t count = send_stamped(one.channel, bytes);
  one.channel.stamp_wanted = count == static_cast<ssize_t>(bytes.size());
  if (one.channel.stamp_wanted) take_transmit_stamp(one.channel);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

void Worker::record_stamps(Connection& one, const Request& request, std::int64_t now) {
  Channel& channel = one.channel;
  channel.stamp_wanted = false;
  if (channel.kernel_sent_ns == 0) take_transmit_stamp(channel);
  if (channel.kernel_sent_ns == 0 || channel.kernel_received_ns == 0 || !request.counted) return;
  recorder_.record(Phase::transmit, channel.kernel_sent_ns - request.sent_ns);
  recorder_.record(Phase::remote, channel.kernel_received_ns - channel.kernel_sent_ns);
  recorder_.record(Phase::wake_up, now - channel.kernel_received_ns);
}

// Of all that are closed so many, evenly: where there is no more room, every second one goes.
void Worker::sample_tcp_info(const Connection& one) {
  if (plan_.to.transport != scenario::Transport::tcp || closes_seen_++ % closes_a_sample_ != 0)
    return;
  if (end_.tcp_infos.size() == most_tcp_infos) {
    for (std::size_t i = 0; i < most_tcp_infos / 2; ++i) end_.tcp_infos[i] = end_.tcp_infos[2 * i];
    end_.tcp_infos.resize(most_tcp_infos / 2);
    closes_a_sample_ *= 2;
  }
  if (const auto info = read_tcp_info(one.channel.fd.get())) end_.tcp_infos.push_back(*info);
}

void Worker::sent(Channel& channel) {
  Connection& one = of(channel);
  if (workload_.pattern == Pattern::stream) return stream_on(one);
  if (one.pending_out.empty()) return;
  one.out = std::exchange(one.pending_out, {});
  engine_->send(channel, one.out);
}

void Worker::stream_on(Connection& one) {
  if (one.state != State::ready) return;
  const std::uint32_t generation = one.channel.generation;
  const std::int64_t now = now_ns();
  recorder_.roll(now);
  for (int i = 0; i < sends_a_turn; ++i) {
    if (now >= plan_.end_ns) return;
    const bool all = engine_->send(one.channel, stream_piece_);
    if (one.channel.generation != generation) return;
    recorder_.counts().bytes_sent += stream_piece_.size();
    ++recorder_.counts().sent;
    ++recorder_.counts().answered;  // taken by the kernel: there is no other answer
    if (!all) return;
  }
  streams_.push_back(one.channel.number);
}

void Worker::sweep(std::int64_t now) {
  next_sweep_ns_ = now + sweep_span_ns_;
  recorder_.roll(now);
  const std::int64_t oldest_ns = now - workload_.timeout.count();
  for (Connection& one : connections_) {
    if (one.state == State::opening && one.opened_ns <= oldest_ns) {
      engine_->close(one.channel);
      connected_too_late(one, now);
    } else if (one.state == State::closing && one.closing_ns <= oldest_ns) {
      recorder_.fail(Failure::timeout, now, "the server did not end the connection");
      drop(one, now);
    } else if (one.state == State::busy && one.count > 0 && oldest(one).sent_ns <= oldest_ns) {
      give_up(one, Failure::timeout, now,
              fmt::format("no whole answer within {} ms ({} bytes came{})",
                          workload_.timeout.count() / 1'000'000, one.pending.size(),
                          one.pending.empty() ? "" : ": " + quoted(one.pending, 64)));
    }
  }
}

void Worker::connected_too_late(Connection& one, std::int64_t now) {
  if (!workload_.connects_each_time()) ++recorder_.counts().connect_errors;
  const std::string words = fmt::format("connect to {}: no answer within {} ms", plan_.to.shown,
                                        workload_.timeout.count() / 1'000'000);
  if (one.count > 0) {
    fail_all(one, Failure::timeout, now, words);
  } else {
    recorder_.fail(Failure::timeout, now, words);
  }
  one.state = State::closed;
  reopen_later(one, now);
}

void Worker::finish() {
  const std::int64_t now = now_ns();
  recorder_.roll(now);
  for (Connection& one : connections_) {
    for (; one.count > 0; pop(one)) {
      if (!counts(oldest(one), now)) continue;
      ++end_.in_flight;
      // At least as long as this.
      recorder_.record(Phase::latency, now - oldest(one).intended_ns);
    }
    // Made, and nobody asked so far: the packets show it.
    if (one.state == State::opening && plan_.to.transport == scenario::Transport::tcp &&
        has_peer(one.channel.fd)) {
      ++recorder_.counts().connections;
      one.state = State::ready;
    }
    if (one.channel.fd.is_open() && one.state != State::opening) {
      look_for_unasked(one, now);
      sample_tcp_info(one);
      ++recorder_.counts().closes;
      if (engine_) engine_->close(one.channel);
    }
  }
  std::int64_t intended = 0;
  const std::int64_t until = std::min<std::int64_t>(now, plan_.end_ns);
  while (take_arrival(until, intended)) {
    if (intended < plan_.measure_ns) continue;
    ++end_.not_sent;
    recorder_.record(Phase::latency, now - intended);
  }
  recorder_.finish();
}

}  // namespace wireproof::load
