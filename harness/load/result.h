// What a load run measured, as the report carries it. Plain values: no thread rule. Times are in
// nanoseconds unless the name says otherwise; rates are per second.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "witness/socket_table.h"

namespace wireproof::load {

struct Percentile {
  double quantile = 0;
  std::uint64_t value_ns = 0;
  std::optional<std::uint64_t> low_ns, high_ns;  // the interval of 95 %
};

struct PhaseResult {
  std::string phase;
  std::uint64_t count = 0, least_ns = 0, most_ns = 0;
  double mean_ns = 0, deviation_ns = 0;
  std::vector<Percentile> percentiles;  // only those with enough samples beyond them
  std::string interval_method;          // "order statistics", "batch means (20 batches)" ...
  std::string histogram;                // HdrHistogram V2, compressed, base64
  const Percentile* percentile(double quantile) const;  // null where it is not among them
};

struct SeriesPoint {
  double at_s = 0, span_s = 0;
  std::uint64_t sent = 0, answered = 0, errors = 0, timeouts = 0, connections = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  std::optional<std::uint64_t> p50_ns, p99_ns;
  std::uint64_t most_ns = 0;
  std::map<std::string, std::uint64_t> failures;  // by kind
  // Of the whole machine's processors: taken by other machines, by interrupts, by other programs.
  std::optional<double> steal_percent, softirq_percent, other_percent;
};

struct ErrorKind {
  std::string kind;
  std::uint64_t count = 0;
  double first_s = 0;
  std::vector<std::string> examples;  // hostile bytes, made printable
};

struct Interval {
  double value = 0, low = 0, high = 0;
};

struct CpuUse {
  double generator_ms = 0, server_ms = 0;  // user and system
  double server_us_per_request = 0, generator_us_per_request = 0;
  std::uint64_t voluntary_switches = 0, involuntary_switches = 0;    // of the generator
  double steal_percent = 0, softirq_percent = 0, other_percent = 0;  // of the whole machine
  std::vector<unsigned> generator_cpus, server_cpus;                 // seen running on
};

struct TcpSummary {  // of a sample of connections, just before their close
  std::uint64_t connections = 0, retransmissions = 0, lost = 0;
  std::uint32_t rtt_us_median = 0, min_rtt_us = 0, congestion_window_median = 0;
  std::uint64_t delivery_rate_bytes_per_s_median = 0;
};

// A word on the measurement itself. `decisive`: the figures are not to be relied on. Under --strict
// each makes the result inconclusive.
struct Doubt {
  std::string about;  // "generator saturated"
  std::string words;
  bool decisive = false;
};

struct Reference {  // the bare echo loop, beside the measurement
  double transactions_per_s = 0;
  std::uint64_t p50_ns = 0, p99_ns = 0;
  unsigned rounds = 0;
  // The measurement to it, turn by turn; absent where it is not one of exchanges.
  std::optional<double> rate_ratio, p50_ratio;
  std::optional<Interval> rate_ratio_interval, p50_ratio_interval;
};

struct LimitResult {
  std::string limit;
  std::optional<double> measured;  // absent: not to be had, and the limit is not kept
  bool held = false;
  std::string words;
};

struct ProofResult {
  std::uint64_t connections_made = 0;  // by the generator
  std::uint64_t handshakes_proven = 0, closes_proven = 0;
  std::uint64_t connections_seen = 0, failed = 0, inconclusive = 0;
  std::map<std::string, std::uint64_t> openings, closings, closed_first;
  std::map<std::string, std::uint64_t> broken_rules;
  std::uint64_t packets = 0, dropped = 0;
  double packets_per_s = 0;
  std::uint64_t most_tracked = 0;
  std::string capture, basis;  // what was captured ("headers"), and how that proves, in words
  bool balanced = false;       // made = handshakes = closes
  std::string difference;      // in words, where it is not
};

struct DatagramResult {
  std::uint64_t sent = 0, received = 0, lost = 0, duplicated = 0, reordered = 0;
  double jitter_us = 0;  // RFC 3550 6.4.1
  double sent_per_s = 0, received_per_s = 0;
};

// The server's processes over the run: what grows with the work done is a leak.
struct ServerGrowth {
  std::uint64_t first_kib = 0, last_kib = 0;  // resident, after the warm-up and at the end
  std::uint64_t first_descriptors = 0, last_descriptors = 0;
  std::uint64_t first_sockets = 0, last_sockets = 0;  // TCP, of its whole namespace
  // Where it differs from zero.
  double memory_drift_percent = 0, descriptor_drift_percent = 0, socket_drift_percent = 0;
  std::uint64_t samples = 0;
};

struct Repetition {
  double throughput_per_s = 0;
  std::uint64_t answered = 0;
  std::optional<std::uint64_t> p50_ns, p99_ns;
  std::uint64_t most_ns = 0;
};

// Of a ramp: so many connections, or a rate, from one moment to another of the last repetition.
struct LoadStep {
  double from_s = 0, to_s = 0;  // since the load's start
  unsigned connections = 0;     // 0: its connections are all the load's
  std::optional<double> asked_rate_per_s;
  double rate_per_s = 0;
  std::uint64_t answered = 0, failures = 0;
  std::optional<std::uint64_t> p50_ns, p99_ns;
};

struct LoadResult {
  std::string pattern, arrivals, engine, target, close;
  unsigned connections = 0, threads = 0, depth = 1, source_addresses = 1;
  unsigned processes = 0;  // of the generator, where one was not enough
  std::vector<unsigned> pinned;
  bool open_loop = false, interrupted = false, busy_poll = false;
  std::optional<double> asked_rate_per_s;
  double warm_up_s = 0, measured_s = 0;
  double paused_s = 0;         // between turns, for the reference; not measured
  bool warm_up_found = false;  // by looking at the figures, not given

  // sent = answered + errors + timeouts + in_flight
  std::uint64_t sent = 0, answered = 0, errors = 0, timeouts = 0, in_flight = 0;
  std::uint64_t not_sent = 0;  // meant to be sent before the end
  std::uint64_t warm_up_requests = 0;
  std::uint64_t connections_made = 0, connect_errors = 0, closes = 0, most_connected = 0;
  // Of connections on which no request was in flight: bytes that nobody asked for, resets.
  std::uint64_t idle_errors = 0;
  std::uint64_t closed_by_server = 0, closed_by_reset = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  double throughput_per_s = 0, bytes_sent_per_s = 0, bytes_received_per_s = 0;
  std::optional<Interval> throughput_interval;
  std::string throughput_method;

  std::vector<PhaseResult> phases;
  std::vector<SeriesPoint> series;
  std::vector<ErrorKind> error_kinds;
  CpuUse cpu;
  std::optional<TcpSummary> tcp;
  std::map<std::string, std::uint64_t> kernel_counters;  // of the namespace: after less before
  std::optional<DatagramResult> datagrams;
  std::optional<Reference> reference;
  std::optional<ProofResult> proof;
  std::optional<ServerGrowth> server_growth;
  std::vector<Repetition> repetitions;
  std::vector<LoadStep> steps;
  std::vector<Doubt> doubts;
  bool trusted = true;
  std::vector<LimitResult> limits;
  std::string log_file;  // HdrHistogram log, relative to the results folder

  std::uint64_t failures() const { return errors + timeouts + connect_errors + idle_errors; }
  double error_share() const;  // errors and timeouts of all that was tried
  const PhaseResult* phase(std::string_view name) const;
};

}  // namespace wireproof::load
