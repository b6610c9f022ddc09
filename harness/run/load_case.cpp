#include "run/load_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>

#include "base/atomic_file.h"
#include "base/error.h"
#include "lab/route.h"
#include "load/doubt.h"
#include "load/generator.h"
#include "load/histogram_log.h"
#include "load/machine.h"
#include "load/now.h"
#include "load/reference.h"
#include "run/case_stage.h"
#include "run/live_proof.h"
#include "run/rules.h"
#include "run/settle.h"

namespace wireproof::run {
namespace {

using scenario::CaptureKind;
using scenario::Pattern;

constexpr std::size_t ring_bytes = 64u << 20;
constexpr std::uint32_t all_bytes = 65'535;
constexpr std::uint32_t all_headers = 128;  // Ethernet, IPv6 and the longest TCP header
constexpr std::chrono::seconds capture_limit{20};
constexpr std::chrono::milliseconds reference_round{100};

std::atomic<bool> stop_asked{false};

// Ctrl-C ends the load, not the report.
class StopSignals {
 public:
  StopSignals() {
    stop_asked = false;
    struct sigaction action {};
    action.sa_handler = [](int) { stop_asked = true; };
    ::sigaction(SIGINT, &action, &interrupt_);
    ::sigaction(SIGTERM, &action, &terminate_);
  }
  ~StopSignals() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGTERM, &terminate_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;

 private:
  struct sigaction interrupt_ {
  }, terminate_{};
};

std::map<std::string, std::uint64_t> difference(const witness::NamespaceCounters& before,
                                                const witness::NamespaceCounters& after) {
  return {{"tcp_retransmitted", after.tcp_retransmitted - before.tcp_retransmitted},
          {"tcp_in_errors", after.tcp_in_errors - before.tcp_in_errors},
          {"tcp_out_resets", after.tcp_out_resets - before.tcp_out_resets},
          {"listen_overflows", after.listen_overflows - before.listen_overflows},
          {"listen_drops", after.listen_drops - before.listen_drops},
          {"udp_receive_buffer_errors",
           after.udp_receive_buffer_errors - before.udp_receive_buffer_errors},
          {"udp_no_ports", after.udp_no_ports - before.udp_no_ports}};
}

class LoadCase {
 public:
  LoadCase(const scenario::Case& one, const CaseSettings& settings, report::CaseReport& report)
      : settings_(settings),
        report_(report),
        lab_(lab::LabSpec{one.topology, settings.identity}),
        stage_(one, lab_, settings),
        workload_(*stage_.scenario().load) {}

  void run() {
    stage_.start_captures();  // of a load case: the kernel's tables only
    Programs& programs = stage_.programs();
    if (programs.has(Side::server)) {
      programs.start(Side::server);
      if (!stage_.await_server()) return end_programs();
    }
    start_proof();
    drive();
    settle_and_stop();
    end_programs();
    judge();
    report_.settings = lab_.settings();
    report_.load = std::move(result_);
    if (generator_failure_.empty()) return;
    report_.status = report::Status::error;
    report_.reason = generator_failure_;
  }

 private:
  load::Destination destination() {
    const scenario::Target target = stage_.server_address();
    const scenario::Transport transport = stage_.scenario().transport;
    if (scenario::is_unix(transport)) return load::unix_destination(transport, *target.path);
    return load::inet_destination(transport, *target.address, *target.port);
  }

  // In a network of the case's own ::1 gets company: 127.0.0.0/8 is there anyway.
  load::Ipv6Sources ipv6_sources() const {
    constexpr unsigned usual = 16, most = 1'024;
    const scenario::Case& one = stage_.scenario();
    load::Ipv6Sources sources;
    if (one.transport != scenario::Transport::tcp || one.family != scenario::Family::ipv6 ||
        one.topology != lab::Topology::loopback ||
        settings_.identity.isolation == lab::Isolation::none || workload_.source_addresses == 1) {
      return sources;
    }
    sources.count = std::clamp(workload_.source_addresses, usual, most);
    const lab::Host& host = lab_.host(Side::client);
    const lab::NetnsScope inside(host.netns.get());
    lab::RouteSocket route;
    packet::Address address;
    address.family = packet::Family::ipv6;
    address.bytes = {0xfd, 0x6c, 0x6f, 0x61, 0x64};  // a unique local prefix (RFC 4193 3.2)
    std::memcpy(&sources.first, address.bytes.data(), sizeof sources.first);
    sources.first.s6_addr[15] = 1;
    for (unsigned i = 1; i <= sources.count; ++i) {
      address.bytes[14] = static_cast<std::uint8_t>(i >> 8);
      address.bytes[15] = static_cast<std::uint8_t>(i);
      route.add_address(host.interface, address, 128);
    }
    route.await_local(address, Deadline::after(std::chrono::seconds(5)));
    return sources;
  }

  bool wants_proof() const {
    return workload_.capture != CaptureKind::none &&
           stage_.scenario().transport == scenario::Transport::tcp &&
           lab_.host(Side::client).interface.size() > 0;
  }

  void start_proof() {
    if (!wants_proof()) return;
    proof_ = std::make_unique<LiveProof>(*stage_.server_address().port, !lab_.one_host(),
                                         workload_.capture);
    capture::LiveOptions options;
    const lab::Host& host = lab_.host(Side::client);
    options.interface = host.interface;
    options.ring_bytes = ring_bytes;
    options.snap_length = workload_.capture == CaptureKind::whole ? all_bytes : all_headers;
    filtered_ = proof_->wants_filter();
    if (filtered_) options.filter = tcp::outline_filter;
    options.immediate = false;
    options.ignore_outgoing = host.interface == "lo";
    options.sink = [proof = proof_.get()](const packet::Frame& frame) { proof->add(frame); };
    capture_ =
        capture::LiveCapture::start(host.netns.get(), options, Deadline::after(capture_limit));
  }

  void filter_if_wanted() {
    if (filtered_ || !proof_ || !proof_->wants_filter()) return;
    capture_->filter(std::string(tcp::outline_filter));
    filtered_ = true;
  }

  void drive() {
    const load::Plan plan = load::make_plan(workload_, destination(), ipv6_sources());
    load::ReferenceLoop reference(stage_.scenario().transport, stage_.scenario().family);
    load::MachineWatch machine([this] { return stage_.programs().tree(Side::server); });
    const int netns = lab_.host(Side::server).netns.get();
    const auto before = witness::read_counters(netns);
    load::GeneratorOptions options;
    options.progress = settings_.load_progress;
    options.stop = &stop_asked;
    unsigned ticks = 0;
    options.every_tick = [&] {
      if (++ticks % 50 == 1) machine.sample();
      machine.mark(load::now_ns());
      filter_if_wanted();
    };

    if (workload_.reference) {
      options.in_pause = [&](std::chrono::nanoseconds span) { machine_at_work(reference, span); };
    }

    std::vector<load::Recording> recordings;
    std::uint64_t requests = 0;
    double wall_s = 0;
    machine_at_work(reference);
    const double reference_cpu_ms = reference.cpu_ms();
    machine.start();
    const load::LoadStallWatch stalls;
    for (unsigned i = 0; i < workload_.repetitions && !stop_asked; ++i) {
      if (i > 0) machine_at_work(reference);
      recordings.push_back(load::run_generator(plan, options));
      wall_s +=
          static_cast<double>(recordings.back().ended_ns - plan_start(recordings.back())) / 1e9;
    }
    result_ = load::summarize(recordings);
    requests = result_.answered + result_.errors + result_.timeouts + result_.warm_up_requests;
    result_.cpu = machine.finish(requests, reference.cpu_ms() - reference_cpu_ms);
    result_.server_growth = machine.growth();
    machine.mark(load::now_ns());
    machine.tell(result_.series, plan_start(recordings.back()));
    machine_at_work(reference);
    result_.kernel_counters = difference(before, witness::read_counters(netns));
    result_.reference = reference.against(recordings);

    load::Circumstances circumstances;
    circumstances.longest_stall_ns = stalls.longest_ns();
    circumstances.stalls = stalls.stalls();
    circumstances.warm_up_sought = workload_.find_warm_up;
    circumstances.answers_unchecked = workload_.answer.framing == scenario::Framing::any &&
                                      (workload_.pattern == Pattern::request_response ||
                                       workload_.pattern == Pattern::connect_request_close);
    circumstances.clock_source = load::clock_source();
    circumstances.wall_s = wall_s - result_.paused_s;
    load::WorkerEnd end;
    for (const load::Recording& one : recordings) {
      end.run_ns += one.end.run_ns;
      end.runqueue_ns += one.end.runqueue_ns;
      if (end.failure.empty()) end.failure = one.end.failure;
      end.spread_over = std::max(end.spread_over, one.end.spread_over);
    }
    result_.doubts = load::doubts_of(result_, end, circumstances);
    generator_failure_ = end.failure;
    load_s_ = wall_s;
    write_log(recordings);
  }

  static std::int64_t plan_start(const load::Recording& recording) {
    return recording.plan.start_ns;
  }

  void machine_at_work(load::ReferenceLoop& reference,
                       std::chrono::nanoseconds span = reference_round) {
    if (!workload_.reference || stop_asked) return;
    const std::string why = reference.round(span);
    if (!why.empty() && reference_note_.empty()) {
      reference_note_ = why;
      report_.notes.push_back(why);
    }
  }

  // Latency and service, interval by interval, as HdrHistogram's tools read it.
  void write_log(const std::vector<load::Recording>& recordings) {
    std::vector<load::LogInterval> intervals;
    double offset_s = 0;
    for (const load::Recording& recording : recordings) {
      const double window_s = static_cast<double>(recording.plan.window_ns) / 1e9;
      for (const load::Window& window : recording.windows) {
        for (std::size_t i = 0; i < load::phase_count; ++i) {
          if (window.phases[i].counts.empty()) continue;
          load::LogInterval one;
          one.tag = load::name(static_cast<load::Phase>(i));
          one.start_s = offset_s + static_cast<double>(window.index) * window_s;
          one.length_s = window_s;
          one.histogram.add(window.phases[i]);
          intervals.push_back(std::move(one));
        }
      }
      offset_s += static_cast<double>(recording.ended_ns - recording.plan.start_ns) / 1e9;
    }
    result_.log_file = settings_.folder + "/histograms.hlog";
    write_file_atomically(settings_.results_folder / result_.log_file,
                          load::histogram_log(report_.started_ns, intervals));
  }

  void settle_and_stop() {
    if (!capture_) return;
    const Settled settled =
        settle(stage_, Wanted::closed, Deadline::after(stage_.scenario().settle));
    capture_->stop(Deadline::after(capture_limit));
    result_.proof =
        proof_->finish(capture_->stats(), result_.connections_made, load_s_, settled.sockets);
    report::CaptureReport capture;
    const auto stats = capture_->stats();
    capture.host = lab_.one_host() ? "both" : "client";
    capture.interface = lab_.host(Side::client).interface;
    capture.packets = result_.proof->packets;
    capture.received = stats.received;
    capture.dropped_by_kernel = stats.dropped_by_kernel;
    capture.dropped_by_interface = stats.dropped_by_interface;
    capture.dropped_by_limit = stats.dropped_by_memory_limit;
    capture.checksums_valid = !lab_.one_host();
    report_.captures.push_back(std::move(capture));
  }

  void end_programs() {
    stage_.programs().end_all();
    stage_.programs().judge();
    const auto& findings = stage_.programs().findings();
    report_.findings.insert(report_.findings.end(), findings.begin(), findings.end());
    report_.targets = stage_.programs().reports();
  }

  void add(const Rule& rule, Blame blame, std::string expected, std::string observed,
           bool inconclusive = false) {
    Finding finding = make_finding(rule, blame, {}, std::move(expected), std::move(observed));
    finding.inconclusive = inconclusive;
    report_.findings.push_back(std::move(finding));
  }

  bool limits_mention(std::string_view metric) const {
    for (const scenario::Limit& limit : workload_.limits) {
      if (limit.metric == metric) return true;
    }
    return false;
  }

  void judge() {
    result_.limits = load::judge_limits(workload_.limits, result_);
    for (const load::LimitResult& limit : result_.limits) {
      if (!limit.held) add(rule::load_limit, Blame::server, limit.limit, limit.words);
    }
    judge_answers();
    judge_growth();
    judge_proof();
    if (result_.interrupted && report_.findings.empty()) {
      report_.status = report::Status::inconclusive;
      report_.reason = fmt::format("interrupted after {:.1f} s", result_.measured_s);
    }
    for (const load::Doubt& doubt : result_.doubts) {
      if (doubt.decisive) result_.trusted = false;
      if (workload_.strict) {
        add(rule::load_trusted, Blame::harness, "a measurement that can be relied on",
            doubt.about + ": " + doubt.words, true);
      }
    }
  }

  // A server that grows while the load stays as it is will not last.
  void judge_growth() {
    constexpr double grown = 10;  // percent
    constexpr std::uint64_t much_kib = 2'048, many_descriptors = 8;
    if (!workload_.soak) return;
    if (!result_.server_growth) {
      add(rule::load_growth, Blame::none, "looks enough at the server's memory and descriptors",
          "too few in so short a time (--soak 15s or more)", true);
      return;
    }
    const load::ServerGrowth& growth = *result_.server_growth;
    if (growth.memory_drift_percent > grown && growth.last_kib > growth.first_kib + much_kib) {
      add(rule::load_growth, Blame::server, "memory that stays as it is",
          fmt::format("{} KiB resident at first and {} KiB at the end, rising", growth.first_kib,
                      growth.last_kib));
    }
    if (growth.descriptor_drift_percent > grown &&
        growth.last_descriptors > growth.first_descriptors + many_descriptors) {
      add(rule::load_growth, Blame::server, "descriptors that are closed",
          fmt::format("{} open at first and {} at the end, rising", growth.first_descriptors,
                      growth.last_descriptors));
    }
    if (growth.socket_drift_percent > grown &&
        growth.last_sockets > growth.first_sockets + many_descriptors) {
      add(rule::load_growth, Blame::server, "TCP sockets that are let go of",
          fmt::format("{} in the server's namespace at first and {} at the end, rising",
                      growth.first_sockets, growth.last_sockets));
    }
  }

  // Errors fail a run unless its limits say how many are borne.
  void judge_answers() {
    const bool borne = limits_mention("errors") || limits_mention("error_share") ||
                       limits_mention("timeouts") || limits_mention("loss");
    std::string seen;
    for (const load::ErrorKind& kind : result_.error_kinds) {
      seen += fmt::format("{}{} {}", seen.empty() ? "" : ", ", kind.count, kind.kind);
      if (!kind.examples.empty()) seen += " (" + kind.examples.front() + ")";
    }
    if (result_.in_flight > 0 && !result_.interrupted) {
      seen += fmt::format("{}{} without an answer when the load was over", seen.empty() ? "" : ", ",
                          result_.in_flight);
    }
    if (!seen.empty() && !borne) {
      add(rule::load_answers, Blame::server, "every request answered, and rightly", seen);
    } else if (result_.answered == 0 && workload_.pattern != Pattern::idle &&
               workload_.pattern != Pattern::stream && !result_.interrupted) {
      add(rule::load_answers, Blame::server, "answers", seen.empty() ? "none at all" : seen);
    }
    const bool streams = workload_.pattern == Pattern::stream && !result_.interrupted;
    if (streams && workload_.direction != scenario::Direction::to_server &&
        result_.bytes_received == 0) {
      add(rule::load_answers, Blame::server, "a stream from the server", "not a byte");
    }
    if (streams && workload_.direction != scenario::Direction::from_server &&
        result_.bytes_sent == 0) {
      add(rule::load_answers, Blame::server, "a stream to the server", "not a byte was taken");
    }
    if (workload_.pattern == Pattern::idle && result_.most_connected < workload_.connections &&
        !result_.interrupted) {
      add(rule::load_answers, Blame::server,
          fmt::format("{} connections at once", workload_.connections),
          fmt::format("{} at the most", result_.most_connected));
    }
  }

  void judge_proof() {
    if (!result_.proof) return;
    for (const auto& [rule, finding] : proof_->findings()) {
      Finding one = finding;
      one.packets.clear();  // no capture file of a load run is kept
      one.observed +=
          fmt::format(" (the first of {} such connections)", result_.proof->broken_rules.at(rule));
      report_.findings.push_back(std::move(one));
    }
    if (!result_.proof->balanced) {
      add(rule::load_proof, Blame::none,
          "as many handshakes and closes proven as connections were made",
          result_.proof->difference, true);
    }
  }

  const StopSignals signals_;
  const CaseSettings& settings_;
  report::CaseReport& report_;
  lab::Lab lab_;  // before any thread
  CaseStage stage_;
  const scenario::Workload& workload_;
  std::unique_ptr<LiveProof> proof_;
  std::unique_ptr<capture::LiveCapture> capture_;
  load::LoadResult result_;
  std::string generator_failure_, reference_note_;
  double load_s_ = 0;
  bool filtered_ = false;  // the kernel keeps all but SYN, FIN and RST segments away
};

}  // namespace

void run_load_case(const scenario::Case& one, const CaseSettings& settings,
                   report::CaseReport& report) {
  LoadCase(one, settings, report).run();
}

}  // namespace wireproof::run
