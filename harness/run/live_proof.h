// Every connection of a load run judged from its packets while it runs, in memory that grows only
// with the connections that are open. From all packets' headers the tracker judges all rules
// (tcp/tracker.h); from SYN, FIN and RST segments alone an outline tells handshake and close
// (tcp/outline.h). Where the choice is left open both are kept, until there is so much else that a
// filter in the kernel pays.
// Thread rule: add() belongs to the capture's thread, wants_filter() to any; finish() comes when
// the capture has stopped. Lifetime: outlives the capture.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "capture/live.h"
#include "load/result.h"
#include "scenario/workload.h"
#include "tcp/outline_tracker.h"
#include "tcp/tracker.h"
#include "witness/socket_table.h"

namespace wireproof::run {

// What was found out of connections, one after the other.
struct ProofTally {
  load::ProofResult result;
  std::map<std::string, Finding> findings;        // the first of each must-rule that was broken
  std::map<std::string, std::uint64_t> unproven;  // why, in words: how many
  std::string named;                              // the first few of those
};

class LiveProof {
 public:
  // Connections to `server_port` only: whatever else passes is not the load's.
  LiveProof(std::uint16_t server_port, bool checksums_valid, scenario::CaptureKind kind);

  void add(const packet::Frame& frame);
  // From now on tcp::outline_filter may keep all else away.
  bool wants_filter() const { return filtered_; }
  // `made`: connections that the generator says it made. `left`: the sockets that the kernel has
  // when all has ended, of both ends.
  load::ProofResult finish(const capture::CaptureStats& stats, std::uint64_t made, double seconds,
                           const std::vector<witness::TcpSocket>& left);
  // The first finding of each must-rule that was broken.
  const std::map<std::string, Finding>& findings() const { return chosen_.findings; }

 private:
  void judge(tcp::Connection& connection);
  void judge(const tcp::Outline& outline);
  void look_at_rate(std::int64_t time_ns, bool in_outline);
  void doubt_waiting(const std::vector<witness::TcpSocket>& left);
  void compare(std::uint64_t made, bool broken);

  const std::uint16_t port_;
  const scenario::CaptureKind kind_;
  tcp::CaptureFacts facts_;
  ProofTally whole_, outlined_, chosen_;
  std::optional<tcp::Tracker> tracker_;
  std::optional<tcp::OutlineTracker> outlines_;
  std::atomic<bool> filtered_{false};
  std::uint64_t packets_ = 0, most_tracked_ = 0;
  std::optional<std::int64_t> first_ns_;
  std::int64_t span_begin_ns_ = 0;  // of the rate
  std::uint64_t span_packets_ = 0, span_outline_ = 0;
  std::string filtered_why_;
};

}  // namespace wireproof::run
