// Every connection of a load run judged from its packets while it runs, in memory that grows only
// with the connections that are open. Thread rule: add() belongs to the capture's thread; finish()
// comes when that has stopped. Lifetime: outlives the capture.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/finding.h"
#include "capture/live.h"
#include "load/result.h"
#include "tcp/tracker.h"

namespace wireproof::run {

class LiveProof {
 public:
  // Connections to `server_port` only: whatever else passes is not the load's.
  LiveProof(std::uint16_t server_port, bool checksums_valid);

  void add(const packet::Frame& frame);
  // `made`: connections that the generator says it made.
  load::ProofResult finish(const capture::CaptureStats& stats, std::uint64_t made, double seconds);
  // The first finding of each must-rule that was broken.
  const std::map<std::string, Finding>& findings() const { return findings_; }

 private:
  void judge(tcp::Connection& connection);

  const std::uint16_t port_;
  tcp::CaptureFacts facts_;
  tcp::Tracker tracker_;
  load::ProofResult result_;
  std::map<std::string, Finding> findings_;
  std::map<std::string, std::uint64_t> unproven_;  // why, in words: how many
};

}  // namespace wireproof::run
