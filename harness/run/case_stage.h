// What a case runs with: its programs, captures and kernel tables in its lab; the stage on which
// the scripted peer acts. Thread rule: the case's main thread. Lifetime: within the lab's.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "capture/live.h"
#include "reports/model.h"
#include "run/case_runner.h"
#include "run/programs.h"
#include "script/script.h"
#include "wire/link.h"

namespace wireproof::run {

// One capture of the case, stopped.
class CaptureView {
 public:
  CaptureView(Side side, const capture::LiveCapture& capture) : side_(side), capture_(&capture) {}
  Side side() const { return side_; }
  std::span<const packet::Frame> frames() const { return capture_->frames(); }
  capture::CaptureStats stats() const { return capture_->stats(); }
  packet::LinkType link() const { return capture_->link(); }
  std::uint64_t lost() const;  // packets that the trace may lack

 private:
  Side side_;
  const capture::LiveCapture* capture_;
};

class CaseStage : public script::Stage {
 public:
  CaseStage(const scenario::Case& one, const lab::Lab& lab, const CaseSettings& settings);
  ~CaseStage() override;

  // With the placeholders of its steps filled in.
  const scenario::Case& scenario() const { return case_; }
  Programs& programs() { return *programs_; }

  void start_captures();  // TCP and UDP; proven live when it returns
  void stop_captures();   // drained when it returns
  // Topology wire, else null: forwards from start_captures() on. stop_link() forwards what is on
  // its way and discards what is held.
  void stop_link();
  const wire::Link* link() const { return link_.get(); }
  wire::Link* link() { return link_.get(); }
  std::vector<CaptureView> captures() const;
  // Files beside the case's report; findings become comments of their packets.
  std::vector<report::CaptureReport> write_captures(
      const std::vector<Finding>& findings,
      const std::vector<report::ConnectionReport>& connections) const;

  bool await_server();  // false: it was not ready, which is a finding then
  bool launches_client_by_step() const;
  void start_client();  // if there is one that has not been started

  std::vector<witness::TcpSocket> tcp_sockets();  // of all hosts, with TCP_INFO
  std::vector<witness::TcpSocket> destroyed();    // since the last call
  std::uint64_t destroyed_overruns() const;

  // script::Stage
  const lab::Host& host(Side side) override;
  bool one_host() override;
  scenario::Target server_address() override;
  witness::SocketTable& table(Side side) override;
  void launch(Side who, Deadline deadline) override;
  bool running(Side who) override;
  std::string describe(Side who) override;
  bool await_exit(Side who, Deadline deadline) override;
  void signal(Side who, int number) override;
  bool await_packets(const scenario::step::AwaitPackets& wanted, Deadline deadline,
                     std::string& seen) override;
  bool await_held(const std::string& name, std::size_t count, Deadline deadline,
                  std::string& seen) override;
  bool await_match(const std::string& rule, std::size_t count, Deadline deadline,
                   std::string& seen) override;
  std::size_t release(const std::string& name) override;
  void set_link(bool up) override;
  void set_conditions(wire::Direction direction, const wire::Conditions& conditions) override;
  void listening() override;

 private:
  struct Watched {  // one host's capture and kernel tables
    Side side;
    std::unique_ptr<capture::LiveCapture> capture;
    std::unique_ptr<witness::SocketTable> table;
    std::unique_ptr<witness::DestroyedSockets> destroyed;
  };
  scenario::Target address_of_case() const;
  Placeholders placeholders(const CaseSettings& settings) const;
  process::Readiness readiness() const;

  scenario::Case case_;
  const lab::Lab& lab_;
  const CaseSettings& settings_;
  scenario::Target address_;
  // In a namespace shared with others: what was there before, as somebody's TIME_WAIT of our port.
  std::set<std::pair<packet::Endpoint, packet::Endpoint>> before_;
  std::vector<Watched> watched_;  // one host: one; else client, server
  std::unique_ptr<wire::Link> link_;
  std::unique_ptr<Programs> programs_;
};

}  // namespace wireproof::run
