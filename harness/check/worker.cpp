#include "check/worker.h"

#include <algorithm>
#include <utility>

#include "packet/decode.h"

namespace wireproof::check {
namespace {

using packet::Checksum;
using packet::Protocol;

constexpr std::size_t kTogether = 128;  // packets given to the tracker at a time

constexpr std::size_t kAttempts = 40'000;  // without an answer; a connection is 2 KB
// A datagram is some 300 bytes here. Address translators forget after five minutes (RFC 4787 4.3).
constexpr udp::Bounds kOfDatagrams{
    .datagrams = 200'000, .of_one = 16'384, .idle_ns = 300'000'000'000};

}  // namespace

void ChecksumCounts::add(const ChecksumCounts& other) {
  good += other.good;
  bad += other.bad;
  partial += other.partial;
  unknown += other.unknown;
}

ChecksumCounts Worker::checksums() const {
  const auto count = [&](Checksum kind) { return checksums_[static_cast<std::size_t>(kind)]; };
  return {count(Checksum::good) + count(Checksum::absent), count(Checksum::bad),
          count(Checksum::partial), count(Checksum::unknown)};
}

bool fails(const Finding& finding, bool strict) {
  return !finding.inconclusive &&
         (finding.severity == Severity::must || (strict && finding.severity == Severity::should));
}

Verdict worse(Verdict a, Verdict b) {
  const auto weight = [](Verdict v) {
    return v == Verdict::failed ? 2 : v == Verdict::inconclusive ? 1 : 0;
  };
  return weight(a) >= weight(b) ? a : b;
}

Worker::Worker(const Judging& judging)
    : judging_(judging),
      datagrams_(kOfDatagrams,
                 [this](udp::Exchange& ended) {
                   account_->exchanges.push_back(
                       judged(ended, judging_.facts.checksums_valid, judging_.datagrams));
                 }),
      packets_(kTogether) {
  tcp::TrackerOptions options;
  options.segments = judging.segments;
  options.begun = &begun_;
  options.attempts = kAttempts;
  if (judging.linger_ns) options.linger_ns = *judging.linger_ns;
  // Where nearly all are numbers only, they need not be kept whole.
  const bool in_numbers = !judging.reports || (judging.reports_a_worker != ~0ull && !judging.where);
  tcp::Settling settling;
  if (in_numbers) {
    settling.settle = [this](const tcp::Connection& connection, tcp::Settled& settled) {
      return settle(connection, settled);
    };
    settling.told = [this](const tcp::Settled& settled) { count(settled); };
  }
  connections_ = std::make_unique<tcp::Tracker>(
      judging.facts, options, [this](tcp::Connection& connection) { ended(connection); },
      std::move(settling));
}

Worker::~Worker() = default;

void Worker::work(const Batch& batch, std::size_t share, Account& account) {
  account_ = &account;
  std::size_t together = 0;
  const auto track = [&] {
    connections_->add(std::span<const packet::Packet>(packets_).first(together));
    together = 0;
  };
  for (const packet::Frame* const frame : batch.shares[share]) {
    packet::Packet& packet = packets_[together];
    packet::decode(*frame, true, packet);
    if (packet.cut) ++cut_;
    const bool tcp =
        packet.protocol == Protocol::tcp || packet.icmp.quoted_protocol == Protocol::tcp;
    if (tcp || packet.protocol == Protocol::udp)
      ++checksums_[static_cast<std::size_t>(packet.checksum)];
    if (!tcp) {
      datagrams_.add(packet);
    } else if (++together == kTogether) {
      track();
    }
  }
  track();
  connections_->follow(batch.clock_ns);
  if (batch.now_ns != 0) datagrams_.advance(batch.now_ns);
  account.begun = std::exchange(begun_, {});
}

void Worker::finish(Account& account) {
  account_ = &account;
  connections_->finish();
  datagrams_.finish();
}

std::uint64_t Worker::remnants() const { return connections_->remnants(); }

void Worker::ended(tcp::Connection& connection) {
  tcp::Judgement judgement = tcp::judge(connection, judging_.facts, judging_.expected);
  for (const Finding& finding : judgement.findings) {
    if (fails(finding, judging_.strict)) judgement.verdict = Verdict::failed;
  }
  count({connection.index,
         connection.handshake_ns,
         connection.opening,
         connection.closing,
         judgement.verdict,
         {connection.ends[0].endpoint, connection.ends[1].endpoint}});
  if (!judgement.findings.empty()) note_rules(judgement, connection.index);
  if (!judging_.reports || reported_ >= judging_.reports_a_worker) return;
  report::ConnectionReport one;
  one.segments_left_out = connection.segments_left_out;
  one.judgement = std::move(judgement);
  one.connection = std::move(connection);
  if (judging_.where && !judging_.where->matches(one)) return;
  ++reported_;
  account_->reports.push_back(std::move(one));
}

// A number among others: of one with findings the sink tells more, and as many as are to be
// reported are kept for it.
bool Worker::settle(const tcp::Connection& connection, tcp::Settled& settled) {
  if (judging_.reports && kept_ < judging_.reports_a_worker) {
    ++kept_;
    return false;
  }
  const tcp::Judgement judgement = tcp::judge(connection, judging_.facts, judging_.expected);
  settled.verdict = judgement.verdict;
  return judgement.findings.empty();
}

void Worker::count(const tcp::Settled& settled) {
  account_->ended.push_back({settled.index, settled.opening, settled.closing, settled.verdict});
  note_handshake(settled);
}

void Worker::note_rules(const tcp::Judgement& judgement, std::uint64_t order) {
  for (const Finding& finding : judgement.findings) {
    RuleCount& count = account_->rules[finding.rule];
    count.severity = finding.severity;
    count.source = finding.source;
    ++count.findings;
    if (finding.inconclusive) ++count.inconclusive;
    if (std::exchange(count.latest, order) == order) continue;  // told of this connection
    ++count.connections;
    // The first by number, not those that ended first: the same whoever judges.
    count.add_example(order);
  }
}

void Worker::note_handshake(const tcp::Settled& settled) {
  if (!settled.handshake_ns) return;
  const std::int64_t took = *settled.handshake_ns;
  const std::pair one(-took, settled.index);  // of those that took as long the first
  if (slowest_.size() == Summary::kSlowest && one > slowest_.back()) return;
  slowest_.insert(std::upper_bound(slowest_.begin(), slowest_.end(), one), one);
  if (slowest_.size() > Summary::kSlowest) slowest_.pop_back();
  account_->slow.push_back({took, settled.index, settled.endpoints[0], settled.endpoints[1]});
}

}  // namespace wireproof::check
