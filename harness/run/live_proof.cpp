#include "run/live_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "packet/decode.h"
#include "tcp/judge.h"

namespace wireproof::run {
namespace {

using scenario::CaptureKind;

// All that a kept connection's judgement needs: its beginning and its end.
constexpr std::size_t segments_kept = 64;

// To capture and judge a packet takes about a microsecond: at this rate a twentieth of a
// processor, nearly all of which a filter saves where few connections begin or end.
constexpr double busy_packets_per_s = 50'000;
constexpr std::uint64_t few_in_outline = 10;  // one in so many
constexpr std::int64_t rate_span_ns = 100'000'000;

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

bool is_open(tcp::Opening opening) {
  return opening == tcp::Opening::three_way || opening == tcp::Opening::simultaneous;
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

// What both ways to judge have in common of one connection.
struct Judged {
  const packet::Endpoint &client, &server;
  tcp::Opening opening;
  std::string_view closing;
  tcp::ClosedFirst closed_first;
  bool handshake_proven, close_proven;
  Verdict verdict;
  const std::vector<Finding>& findings;
};

void count(ProofTally& tally, const Judged& one) {
  load::ProofResult& result = tally.result;
  ++result.connections_seen;
  ++result.openings[std::string(tcp::name(one.opening))];
  if (is_open(one.opening)) {
    ++result.closings[std::string(one.closing)];
    if (one.closed_first != tcp::ClosedFirst::nobody) {
      ++result.closed_first[std::string(tcp::name(one.closed_first))];
    }
  }
  result.handshakes_proven += one.handshake_proven ? 1 : 0;
  result.closes_proven += one.close_proven ? 1 : 0;
  if (one.verdict == Verdict::failed) ++result.failed;
  if (one.verdict == Verdict::inconclusive) ++result.inconclusive;
  for (const Finding& finding : one.findings) {
    if (finding.severity != Severity::must) continue;
    ++result.broken_rules[finding.rule];
    const auto [first, added] = tally.findings.try_emplace(finding.rule, finding);
    if (added) {
      first->second.where =
          fmt::format("connection {} to {}", to_string(one.client), to_string(one.server));
    }
  }
  if (is_open(one.opening) && !one.close_proven) {
    // The first few by name: which they were is asked when something is missing.
    const std::string kind = fmt::format("close {}", one.closing);
    if (++tally.unproven[kind] <= 3) {
      tally.named +=
          fmt::format("{}{} ({})", tally.named.empty() ? "" : ", ", to_string(one.client), kind);
    }
  }
}

}  // namespace

LiveProof::LiveProof(std::uint16_t server_port, bool checksums_valid, CaptureKind kind)
    : port_(server_port), kind_(kind), facts_(facts_of(checksums_valid)) {
  if (kind == CaptureKind::handshakes || kind == CaptureKind::automatic) {
    outlines_.emplace([this](const tcp::Outline& outline) { judge(outline); });
  }
  if (kind == CaptureKind::handshakes) {
    filtered_ = true;
    filtered_why_ = "as asked for";
  } else {
    tracker_.emplace(facts_, options(), [this](tcp::Connection& one) { judge(one); });
  }
}

void LiveProof::add(const packet::Frame& frame) {
  const packet::Packet packet = packet::decode(frame, false);
  const bool ours = packet.protocol == packet::Protocol::tcp
                        ? packet.source.port == port_ || packet.destination.port == port_
                        : packet.icmp.is_error && (packet.icmp.quoted_destination.port == port_ ||
                                                   packet.icmp.quoted_source.port == port_);
  if (!ours) return;
  ++packets_;
  if (tracker_) tracker_->add(packet);
  const bool in_outline = outlines_ && tcp::in_outline(packet);
  if (in_outline) outlines_->add(packet);
  const std::size_t tracked = tracker_ ? tracker_->tracked() : outlines_->tracked();
  most_tracked_ = std::max<std::uint64_t>(most_tracked_, tracked);
  if (tracker_ && outlines_) look_at_rate(frame.time_ns, in_outline);
}

void LiveProof::look_at_rate(std::int64_t time_ns, bool in_outline) {
  if (!first_ns_) first_ns_ = span_begin_ns_ = time_ns;
  ++span_packets_;
  span_outline_ += in_outline ? 1 : 0;
  const std::int64_t span_ns = time_ns - span_begin_ns_;
  if (span_ns < rate_span_ns) return;
  const double rate = 1e9 * static_cast<double>(span_packets_) / static_cast<double>(span_ns);
  if (rate > busy_packets_per_s && span_outline_ * few_in_outline < span_packets_) {
    filtered_why_ = fmt::format(
        "{:.1f} s after the first packet {:.0f} came a second, few of them "
        "SYN, FIN or RST",
        static_cast<double>(time_ns - *first_ns_) / 1e9, rate);
    filtered_ = true;
    tracker_->finish();
    tracker_.reset();
  }
  span_begin_ns_ = time_ns;
  span_packets_ = span_outline_ = 0;
}

void LiveProof::judge(tcp::Connection& connection) {
  // Of those that were open when the filter came, the rest is not known.
  if (filtered_ && !closed(connection)) return;
  const tcp::Judgement judgement = tcp::judge(connection, facts_);
  const bool opened = is_open(connection.opening);
  count(whole_, {connection.ends[0].endpoint, connection.ends[1].endpoint, connection.opening,
                 tcp::name(connection.closing), connection.closed_first,
                 opened && judgement.verdict_opening == Verdict::passed,
                 opened && closed(connection) && judgement.verdict_closing == Verdict::passed,
                 judgement.verdict, judgement.findings});
}

void LiveProof::judge(const tcp::Outline& outline) {
  const tcp::OutlineJudgement judgement = tcp::judge(outline);
  const bool told = is_open(judgement.opening) ? judgement.close_proven
                                               : judgement.opening != tcp::Opening::inconclusive;
  count(outlined_, {outline.ends[0].endpoint, outline.ends[1].endpoint, judgement.opening,
                    tcp::name(judgement.closing), judgement.closed_first,
                    judgement.handshake_proven, judgement.close_proven,
                    !judgement.sound ? Verdict::failed
                    : told           ? Verdict::passed
                                     : Verdict::inconclusive,
                    judgement.findings});
}

// The last ACK of a close is in no outline: a socket that still waits for it is the proof that it
// has not come. In these two states both FINs are out, so that the close was counted as proven.
void LiveProof::doubt_waiting(const std::vector<witness::TcpSocket>& left) {
  std::map<packet::Endpoint, tcp::State> waiting;  // by the client's endpoint
  for (const witness::TcpSocket& socket : left) {
    if (socket.state != tcp::State::closing && socket.state != tcp::State::last_ack) continue;
    if (socket.remote.port == port_) waiting.emplace(socket.local, socket.state);
    if (socket.local.port == port_) waiting.emplace(socket.remote, socket.state);
  }
  std::size_t named = 0;
  for (const auto& [client, state] : waiting) {
    if (++named > 3) break;
    chosen_.named += fmt::format("{}{} (still in {})", chosen_.named.empty() ? "" : ", ",
                                 to_string(client), tcp::name(state));
  }
  std::uint64_t& proven = chosen_.result.closes_proven;
  proven -= std::min<std::uint64_t>(proven, waiting.size());
}

load::ProofResult LiveProof::finish(const capture::CaptureStats& stats, std::uint64_t made,
                                    double seconds, const std::vector<witness::TcpSocket>& left) {
  if (tracker_) tracker_->finish();
  if (outlines_) outlines_->finish();
  if (filtered_) {
    chosen_ = std::move(outlined_);
    // Whatever the tracker proved before it was let go of.
    chosen_.result.failed += whole_.result.failed;
    chosen_.result.broken_rules.merge(whole_.result.broken_rules);
    chosen_.findings.merge(whole_.findings);
    doubt_waiting(left);
  } else {
    chosen_ = std::move(whole_);
  }
  load::ProofResult& all = chosen_.result;
  if (filtered_) {
    all.capture = "handshakes";
    all.basis = fmt::format(
        "SYN, FIN and RST segments alone ({}): what the client sent last acknowledges the SYN-ACK, "
        "the second FIN the first; that the last ACK came, the kernel's sockets tell",
        filtered_why_);
  } else {
    all.capture = kind_ == CaptureKind::whole ? "whole" : "headers";
    all.basis = kind_ == CaptureKind::whole ? "all packets" : "all packets' headers";
  }
  all.packets = packets_;
  all.most_tracked = most_tracked_;
  all.connections_made = made;
  all.dropped = stats.dropped() + (stats.drained ? 0 : 1);
  if (seconds > 0) all.packets_per_s = static_cast<double>(all.packets) / seconds;
  const bool broken = all.failed > 0;
  if (all.dropped > 0) {
    // Lost packets explain whatever is missing or odd; what is proven stays proven.
    all.inconclusive += all.failed;
    all.failed = 0;
    for (auto& [rule, finding] : chosen_.findings) finding.inconclusive = true;
  }
  compare(made, broken);
  return all;
}

void LiveProof::compare(std::uint64_t made, bool broken) {
  load::ProofResult& all = chosen_.result;
  all.balanced = made == all.handshakes_proven && made == all.closes_proven && !broken;
  if (all.balanced) return;
  const auto tell = [&](std::string words) {
    all.difference += (all.difference.empty() ? "" : "; ") + words;
  };
  if (made != all.handshakes_proven) {
    tell(fmt::format("{} connections made and {} handshakes proven", made, all.handshakes_proven));
  }
  if (all.handshakes_proven != all.closes_proven) {
    const std::string& named = chosen_.named;
    tell(fmt::format("{} of {} closes are not proven{}",
                     all.handshakes_proven - std::min(all.handshakes_proven, all.closes_proven),
                     all.handshakes_proven, named.empty() ? "" : ": " + named));
  }
  if (all.failed > 0) tell(fmt::format("{} connections broke a rule", all.failed));
  if (all.dropped > 0) tell(fmt::format("the capture lost {} packets", all.dropped));
}

}  // namespace wireproof::run
