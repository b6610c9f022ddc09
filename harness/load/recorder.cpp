#include "load/recorder.h"

#include <cerrno>

namespace wireproof::load {
namespace {

constexpr std::size_t kept_examples = 5;

}  // namespace

std::string_view name(Phase phase) {
  constexpr std::string_view names[] = {"latency",  "service",  "connect", "first_byte", "close",
                                        "lateness", "transmit", "remote",  "wake_up"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view name(Failure kind) {
  constexpr std::string_view names[] = {
      "refused",      "reset",          "timeout",      "wrong answer",
      "short answer", "unasked answer", "out of ports", "out of descriptors",
      "unreachable",  "other"};
  return names[static_cast<std::size_t>(kind)];
}

Failure failure_of_errno(int error) {
  switch (error) {
    case ECONNREFUSED:
      return Failure::refused;
    case ECONNRESET:
    case EPIPE:
      return Failure::reset;
    case ETIMEDOUT:
      return Failure::timeout;
    case EADDRNOTAVAIL:
      return Failure::out_of_ports;
    case EMFILE:
    case ENFILE:
      return Failure::out_of_files;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENOENT:
      return Failure::unreachable;
    default:
      return Failure::other;
  }
}

void Counts::add(const Counts& other) {
  sent += other.sent;
  answered += other.answered;
  errors += other.errors;
  timeouts += other.timeouts;
  connections += other.connections;
  connect_errors += other.connect_errors;
  idle_errors += other.idle_errors;
  closes += other.closes;
  closed_by_server += other.closed_by_server;
  closed_by_reset += other.closed_by_reset;
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  warm_up_answered += other.warm_up_answered;
  warm_up_latency_ns += other.warm_up_latency_ns;
}

void Window::add(const Window& more, std::array<Histogram, phase_count>& scratch) {
  counts.add(more.counts);
  for (std::size_t i = 0; i < failure_count; ++i) failures[i] += more.failures[i];
  for (std::size_t i = 0; i < phase_count; ++i) {
    if (phases[i].counts.empty()) {
      phases[i] = more.phases[i];
    } else if (!more.phases[i].counts.empty()) {
      scratch[i].add(phases[i]);
      scratch[i].add(more.phases[i]);
      phases[i] = scratch[i].take();
    }
  }
}

Recorder::Recorder(std::int64_t start_ns, std::int64_t window_ns)
    : start_ns_(start_ns), window_ns_(window_ns), window_end_ns_(start_ns + window_ns) {}

void Recorder::fail(Failure kind, std::int64_t now_ns, std::string_view words) {
  ++open_.failures[static_cast<std::size_t>(kind)];
  auto& examples = examples_[kind];
  if (examples.size() < kept_examples) {
    examples.push_back({now_ns - start_ns_, std::string(words)});
  }
}

void Recorder::turn(std::int64_t now_ns) {
  for (std::size_t i = 0; i < phase_count; ++i) open_.phases[i] = histograms_[i].take();
  const std::int64_t index = (now_ns - start_ns_) / window_ns_;
  {
    const std::lock_guard lock(mutex_);
    done_.push_back(std::move(open_));
  }
  open_ = {};
  open_.index = index;
  window_end_ns_ = start_ns_ + (index + 1) * window_ns_;
}

void Recorder::finish() { turn(window_end_ns_); }

std::vector<Window> Recorder::windows_since(std::size_t known) const {
  const std::lock_guard lock(mutex_);
  if (known >= done_.size()) return {};
  return {done_.begin() + static_cast<std::ptrdiff_t>(known), done_.end()};
}

std::vector<Window> Recorder::take() {
  const std::lock_guard lock(mutex_);
  return std::move(done_);
}

}  // namespace wireproof::load
