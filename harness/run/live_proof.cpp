#include "run/live_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "packet/decode.h"
#include "tcp/judge.h"

namespace wireproof::run {
namespace {

// All that a kept connection's judgement needs: its beginning and its end.
constexpr std::size_t segments_kept = 64;

tcp::CaptureFacts facts_of(bool checksums_valid) {
  tcp::CaptureFacts facts;
  facts.starts_before_traffic = facts.ends_after_traffic = true;
  facts.checksums_valid = checksums_valid;
  return facts;
}

tcp::TrackerOptions options() {
  tcp::TrackerOptions options;
  options.segments = segments_kept;
  return options;
}

bool opened(const tcp::Connection& connection) {
  return connection.opening == tcp::Opening::three_way ||
         connection.opening == tcp::Opening::simultaneous;
}

bool closed(const tcp::Connection& connection) {
  switch (connection.closing) {
    case tcp::Closing::four_way:
    case tcp::Closing::three_segment:
    case tcp::Closing::simultaneous:
    case tcp::Closing::reset:
      return true;
    default:
      return false;
  }
}

}  // namespace

LiveProof::LiveProof(std::uint16_t server_port, bool checksums_valid)
    : port_(server_port),
      facts_(facts_of(checksums_valid)),
      tracker_(facts_, options(), [this](tcp::Connection& connection) { judge(connection); }) {}

void LiveProof::add(const packet::Frame& frame) {
  const packet::Packet packet = packet::decode(frame, false);
  const bool ours = packet.protocol == packet::Protocol::tcp
                        ? packet.source.port == port_ || packet.destination.port == port_
                        : packet.icmp.is_error && (packet.icmp.quoted_destination.port == port_ ||
                                                   packet.icmp.quoted_source.port == port_);
  if (!ours) return;
  ++result_.packets;
  tracker_.add(packet);
  result_.most_tracked = std::max<std::uint64_t>(result_.most_tracked, tracker_.tracked());
}

void LiveProof::judge(tcp::Connection& connection) {
  const tcp::Judgement judgement = tcp::judge(connection, facts_);
  ++result_.connections_seen;
  ++result_.openings[std::string(tcp::name(connection.opening))];
  if (opened(connection)) {
    ++result_.closings[std::string(tcp::name(connection.closing))];
    if (connection.closed_first != tcp::ClosedFirst::nobody) {
      ++result_.closed_first[std::string(tcp::name(connection.closed_first))];
    }
  }
  const bool handshake = opened(connection) && judgement.verdict_opening == Verdict::passed;
  const bool close =
      opened(connection) && closed(connection) && judgement.verdict_closing == Verdict::passed;
  result_.handshakes_proven += handshake ? 1 : 0;
  result_.closes_proven += close ? 1 : 0;
  if (judgement.verdict == Verdict::failed) ++result_.failed;
  if (judgement.verdict == Verdict::inconclusive) ++result_.inconclusive;
  for (const Finding& finding : judgement.findings) {
    if (finding.severity != Severity::must) continue;
    ++result_.broken_rules[finding.rule];
    const auto [first, added] = findings_.try_emplace(finding.rule, finding);
    if (added) {
      first->second.where =
          fmt::format("connection {} to {}", to_string(connection.ends[0].endpoint),
                      to_string(connection.ends[1].endpoint));
    }
  }
  if (opened(connection) && !close) {
    // The first few by name: which they were is asked when something is missing.
    std::string& words = result_.difference;
    const std::string kind = fmt::format("close {}", tcp::name(connection.closing));
    if (++unproven_[kind] <= 3) {
      words += fmt::format("{}{} ({})", words.empty() ? "" : ", ",
                           to_string(connection.ends[0].endpoint), kind);
    }
  }
}

load::ProofResult LiveProof::finish(const capture::CaptureStats& stats, std::uint64_t made,
                                    double seconds) {
  tracker_.finish();
  load::ProofResult& all = result_;
  all.connections_made = made;
  all.dropped = stats.dropped() + (stats.drained ? 0 : 1);
  if (seconds > 0) all.packets_per_s = static_cast<double>(all.packets) / seconds;
  all.balanced = made == all.handshakes_proven && made == all.closes_proven && all.failed == 0;
  if (all.dropped > 0) {
    // Lost packets explain whatever is missing or odd; what is proven stays proven.
    all.inconclusive += all.failed;
    all.failed = 0;
    for (auto& [rule, finding] : findings_) finding.inconclusive = true;
  }
  if (all.balanced) {
    all.difference.clear();
    return all;
  }
  const std::string named = std::exchange(all.difference, {});
  const auto tell = [&](std::string words) {
    all.difference += (all.difference.empty() ? "" : "; ") + words;
  };
  if (made != all.handshakes_proven) {
    tell(fmt::format("{} connections made and {} handshakes proven", made, all.handshakes_proven));
  }
  if (all.handshakes_proven != all.closes_proven) {
    tell(fmt::format("{} of {} closes are not proven{}",
                     all.handshakes_proven - std::min(all.handshakes_proven, all.closes_proven),
                     all.handshakes_proven, named.empty() ? "" : ": " + named));
  }
  if (all.failed > 0) tell(fmt::format("{} connections broke a rule", all.failed));
  if (all.dropped > 0) tell(fmt::format("the capture lost {} packets", all.dropped));
  return all;
}

}  // namespace wireproof::run
