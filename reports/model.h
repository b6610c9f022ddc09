// The report: what ran, on what, and what came of it. report.json (reports/schema/) is its written
// form; every other output is made from it. Plain values: no thread rule.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.h"
#include "lab/lab.h"
#include "load/result.h"
#include "scenario/model.h"
#include "script/script.h"
#include "tcp/connection.h"
#include "udp/exchange.h"
#include "witness/kernel_events.h"
#include "witness/socket_table.h"

namespace wireproof::report {

inline constexpr int schema_version = 1;

enum class Status : std::uint8_t { passed, failed, error, skipped, inconclusive };
std::string_view name(Status);

struct TargetReport {
  Side role = Side::server;
  std::string name;
  std::vector<std::string> command;  // as started
  std::string exit;                  // "exit status 0", "killed by SIGKILL (by wireproof)"
  std::optional<int> exit_code;
  double cpu_ms = 0;
  std::string output, error_output;  // bounded; hostile text
  std::uint64_t output_bytes = 0, error_bytes = 0;
};

struct CaptureReport {
  std::string host, interface, file;  // file: relative to the results folder
  std::uint16_t link_type = 1;        // as capture files number it: 1 is Ethernet
  std::uint64_t packets = 0, received = 0, dropped_by_kernel = 0, dropped_by_interface = 0,
                dropped_by_limit = 0, housekeeping = 0;
  bool judged = true;  // findings' packet numbers are this capture's
  bool checksums_valid = true;
};

// The first bytes of one packet of the judged capture, for people who read it byte by byte; the
// capture file has all of it. Which packets are kept: run/kept_frames.h.
struct FrameReport {
  std::uint64_t packet = 0;  // number in the judged capture
  std::int64_t time_ns = 0;
  std::uint32_t wire_length = 0;
  std::string bytes;  // raw, from the link layer's header on
};

// Long lists are bounded where they are written (json.h): first and last items are kept, and
// `..._left_out` counts what stood between them.
struct ConnectionReport {
  tcp::Connection connection;
  tcp::Judgement judgement;
  std::uint64_t segments_left_out = 0;
};

// All connections of a case in numbers, those left out of the report included.
struct ConnectionTotals {
  std::uint64_t count = 0;
  std::map<std::string, std::uint64_t> opening, closing, verdict;  // by name
  friend bool operator==(const ConnectionTotals&, const ConnectionTotals&) = default;
};

// What the kernel said, and whether the packets agree.
struct WitnessReport {
  std::vector<script::KernelReading> readings;    // at the scenario's moments
  std::vector<witness::TcpSocket> final_sockets;  // when all was quiet
  std::int64_t final_read_ns = 0;                 // CLOCK_REALTIME of that
  std::vector<witness::TcpSocket> destroyed;      // with their last TCP_INFO
  std::uint64_t compared = 0, disagreements = 0;
  std::uint64_t overruns = 0;
  std::vector<witness::KernelEvent> events;  // as tracepoints told them
  std::vector<std::string> heard;            // "sock_diag", "destroyed sockets" ...
  std::string not_heard;                     // which witness could not be, and why
  std::uint64_t events_left_out = 0;
  std::uint64_t readings_left_out = 0, final_sockets_left_out = 0, destroyed_left_out = 0;
};

// What the emulated link did to one packet, as its sender sent it. No addresses and times: the same
// seed and packets give the same decisions, byte for byte.
struct WireDecision {
  std::string cause, name, deed, detail;  // "rule" "lose-syn" "dropped"
  std::string direction;
  std::uint64_t number = 0;  // among the packets of its direction, from 1; 0: of no packet
  std::uint64_t connection = 0;
  std::string packet;  // "SYN seq 0 length 0"
};
struct WireReport {
  std::uint64_t seed = 0, rules = 0;
  std::vector<WireDecision> decisions;
  std::uint64_t decisions_left_out = 0;
};

// What differs from run to run: when each decision was made, and what the link carried.
struct WireMoment {
  std::int64_t time_ns = 0;
  std::uint64_t packet = 0;  // in the capture at its sender's end; 0: none
};
struct WireLane {  // of one direction, in frames, housekeeping among them
  std::uint64_t received = 0, forwarded = 0, dropped_by_rule = 0, dropped_by_condition = 0;
};
struct WireLinkReport {
  WireLane client_to_server, server_to_client;
  std::uint64_t lost = 0;           // by the link itself: the case is inconclusive
  std::vector<WireMoment> moments;  // of the decisions, in their order
  std::uint64_t moments_left_out = 0;
};

struct CaseReport {
  std::string id, title, story, scenario_file;  // file:line of the scenario
  unsigned scenario_line = 0;
  std::vector<std::string> tags;
  std::map<std::string, std::string> parameters;
  std::string transport, family, topology;
  Status status = Status::passed;
  bool expected_failure = false;  // failed, just as its list of expected failures says
  std::string reason;             // of error, skipped, inconclusive; one line
  std::string hint;               // what to do about it
  std::uint64_t started_ns = 0;
  double duration_ms = 0, cpu_ms = 0;  // launch to verdict; of the case process and its programs
  unsigned attempts = 1;               // more than one: tried again after an inconclusive attempt
  std::vector<std::string> earlier_attempts;  // their reasons
  std::vector<Finding> findings;  // of everything: connections, datagrams, script, programs
  std::vector<scenario::ExpectedFailure> expected_failures;
  std::vector<script::StepRecord> steps;
  std::vector<TargetReport> targets;
  std::vector<CaptureReport> captures;
  std::vector<ConnectionReport> connections;
  std::vector<udp::Exchange> exchanges;
  std::vector<FrameReport> frames;
  WitnessReport witness;
  std::optional<WireReport> wire;  // topology wire, as is the next
  std::optional<WireLinkReport> wire_link;
  std::optional<load::LoadResult> load;  // of a load case
  std::vector<lab::Setting> settings;
  std::string folder;       // relative to the results folder
  std::string run_again;    // command line that runs this case alone
  std::uint64_t order = 0;  // place among all cases of the run, its other shards' too, from 1
  std::vector<std::string> notes;  // "loopback: checksums are not proven (offload)"
  std::uint64_t findings_left_out = 0, steps_left_out = 0, connections_left_out = 0,
                exchanges_left_out = 0, frames_left_out = 0;
  std::map<std::uint64_t, std::uint64_t> datagrams_left_out;  // by Exchange::index
  ConnectionTotals connection_totals;  // count 0: of `connections`, made when it is written
};

// The machine and program a run happened on.
struct Context {
  std::string version, command_line, started_at, host_name, kernel, cpu_model, clock_source, os;
  unsigned cpus = 0;
  std::uint64_t memory_bytes = 0;
  std::array<double, 3> load_average{};
  std::string isolation, isolation_why, user;
  std::map<std::string, std::string> libraries;  // "libpcap": "1.10.3"
  std::uint64_t seed = 0;
  unsigned jobs = 1;
  // What was tested, where it is known (given, or of CI's environment): names in comparisons.
  std::string label, commit, branch;
  std::string ci, ci_run;  // the CI service, and the address of its job
  std::string shard;       // "2/5": this run's share of the cases; empty: all
};

struct Totals {
  std::size_t cases = 0, passed = 0, failed = 0, failed_as_expected = 0, error = 0, skipped = 0,
              inconclusive = 0, retried = 0;
};

struct RunReport {
  Context context;
  double duration_ms = 0;
  bool interrupted = false;
  std::vector<CaseReport> cases;  // in the order of the scenarios, whatever ran first
  std::vector<std::string> notes;
};

// What weighs most in a case that did not pass: of its proven must-findings the one that the first
// packet shows, since others may follow from it. Null where there is none.
const Finding* main_finding(const CaseReport& one);
// Whether `a` comes before `b` by that measure.
bool weighs_more(const Finding& a, const Finding& b);

Totals totals(const RunReport& run);
ConnectionTotals totals(const std::vector<ConnectionReport>& connections);
// 0: all passed, failed as expected or were skipped. 1: something failed, was in error or not
// proven (inconclusive); with `strict`, also a finding of a should-rule in a passed case. 3: all
// cases were skipped, so nothing was tested. 130: interrupted.
int exit_status(const RunReport& run, bool strict);

}  // namespace wireproof::report
