// How it runs: start() makes the thread and waits for its word. The thread enters the namespace,
// opens the handle and a MarkerSocket, sends a first marker until it reads one back, says "live",
// and reads. stop() asks it to drain: it sends one marker from every CPU it may run on and reads
// until all have come. Frames wait in the receive queue of the CPU they were sent on (lo, veth),
// each queue first in, first out: behind the marker of a CPU is nothing that was sent there before.
#include "capture/live.h"

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "capture/arena.h"
#include "capture/handle.h"
#include "capture/kernel_filter.h"
#include "capture/marker.h"

namespace wireproof::capture {
namespace {

constexpr milliseconds kRecount{500};  // of what was lost, while packets come
constexpr milliseconds kResend{5};     // a marker may be lost to a full ring: it is sent again

std::uint64_t nonce() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

struct LiveCapture::Impl {
  Impl(int netns, const LiveOptions& live_options) : netns_fd(netns), options(live_options) {
    wake = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.is_open()) throw_errno("open an eventfd for the capture on", options.interface);
  }

  const int netns_fd;
  const LiveOptions options;
  Fd wake;  // written by stop() and filter() to end the thread's poll
  const std::uint64_t id = nonce();

  mutable std::mutex mutex;
  mutable std::condition_variable changed;  // a frame came, or the phase did
  enum class Phase { opening, live, draining, ended } phase = Phase::opening;
  mutable int waiting = 0;
  Deadline deadline = Deadline::after(nanoseconds{0});  // of the phase
  std::exception_ptr failure;
  std::optional<KernelFilter> next_filter;
  std::vector<packet::Frame> frames;
  std::uint64_t count = 0;  // frames given out
  CaptureStats stats;
  packet::LinkType link = packet::LinkType::ethernet;

  // The thread's own.
  Arena arena;
  std::set<std::uint64_t> markers_awaited;
  std::uint64_t next_sequence = 0;
  Handle::Counts counts;  // the kernel's, so far

  std::thread thread;

  void run() noexcept;
  void prove_live(Handle& handle, MarkerSocket& markers);
  void read_until_told(Handle& handle);
  bool drain(Handle& handle, MarkerSocket& markers);
  void read(Handle& handle);
  void count_losses(Handle& handle);
  void keep(const pcap_pkthdr& header, const std::uint8_t* bytes);
  void poll_for(Handle& handle, int timeout_ms);
  void wake_up() const;
  void woken() const;
  void set_phase(Phase next, std::exception_ptr why = nullptr);
};

void LiveCapture::Impl::set_phase(Phase next, std::exception_ptr why) {
  const std::lock_guard lock(mutex);
  phase = next;
  if (why) failure = std::move(why);
  changed.notify_all();
}

void LiveCapture::Impl::keep(const pcap_pkthdr& header, const std::uint8_t* bytes) {
  const std::span<const std::uint8_t> captured(bytes, header.caplen);
  if (const auto marker = read_marker(captured)) {
    if (marker->capture == id) markers_awaited.erase(marker->sequence);
    return;
  }
  packet::Frame frame;
  frame.time_ns = header.ts.tv_sec * 1'000'000'000 + header.ts.tv_usec;  // nanoseconds
  frame.link = link;
  frame.wire_length = header.len;
  frame.bytes = captured;
  if (options.sink) {
    {
      const std::lock_guard lock(mutex);
      frame.number = ++count;
      ++stats.delivered;
      if (waiting > 0) changed.notify_all();
    }
    options.sink(frame);
    return;
  }
  const bool full =
      arena.used() + captured.size() + (count + 1) * sizeof frame > options.memory_limit_bytes;
  if (!full) frame.bytes = arena.copy(captured);
  const std::lock_guard lock(mutex);
  if (full) {
    ++stats.dropped_by_memory_limit;
    return;
  }
  frame.number = ++count;
  frames.push_back(frame);
  ++stats.delivered;
  if (waiting > 0) changed.notify_all();
}

void LiveCapture::Impl::read(Handle& handle) {
  auto take = [this](const pcap_pkthdr& header, const std::uint8_t* bytes) { keep(header, bytes); };
  handle.read(take);
}

void LiveCapture::Impl::poll_for(Handle& handle, int timeout_ms) {
  pollfd fds[] = {{handle.fd(), POLLIN, 0}, {wake.get(), POLLIN, 0}};
  checked("wait for packets on", options.interface,
          [&] { return ::poll(fds, std::size(fds), timeout_ms); });
}

void LiveCapture::Impl::wake_up() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
}

void LiveCapture::Impl::woken() const {
  std::uint64_t value = 0;
  [[maybe_unused]] const auto read = ::read(wake.get(), &value, sizeof value);
}

void LiveCapture::Impl::prove_live(Handle& handle, MarkerSocket& markers) {
  std::uint64_t sent_last = 0;
  const auto seen = [&] { return sent_last != 0 && markers_awaited.count(sent_last) == 0; };
  while (true) {
    if (deadline.passed()) throw NotProvenLive(options.interface);
    sent_last = ++next_sequence;
    markers_awaited.insert(sent_last);
    markers.send({id, sent_last});
    const Deadline resend = earlier(Deadline::after(kResend * 2), deadline);
    do {
      read(handle);
      if (seen()) {
        markers_awaited.clear();
        return;
      }
      poll_for(handle, resend.remaining_ms());
    } while (!resend.passed());
  }
}

void LiveCapture::Impl::count_losses(Handle& handle) {
  handle.add_counts(counts);
  const std::lock_guard lock(mutex);
  stats.received = counts.received;
  // Markers that never came, sent before others that did, are among the dropped.
  stats.dropped_by_kernel =
      counts.dropped - std::min<std::uint64_t>(counts.dropped, markers_awaited.size());
}

void LiveCapture::Impl::read_until_told(Handle& handle) {
  Deadline recount = Deadline::after(kRecount);
  std::uint64_t counted = count;
  while (true) {
    read(handle);
    if (count != counted && recount.passed()) {
      count_losses(handle);
      counted = count;
      recount = Deadline::after(kRecount);
    }
    std::optional<KernelFilter> filter;
    {
      const std::lock_guard lock(mutex);
      if (phase != Phase::live) return;
      filter.swap(next_filter);
      if (filter) woken();
    }
    if (filter) handle.filter(*filter);
    poll_for(handle, count == counted ? -1 : recount.remaining_ms());
  }
}

bool LiveCapture::Impl::drain(Handle& handle, MarkerSocket& markers) {
  if (deadline.passed()) return false;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == -1) CPU_SET(0, &allowed);
  // One marker a CPU, sent again as long as it has not come.
  struct Pending {
    int cpu;
    std::uint64_t sequence;
  };
  std::vector<Pending> pending;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) pending.push_back({cpu, 0});
  }
  while (true) {
    for (Pending& each : pending) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(each.cpu, &one);
      // A CPU that has gone since has no queue of its own any more.
      ::sched_setaffinity(0, sizeof one, &one);
      each.sequence = ++next_sequence;
      markers_awaited.insert(each.sequence);
      markers.send({id, each.sequence});
    }
    ::sched_setaffinity(0, sizeof allowed, &allowed);
    const Deadline resend = earlier(Deadline::after(kResend * 4), deadline);
    do {
      read(handle);
      std::erase_if(pending,
                    [&](const Pending& each) { return !markers_awaited.contains(each.sequence); });
      if (pending.empty()) return true;
      // Not poll_for(): stop() has left `wake` readable.
      pollfd readable = {handle.fd(), POLLIN, 0};
      ::poll(&readable, 1, resend.remaining_ms());
    } while (!resend.passed());
    if (deadline.passed()) return false;
  }
}

void LiveCapture::Impl::run() noexcept {
  try {
    if (netns_fd >= 0 && ::setns(netns_fd, CLONE_NEWNET) == -1) {
      throw_errno("enter the network namespace to capture on", options.interface,
                  "needs CAP_SYS_ADMIN in the user namespaces of both");
    }
    const std::uint64_t drops_before = interface_drops(options.interface);
    Handle handle(options);
    link = handle.link();
    MarkerSocket markers(options.interface);
    prove_live(handle, markers);
    set_phase(Phase::live);
    read_until_told(handle);
    const bool drained = drain(handle, markers);
    count_losses(handle);
    const std::uint64_t drops = interface_drops(options.interface);
    {
      const std::lock_guard lock(mutex);
      stats.drained = drained;
      stats.dropped_by_interface = drops > drops_before ? drops - drops_before : 0;
    }
    // The result stands; closing the handle takes the kernel some milliseconds that nobody awaits
    // but the destructor.
    set_phase(Phase::ended);
  } catch (const std::exception& error) {
    {
      const std::lock_guard lock(mutex);
      stats.failure = error.what();
    }
    set_phase(Phase::ended, std::current_exception());
  }
}

LiveCapture::LiveCapture(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::unique_ptr<LiveCapture> LiveCapture::start(int netns_fd, const LiveOptions& options,
                                                Deadline deadline) {
  std::unique_ptr<LiveCapture> capture(new LiveCapture(std::make_unique<Impl>(netns_fd, options)));
  Impl& impl = *capture->impl_;
  impl.deadline = deadline;
  impl.thread = std::thread([&impl] { impl.run(); });
  std::unique_lock lock(impl.mutex);
  impl.changed.wait(lock, [&] { return impl.phase != Impl::Phase::opening; });
  if (impl.failure) std::rethrow_exception(impl.failure);
  return capture;
}

LiveCapture::~LiveCapture() {
  stop(Deadline::after(nanoseconds{0}));
  if (impl_->thread.joinable()) impl_->thread.join();
}

void LiveCapture::filter(const std::string& expression) {
  KernelFilter wanted(expression, impl_->options.snap_length);
  const std::lock_guard lock(impl_->mutex);
  if (impl_->phase != Impl::Phase::live) return;
  impl_->next_filter.emplace(std::move(wanted));
  impl_->wake_up();
}

void LiveCapture::stop(Deadline deadline) noexcept {
  std::unique_lock lock(impl_->mutex);
  if (impl_->phase == Impl::Phase::live) {
    impl_->phase = Impl::Phase::draining;
    impl_->deadline = deadline;
    impl_->wake_up();
    impl_->changed.notify_all();
  }
  impl_->changed.wait(lock, [&] { return impl_->phase == Impl::Phase::ended; });
}

const std::vector<packet::Frame>& LiveCapture::frames() const { return impl_->frames; }

CaptureStats LiveCapture::stats() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->stats;
}

packet::LinkType LiveCapture::link() const { return impl_->link; }

std::uint64_t LiveCapture::frames_so_far() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->count;
}

std::vector<packet::Frame> LiveCapture::frames_since(std::uint64_t count) const {
  const std::lock_guard lock(impl_->mutex);
  const auto& all = impl_->frames;
  if (count >= all.size()) return {};
  return {all.begin() + static_cast<std::ptrdiff_t>(count), all.end()};
}

bool LiveCapture::wait_for_more_than(std::uint64_t known, Deadline deadline) const {
  std::unique_lock lock(impl_->mutex);
  ++impl_->waiting;
  impl_->changed.wait_until(lock, deadline.moment(), [&] {
    return impl_->count > known || impl_->phase == Impl::Phase::ended;
  });
  --impl_->waiting;
  return impl_->count > known;
}

bool LiveCapture::wait_for(const std::function<bool(const packet::Frame&)>& wanted,
                           Deadline deadline) const {
  std::uint64_t tried = 0;
  do {
    for (const packet::Frame& frame : frames_since(tried)) {
      ++tried;
      if (wanted(frame)) return true;
    }
  } while (wait_for_more_than(tried, deadline));
  return false;
}

}  // namespace wireproof::capture
