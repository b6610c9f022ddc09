// What one thread of the generator records, window by window: durations by phase, counts, errors by
// kind. A window that is over is packed and put where others may take it. Thread rule: record and
// roll belong to the generator's thread; windows_since() to any. Lifetime: outlives its thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "load/histogram.h"

namespace wireproof::load {

enum class Phase : std::uint8_t {
  latency,     // from the intended time (closed loop: from the send) to the answer's last byte
  service,     // from the send
  connect,     // of a connection
  first_byte,  // from the send to the answer's first byte
  close,       // from the client's end of stream, or its last answer, to the server's end
  lateness,    // of the send, where a connection was free: the generator's own fault
  // Of a sample, by the kernel's own times (kernel_stamps.h):
  transmit,  // from the send to the interface
  remote,    // from there until the answer's last bytes had come in
  wake_up,   // from then until the generator had them
};
inline constexpr std::size_t phase_count = 9;
std::string_view name(Phase);

enum class Failure : std::uint8_t {
  refused,
  reset,
  timeout,
  wrong_answer,
  short_answer,  // the server ended the connection within an answer, or before it
  unasked,       // bytes that no request asked for
  out_of_ports,  // EADDRNOTAVAIL
  out_of_files,  // EMFILE, ENFILE
  unreachable,   // ENETUNREACH, EHOSTUNREACH, ENOENT of a UNIX path
  other,
};
inline constexpr std::size_t failure_count = 10;
std::string_view name(Failure);
Failure failure_of_errno(int error);

struct Counts {
  std::uint64_t sent = 0, answered = 0, errors = 0, timeouts = 0;  // requests (or operations)
  // Failed connects of kept connections; those that are operations are among the errors.
  std::uint64_t connections = 0, connect_errors = 0, closes = 0;
  std::uint64_t idle_errors = 0;  // of connections on which no request was in flight
  std::uint64_t closed_by_server = 0, closed_by_reset = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  // Of what the warm-up sent, which counts nowhere else.
  std::uint64_t warm_up_answered = 0, warm_up_latency_ns = 0;
  std::uint64_t failures() const { return errors + timeouts + connect_errors + idle_errors; }
  void add(const Counts& other);
};

struct Window {
  std::int64_t index = 0;
  Counts counts;
  std::array<std::uint64_t, failure_count> failures{};
  std::array<HistogramCounts, phase_count> phases;

  // With empty histograms to work in, which are left empty.
  void add(const Window& more, std::array<Histogram, phase_count>& scratch);
};

struct FailureExample {
  std::int64_t at_ns = 0;
  std::string words;  // hostile bytes, made printable
};

class Recorder {
 public:
  // Windows are counted from `start_ns`.
  Recorder(std::int64_t start_ns, std::int64_t window_ns);

  void record(Phase phase, std::int64_t duration_ns) {
    histograms_[static_cast<std::size_t>(phase)].record(
        duration_ns > 0 ? static_cast<std::uint64_t>(duration_ns) : 0);
  }
  Counts& counts() { return open_.counts; }
  // Of a request, or (where `counted` is false) of a connection that carried none.
  void fail(Failure kind, std::int64_t now_ns, std::string_view words);
  // To be called before something is recorded that happened at `now_ns`.
  void roll(std::int64_t now_ns) {
    if (now_ns >= window_end_ns_) turn(now_ns);
  }
  void finish();  // packs the last window

  // Windows from number `known` on, copied.
  std::vector<Window> windows_since(std::size_t known) const;
  std::vector<Window> take();
  const std::map<Failure, std::vector<FailureExample>>& examples() const { return examples_; }

 private:
  void turn(std::int64_t now_ns);

  const std::int64_t start_ns_, window_ns_;
  std::int64_t window_end_ns_;
  std::array<Histogram, phase_count> histograms_;
  Window open_;
  mutable std::mutex mutex_;
  std::vector<Window> done_;
  std::map<Failure, std::vector<FailureExample>> examples_;
};

}  // namespace wireproof::load
