// How it runs: the thread takes what both rings have, in batches, gives it to the engine, sends
// what comes out, hands the slots back, and sleeps until a ring is readable, something is due, or a
// caller says so (eventfd). The engine and both ports are under one mutex, which is not held while
// the thread sleeps; a caller that releases packets sends them itself.
#include "wire/link.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "base/realtime_at.h"
#include "capture/handle.h"
#include "wire/port.h"
#include "wire/ring.h"
#include "wire/validate.h"

namespace wireproof::wire {
namespace {

constexpr std::size_t batch = 64;
// Timers ring a little late: what is due is waited for so much less, and the rest spun away, when
// that is no more than this.
constexpr nanoseconds most_spin = std::chrono::microseconds(50);
constexpr nanoseconds most_lead = std::chrono::microseconds(200);
// An answer often follows at once: for so long after a frame the thread looks for the next one,
// yielding to whoever wants the CPU, before it sleeps. Waking costs more than a frame's whole way.
constexpr nanoseconds linger = std::chrono::microseconds(50);
// A frame's time stamp is of CLOCK_REALTIME, which may be set: beyond this it is not believed.
constexpr nanoseconds most_age = std::chrono::seconds(1);
constexpr std::uint16_t marker_type = 0x88B5;  // capture/marker.h

bool is_marker(View frame) {
  return frame.size() >= 14 && frame[12] == marker_type >> 8 && frame[13] == (marker_type & 0xFF);
}

}  // namespace

struct Link::Impl final : Outlet {
  Impl(const Plan& plan, const LinkOptions& link_options);

  void lend(Direction direction, View frame) override { port(direction).lend(frame); }
  void give(Direction direction, Bytes frame) override { port(direction).give(std::move(frame)); }
  Port& port(Direction direction) { return ports[static_cast<std::size_t>(direction)]; }

  Time now() const { return std::chrono::steady_clock::now() - began; }
  std::uint64_t interface_drops() const {
    return capture::interface_drops(options.to_client) +
           capture::interface_drops(options.to_server);
  }
  void run() noexcept;
  bool forward_batch(Time time);  // whether there was anything
  void receive(std::size_t ring, Time time, std::size_t& count);
  bool another_soon(std::optional<Time> due) const;
  void sleep_until(std::optional<Time> due);
  void wake() const { [[maybe_unused]] const int ignored = ::eventfd_write(wake_fd.get(), 1); }
  void flush() {
    for (Port& one : ports) one.flush();
  }
  // Runs `step` on the engine, sends what it lets out, and has the thread look again.
  template <typename Step>
  auto with_engine(Step step);
  template <typename Condition>
  bool await(Condition condition, Deadline deadline) const;

  const LinkOptions options;
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  const std::int64_t began_ns = realtime_at(began);
  Fd wake_fd;
  // By direction: client to server comes in at to-client and goes out at to-server.
  std::array<Ring, 2> rings;
  std::array<Port, 2> ports;
  const std::uint64_t drops_before;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  mutable std::atomic<int> callers = 0;  // who want the mutex
  mutable int awaiting = 0;
  Engine engine;
  Stats counted;  // what is not counted by engine or ports
  std::optional<Deadline> stopping;
  bool ended = false;
  nanoseconds lead{0};
  Time last_frame{0};
  std::thread thread;
};

Link::Impl::Impl(const Plan& plan, const LinkOptions& link_options)
    : options(link_options),
      wake_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      rings{Ring(options.to_client, options.ring_bytes, options.mtu),
            Ring(options.to_server, options.ring_bytes, options.mtu)},
      ports{Port(options.to_server), Port(options.to_client)},
      drops_before(interface_drops()),
      engine(plan, [&] {
        EngineOptions engine_options;
        engine_options.mtu = options.mtu;
        engine_options.realtime_ns = began_ns;
        return engine_options;
      }()) {
  if (!wake_fd.is_open()) throw_errno("open an eventfd for", "the wire");
}

void Link::Impl::receive(std::size_t ring, Time time, std::size_t& count) {
  const auto direction = static_cast<Direction>(ring);
  for (std::size_t i = 0; i < batch; ++i) {
    const auto received = rings[ring].next();
    if (!received) return;
    ++count;
    if (is_marker(received->frame)) {
      ++counted.markers;
    } else if (received->cut) {
      ++counted.not_of_this_mtu;
    } else if (received->offloaded) {
      ++counted.offloaded;
    } else {
      Arrival arrival{direction, received->frame, nanoseconds(received->time_ns - began_ns),
                      received->time_ns};
      if (arrival.at > time || arrival.at < time - most_age) arrival.at = time;
      engine.accept(arrival, *this);
    }
  }
}

bool Link::Impl::forward_batch(Time time) {
  std::size_t count = 0;
  engine.advance(time, *this);
  for (std::size_t ring = 0; ring < rings.size(); ++ring) receive(ring, time, count);
  flush();
  for (Ring& ring : rings) ring.give_back();
  if (count == 0) return false;
  last_frame = time;
  if (awaiting > 0) changed.notify_all();
  return true;
}

bool Link::Impl::another_soon(std::optional<Time> due) const {
  const Time end = due ? std::min(*due - lead, last_frame + linger) : last_frame + linger;
  while (now() < end && callers.load() == 0) {
    if (rings[0].has_next() || rings[1].has_next()) return true;
    std::this_thread::yield();
  }
  return false;
}

void Link::Impl::sleep_until(std::optional<Time> due) {
  timespec timeout{};
  const timespec* wait = nullptr;
  if (due) {
    const nanoseconds left = std::max(*due - lead - now(), nanoseconds(0));
    timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
    timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    wait = &timeout;
  }
  std::array<pollfd, 3> fds{
      {{rings[0].fd(), POLLIN, 0}, {rings[1].fd(), POLLIN, 0}, {wake_fd.get(), POLLIN, 0}}};
  const int ready = ::ppoll(fds.data(), fds.size(), wait, nullptr);
  if (ready == -1 && errno != EINTR) throw_errno("wait for frames on", "the wire");
  for (const std::size_t ring : {0u, 1u}) {
    if ((fds[ring].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0) continue;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fds[ring].fd, SOL_SOCKET, SO_ERROR, &error, &size);
    throw SystemError("receive from", ring == 0 ? options.to_client : options.to_server, error);
  }
  if (fds[2].revents != 0) {
    eventfd_t ignored = 0;
    ::eventfd_read(wake_fd.get(), &ignored);
  }
  if (ready != 0 || !due) return;
  const nanoseconds late = now() - (*due - lead);
  lead = std::clamp(lead + (late - lead) / (late > lead ? 2 : 8), nanoseconds(0), most_lead);
  if (*due - now() <= most_spin) {
    while (now() < *due) {
    }
  }
}

void Link::Impl::run() noexcept {
  ::prctl(PR_SET_NAME, "wireproof-wire");
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // nanoseconds; 50 microseconds by default (prctl(2))
  try {
    while (true) {
      while (callers.load() > 0) std::this_thread::yield();
      std::unique_lock lock(mutex);
      const bool busy = forward_batch(now());
      if (busy && !(stopping && stopping->passed())) continue;
      if (stopping) {
        engine.stop_waiting(now(), *this);
        flush();
        if (!engine.in_flight() || stopping->passed()) break;
      }
      std::optional<Time> due = engine.next_due();
      if (stopping) {
        const Time end = stopping->moment() - began;
        due = due ? std::min(*due, end) : end;
      }
      lock.unlock();
      if (!another_soon(due)) sleep_until(due);
    }
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex);
    counted.failure = error.what();
  }
  const std::lock_guard lock(mutex);
  engine.finish(now());
  // Here, since this thread is sure to be in the interfaces' namespace.
  counted.interface_drops = interface_drops() - drops_before;
  ended = true;
  changed.notify_all();
}

template <typename Step>
auto Link::Impl::with_engine(Step step) {
  ++callers;
  std::unique_lock lock(mutex);
  --callers;
  if constexpr (std::is_void_v<decltype(step())>) {
    step();
    flush();
    changed.notify_all();
    lock.unlock();
    wake();
  } else {
    auto result = step();
    flush();
    changed.notify_all();
    lock.unlock();
    wake();
    return result;
  }
}

template <typename Condition>
bool Link::Impl::await(Condition condition, Deadline deadline) const {
  ++callers;
  std::unique_lock lock(mutex);
  --callers;
  ++awaiting;
  changed.wait_until(lock, deadline.moment(), [&] { return ended || condition(); });
  --awaiting;
  return condition();
}

Link::Link(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::unique_ptr<Link> Link::start(const Plan& plan, const LinkOptions& options) {
  auto impl = std::make_unique<Impl>(plan, options);
  impl->thread = std::thread([&running = *impl] { running.run(); });
  return std::unique_ptr<Link>(new Link(std::move(impl)));
}

Link::~Link() { stop(Deadline::after(nanoseconds(0))); }

void Link::stop(Deadline deadline) noexcept {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = deadline;
  }
  impl_->wake();
  impl_->thread.join();
}

void Link::set_conditions(Direction direction, const Conditions& conditions) {
  if (const auto problems = problems_of(conditions, direction); !problems.empty())
    throw std::invalid_argument("impossible wire conditions: " + to_string(problems.front()));
  impl_->with_engine([&] { impl_->engine.set_conditions(direction, conditions); });
}

void Link::link_down() {
  impl_->with_engine([&] { impl_->engine.set_link(false, impl_->now()); });
}
void Link::link_up() {
  impl_->with_engine([&] { impl_->engine.set_link(true, impl_->now()); });
}
std::size_t Link::release(std::string_view name) {
  return impl_->with_engine([&] { return impl_->engine.release(name, impl_->now(), *impl_); });
}
bool Link::settle(std::uint64_t serial, Fate fate) {
  return impl_->with_engine(
      [&] { return impl_->engine.settle(serial, fate, impl_->now(), *impl_); });
}

bool Link::await_held(std::string_view name, std::size_t count, Deadline deadline) const {
  return impl_->await([&] { return impl_->engine.held(name) >= count; }, deadline);
}
bool Link::await_match(std::string_view rule, std::uint64_t count, Deadline deadline) const {
  return impl_->await([&] { return impl_->engine.matched(rule) >= count; }, deadline);
}

std::vector<HeldPacket> Link::held() const {
  return impl_->with_engine([&] { return impl_->engine.held(); });
}
std::uint64_t Link::matched(std::string_view rule) const {
  return impl_->with_engine([&] { return impl_->engine.matched(rule); });
}
std::vector<std::string> Link::unmatched() const {
  return impl_->with_engine([&] { return impl_->engine.unmatched(); });
}
std::vector<Decision> Link::decisions() const {
  return impl_->with_engine([&] { return impl_->engine.decisions(); });
}

Stats Link::stats() const {
  return impl_->with_engine([&] {
    Stats& stats = impl_->counted;
    for (Ring& ring : impl_->rings) stats.ring_drops += ring.take_drops();
    Stats result = stats;
    result.client_to_server = impl_->engine.stats(Direction::client_to_server);
    result.server_to_client = impl_->engine.stats(Direction::server_to_client);
    for (const Port& port : impl_->ports) {
      result.send_failures += port.failures();
      result.send_retries += port.retries();
      if (result.failure.empty()) result.failure = port.last_failure();
    }
    result.decisions_left_out = impl_->engine.decisions_left_out();
    result.wake_up = impl_->lead;
    return result;
  });
}

}  // namespace wireproof::wire
