#include "run/case_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/atomic_file.h"
#include "base/error.h"
#include "process/program_path.h"
#include "run/case_stage.h"
#include "run/kept_frames.h"
#include "run/kernel_account.h"
#include "run/load_case.h"
#include "run/observation.h"
#include "run/packet_expectations.h"
#include "run/rules.h"
#include "run/second_witness.h"
#include "run/settle.h"
#include "run/stall_watch.h"
#include "run/two_ends.h"
#include "run/verdict.h"
#include "run/wire_judgement.h"

namespace wireproof::run {
namespace {

// Why this case cannot be tried here, or empty.
std::string reason_to_skip(const scenario::Case& one, const lab::RunIdentity& identity) {
  if (one.topology == lab::Topology::remote && !one.load) {
    return fmt::format("topology {} is not available in this version", lab::name(one.topology));
  }
  if (identity.isolation == lab::Isolation::none && one.topology != lab::Topology::loopback &&
      one.topology != lab::Topology::remote) {
    return fmt::format("topology {} needs network namespaces, and isolation is none",
                       lab::name(one.topology));
  }
  if (identity.isolation == lab::Isolation::none && !one.settings.empty()) {
    return "kernel settings need a network of the case's own, and isolation is none";
  }
  if (identity.isolation == lab::Isolation::none && one.expected.datagrams.min_fragments) {
    return "fragments need an MTU of 1,500, and isolation none has the host's loopback as it is";
  }
  const char* search_path = std::getenv("PATH");
  for (const std::string& program : one.required_programs) {
    try {
      (void)process::find_program(program, search_path == nullptr ? "" : search_path, "/",
                                  process::FileUser{identity.target_uid, identity.target_uid});
    } catch (const SystemError&) {
      return program + " is not installed";
    }
  }
  return {};
}

// The hint has a place of its own in a report.
std::string without_hint(const SystemError& error) {
  std::string words = error.what();
  const std::string hint = " (" + error.hint() + ")";
  if (!error.hint().empty() && words.ends_with(hint)) words.resize(words.size() - hint.size());
  return words;
}

void append(std::vector<Finding>& all, std::vector<Finding> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

// A crash, or an answer sent astray, explains what the other end then missed: that is no fault of
// its own.
void fold_consequences(std::vector<Finding>& findings) {
  constexpr std::string_view causes[] = {rule::program_crash.id, "udp.answer.wrong-peer",
                                         "udp.answer.other-port"};
  const auto cause = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return std::find(std::begin(causes), std::end(causes), finding.rule) != std::end(causes);
  });
  if (cause == findings.end()) return;
  const Blame blame = cause->blame;
  for (const Finding& finding : findings) {
    if (finding.blame == blame && finding.rule.starts_with("script.")) {
      cause->observed +=
          "; so its peer, which wanted " + finding.expected + ", saw " + finding.observed;
    }
  }
  std::erase_if(findings, [&](const Finding& finding) {
    return finding.blame == blame && finding.rule.starts_with("script.");
  });
}

class CaseRun {
 public:
  CaseRun(const scenario::Case& one, const CaseSettings& settings, report::CaseReport& report)
      : settings_(settings),
        report_(report),
        lab_(spec_of(one, settings)),
        stage_(one, lab_, settings) {}

  void run() {
    report_.reason = refused_setting();
    if (!report_.reason.empty()) {
      report_.status = report::Status::skipped;
      report_.settings = lab_.settings();
      return;
    }
    const Deadline deadline = Deadline::after(stage_.scenario().time_limit);
    listen_to_the_kernel();
    stage_.start_captures();
    drive(deadline);
    settle();
    stage_.stop_link();
    stage_.stop_captures();
    // The kernel multicasts from a work queue of its own, a little after the fact.
    report_.witness.destroyed = stage_.destroyed();
    report_.witness.overruns = stage_.destroyed_overruns();
    hear_the_kernel();
    stage_.programs().end_all();
    stage_.programs().judge();
    append(report_.findings, stage_.programs().findings());
    judge_unix();
    judge_packets();
    judge_wire();
    fold_consequences(report_.findings);
    tell();
  }

  std::chrono::milliseconds longest_stall() const { return watch_.longest(); }

 private:
  static lab::LabSpec spec_of(const scenario::Case& one, const CaseSettings& settings) {
    lab::LabSpec spec;
    spec.topology = one.topology;
    spec.identity = settings.identity;
    spec.settings = one.settings;
    return spec;
  }

  // A setting of the scenario that this kernel does not have, or does not let a user namespace set.
  std::string refused_setting() const {
    for (const lab::Setting& wanted : stage_.scenario().settings) {
      std::size_t pinned = 0;
      for (const lab::Setting& one : lab_.settings()) {
        if (one.name != wanted.name || one.host == "wire") continue;
        if (!one.pinned || one.value != wanted.value) {
          return fmt::format("this kernel keeps {} at {}, not {}", wanted.name, one.value,
                             wanted.value);
        }
        ++pinned;
      }
      if (pinned == 0) return fmt::format("this kernel has no {}", wanted.name);
    }
    return {};
  }

  void listen_to_the_kernel() {
    if (!hears_kernel_events(stage_.scenario())) return;
    report_.witness.not_heard = settings_.no_kernel_events;
    if (!settings_.kernel_events) return;
    if (settings_.kernel_events_slot >= settings_.kernel_events->slots()) {
      report_.witness.not_heard = "tracepoints: too many cases at once";
      return;
    }
    witness::KernelEventTap::Namespaces namespaces;
    for (const Side side : {Side::client, Side::server}) {
      namespaces.emplace_back(side, lab_.host(side).netns.get());
      if (lab_.one_host()) break;
    }
    try {
      tap_.emplace(*settings_.kernel_events, settings_.kernel_events_slot, namespaces);
      report_.witness.not_heard.clear();
    } catch (const SystemError& error) {
      report_.witness.not_heard = std::string("tracepoints: ") + error.what();
    }
  }

  void hear_the_kernel() {
    if (!tap_) return;
    auto heard = tap_->take();
    report_.witness.events = std::move(heard.events);
    if (heard.lost == 0) return;
    report_.witness.not_heard = fmt::format("tracepoints: {} events were not recorded", heard.lost);
  }

  void drive(Deadline deadline) {
    Programs& programs = stage_.programs();
    if (programs.has(Side::server)) {
      programs.start(Side::server);
      if (!stage_.await_server()) return;
      if (!stage_.launches_client_by_step()) stage_.start_client();
    }
    bool script_done = true;
    if (!stage_.scenario().steps.empty()) {
      script_.emplace(stage_.scenario(), stage_);
      script::Result result = script_->run(deadline);
      report_.steps = std::move(result.steps);
      report_.witness.readings = std::move(result.readings);
      append(report_.findings, std::move(result.findings));
      script_done = result.completed;
    }
    if (script_done && programs.started(Side::client)) {
      script_done = programs.await_exit(Side::client, deadline);
    }
    // A script ends as a program does: its sockets are closed. After a miss they stay as they are,
    // so that the trace shows the fault and not what followed of our own making.
    if (script_done && script_) script_->close_all();
    completed_ = script_done;
  }

  void settle() {
    if (scenario::is_unix(stage_.scenario().transport)) return;
    const auto& closing = stage_.scenario().expected.connections.all.closing;
    const bool stays_open = std::any_of(closing.begin(), closing.end(), [](tcp::Closing kind) {
      return kind == tcp::Closing::unfinished || kind == tcp::Closing::none;
    });
    const Wanted wanted = completed_ && !stays_open ? Wanted::closed : Wanted::still;
    Settled settled = run::settle(stage_, wanted, Deadline::after(stage_.scenario().settle));
    quiet_ = settled.quiet;
    report_.witness.final_sockets = std::move(settled.sockets);
    report_.witness.final_read_ns = realtime_ns();
  }

  void judge_unix() {
    const scenario::Case& one = stage_.scenario();
    if (!scenario::is_unix(one.transport)) return;
    report_.notes.push_back(
        "UNIX sockets put no packets on any wire: judged by what the programs did and by what the "
        "kernel listed");
    if (one.family != scenario::Family::unix_path || !stage_.programs().started(Side::server))
      return;
    const std::filesystem::path path = *stage_.server_address().path;
    const bool left = std::filesystem::exists(std::filesystem::symlink_status(path));
    const bool wanted = one.expected.path_left.value_or(false);
    if (completed_ && left != wanted) {
      report_.findings.push_back(make_finding(rule::unix_path, Blame::server, {},
                                              wanted ? "the path stays when the server has ended"
                                                     : "the path is gone when the server has ended",
                                              wanted ? "it is gone" : "it is still there"));
    }
  }

  void judge_packets() {
    scenario::Case one = stage_.scenario();
    if (scenario::is_unix(one.transport)) return;
    // After a miss the connection is where the script left it: only the rules of every connection
    // hold.
    if (!completed_) {
      one.expected.connections = {};
      one.expected.datagrams = {};
      one.expected.kernel.clear();
      one.expected.packets.clear();
    }
    const auto captures = stage_.captures();
    tcp::CaptureFacts facts;
    facts.starts_before_traffic = facts.ends_after_traffic = true;
    facts.checksums_valid = !lab_.one_host();
    for (const auto& capture : captures) facts.dropped += capture.lost();

    const auto only_port = settings_.identity.isolation == lab::Isolation::none
                               ? stage_.server_address().port
                               : std::nullopt;
    const bool wire = stage_.link() != nullptr;
    Observation seen, at_server;  // the latter: of a wire alone
    if (wire) {
      EndsSeen ends = observe_ends(captures[0].frames(), captures[1].frames(), one, facts);
      seen = std::move(ends.client);
      at_server = std::move(ends.server);
    } else {
      seen = observe(captures.front().frames(), one, facts, only_port);
    }
    if (wire) {
      append(seen.findings,
             run::judge_packets(one.expected.packets,
                                {captures[0].frames(), captures[1].frames(), client_address(one)}));
    }
    report_.captures = stage_.write_captures(seen.findings, seen.connections);
    report_.captures.front().housekeeping = seen.housekeeping;

    // What the packets prove comes first: the rest is often its consequence.
    for (const auto& connection : seen.connections) {
      append(report_.findings, connection.judgement.findings);
    }
    append(report_.findings, std::move(seen.findings));
    for (auto& connection : at_server.connections) {
      append(report_.findings, std::move(connection.judgement.findings));
    }
    append(report_.findings, std::move(at_server.findings));
    if (facts.dropped > 0) {
      Finding finding = make_finding(rule::capture_whole, Blame::harness, {}, "no packet lost",
                                     fmt::format("{} packets lost by the capture", facts.dropped));
      finding.inconclusive = true;
      report_.findings.push_back(std::move(finding));
    } else {
      if (captures.size() > 1 && !wire) {
        judge_two_ends(captures[0].frames(), captures[1].frames());
      }
      compare_with_kernel(seen, wire ? &at_server : nullptr);
    }
    append(report_.findings,
           judge_final_states(one.expected.kernel, report_.witness.final_sockets,
                              stage_.server_address().port.value_or(0), seen.connections));
    report_.frames = kept_frames(captures.front().frames(), report_.findings);
    report_.frames_left_out = captures.front().frames().size() - report_.frames.size();
    report_.connections = std::move(seen.connections);
    report_.exchanges = std::move(seen.exchanges);
  }

  void compare_with_kernel(const Observation& seen, const Observation* at_server) {
    const auto& servers = at_server ? at_server->connections : seen.connections;
    append(report_.findings, compare_events(seen.connections, servers, report_.witness));
    if (!at_server) {
      append(report_.findings, compare_witnesses(seen.connections, report_.witness, quiet_));
      return;
    }
    append(report_.findings,
           compare_witnesses(seen.connections, report_.witness, quiet_, Side::client));
    append(report_.findings,
           compare_witnesses(at_server->connections, report_.witness, quiet_, Side::server));
  }

  packet::Address client_address(const scenario::Case& one) const {
    const lab::Host& host = lab_.host(Side::client);
    return one.family == scenario::Family::ipv6 ? host.ipv6 : host.ipv4;
  }

  void judge_wire() {
    if (!stage_.link()) return;
    const auto captures = stage_.captures();
    report_.wire_link =
        wire_link_report(*stage_.link(), captures[0].frames(), captures[1].frames());
    report_.wire = wire_report(stage_.scenario().wire.value_or(wire::Plan{}), *stage_.link());
    append(report_.findings, run::judge_wire(*stage_.link(), completed_));
  }

  void judge_two_ends(std::span<const packet::Frame> client,
                      std::span<const packet::Frame> server) {
    const std::string difference = difference_of_ends(client, server);
    if (difference.empty()) return;
    Finding finding =
        make_finding(rule::two_ends, Blame::harness, {}, "the same packets", difference);
    finding.inconclusive = true;
    report_.findings.push_back(std::move(finding));
  }

  void tell() {
    report_.targets = stage_.programs().reports();
    write_outputs();
    report_.settings = lab_.settings();
    if (report_.transport == "tcp") {
      report_.witness.heard = {"sock_diag", "destroyed sockets (netlink multicast)"};
      if (tap_) report_.witness.heard.emplace_back("tracepoints");
    }
    if (!scenario::is_unix(stage_.scenario().transport) && lab_.one_host()) {
      report_.notes.push_back(
          "on loopback transmit checksum offload cannot be turned off: no checksum is proven here "
          "(topology veth proves them)");
    }
  }

  // What the programs printed, each stream that is not empty in a file of its own.
  void write_outputs() const {
    const std::filesystem::path folder = settings_.results_folder / settings_.folder;
    for (const report::TargetReport& target : report_.targets) {
      const std::string role(name(target.role));
      if (!target.output.empty()) write_file_atomically(folder / (role + ".out"), target.output);
      if (!target.error_output.empty()) {
        write_file_atomically(folder / (role + ".err"), target.error_output);
      }
    }
  }

  const CaseSettings& settings_;
  report::CaseReport& report_;
  lab::Lab lab_;  // before any thread: those made earlier would stay outside
  StallWatch watch_;
  std::optional<witness::KernelEventTap> tap_;
  CaseStage stage_;
  std::optional<script::Script> script_;
  bool completed_ = false;
  bool quiet_ = false;
};

}  // namespace

bool hears_kernel_events(const scenario::Case& one) {
  return one.transport == scenario::Transport::tcp && !one.load &&
         one.topology != lab::Topology::remote;
}

report::CaseReport describe_case(const scenario::Case& one, const CaseSettings& settings) {
  report::CaseReport report;
  report.id = one.id;
  report.title = one.title;
  report.story = one.story;
  report.scenario_file = one.position.file;
  report.scenario_line = one.position.line;
  report.tags = one.tags;
  report.parameters = one.parameters;
  report.transport = scenario::name(one.transport);
  report.family = scenario::name(one.family);
  report.topology = lab::name(one.topology);
  report.expected_failures = one.expected_failures;
  report.folder = settings.folder;
  report.run_again = settings.run_again_prefix;
  // A case of the command line alone is the command line.
  if (one.position.line > 0) report.run_again += " --filter '" + one.id + "'";
  return report;
}

report::CaseReport run_case(const scenario::Case& one, const CaseSettings& settings) {
  report::CaseReport report = describe_case(one, settings);
  report.started_ns = static_cast<std::uint64_t>(realtime_ns());
  auto start = std::chrono::steady_clock::now();
  const auto tell_duration = [&] {
    report.duration_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  };
  std::chrono::milliseconds stall{0};
  if (const std::string reason = reason_to_skip(one, settings.identity); !reason.empty()) {
    report.status = report::Status::skipped;
    report.reason = reason;
  } else {
    try {
      if (one.load) {
        run_load_case(one, settings, report);
      } else {
        CaseRun run(one, settings, report);
        // What the kernel takes to make namespaces and to clear them away is none of the case's: it
        // waits for others of this machine (grace periods of RCU), and its noise hid the rest.
        start = std::chrono::steady_clock::now();
        run.run();
        tell_duration();
        stall = run.longest_stall();
      }
    } catch (const capture::NotProvenLive& error) {
      report.status = report::Status::inconclusive;
      report.reason = error.what();
    } catch (const SystemError& error) {
      report.status = report::Status::error;
      report.reason = without_hint(error);
      report.hint = error.hint();
    } catch (const std::exception& error) {
      report.status = report::Status::error;
      report.reason = std::string("unexpected: ") + error.what();
      report.hint = "a defect of wireproof";
    }
  }
  decide(report, one, stall, settings.strict);
  if (report.duration_ms == 0) tell_duration();
  return report;
}

}  // namespace wireproof::run
