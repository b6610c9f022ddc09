#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "udp/exchange.h"
#include "udp/rules.h"
#include "udp/text.h"

namespace wireproof::udp {
namespace {

using packet::Address;
using packet::Checksum;
using packet::Endpoint;
using packet::Family;

constexpr std::size_t kMostPackets = 20;  // named in one finding

Blame blame_of(Side side) { return side == Side::client ? Blame::client : Blame::server; }

bool is_group(const Address& address) {  // multicast or the limited broadcast
  if (address.family == Family::ipv6) return address.bytes[0] == 0xFF;
  return address.bytes[0] >> 4 == 14 ||
         std::all_of(address.bytes.begin(), address.bytes.begin() + 4,
                     [](auto byte) { return byte == 0xFF; });
}

// What one exchange is charged with: one finding a rule and side, naming its packets.
class Charges {
 public:
  explicit Charges(const Exchange& exchange) : exchange_(exchange) {}

  void add(const Rule& rule, Blame blame, std::vector<std::uint64_t> packets, std::string expected,
           std::string observed, bool inconclusive = false) {
    const auto [at, is_new] = places_.try_emplace({rule.id, blame}, findings_.size());
    if (is_new) {
      findings_.push_back(
          make_finding(rule, blame, std::move(packets), std::move(expected), std::move(observed)));
      findings_.back().inconclusive = inconclusive;
      findings_.back().where =
          fmt::format("exchange {}: {} -> {}", exchange_.index, to_string(exchange_.client),
                      to_string(exchange_.server));
      times_.push_back(1);
      return;
    }
    ++times_[at->second];
    auto& named = findings_[at->second].packets;
    if (named.size() < kMostPackets) named.insert(named.end(), packets.begin(), packets.end());
  }

  std::vector<Finding> findings() && {
    for (std::size_t i = 0; i < findings_.size(); ++i) {
      if (times_[i] > 1)
        findings_[i].observed += fmt::format(" (and {} more times)", times_[i] - 1);
    }
    return std::move(findings_);
  }

 private:
  const Exchange& exchange_;
  std::map<std::pair<std::string_view, Blame>, std::size_t> places_;
  std::vector<Finding> findings_;
  std::vector<std::size_t> times_;
};

// What expectations allow besides, and what rules reported already.
struct Known {
  bool strays_allowed = false, repeats_allowed = false;
  std::uint64_t strays = 0, repeats = 0, stray_icmp_errors = 0;  // reported by a rule
};

bool is_stray(const Datagram& datagram) {
  return datagram.pairing == Pairing::other_port || datagram.pairing == Pairing::other_address ||
         datagram.pairing == Pairing::wrong_peer;
}

// Where most checksums of an end are bad, hardware filled them in after the capture, or the file
// was edited: said once.
std::array<bool, 2> checksums_offloaded(const Exchange& exchange, bool whole, Charges& charges) {
  std::array<std::uint64_t, 2> good{}, bad{};
  for (const Datagram& each : exchange.datagrams) {
    const auto side = static_cast<std::size_t>(each.from);
    if (each.checksum == Checksum::good) ++good[side];
    if (each.checksum == Checksum::bad) ++bad[side];
  }
  std::array<bool, 2> offloaded{};
  for (const Side side : {Side::client, Side::server}) {
    const auto at = static_cast<std::size_t>(side);
    offloaded[at] = !whole && bad[at] > 1 && bad[at] > good[at];
    if (!offloaded[at]) continue;
    charges.add(rule("udp.capture.checksum-offload"), Blame::none, {},
                "checksums that can be judged",
                fmt::format("{} of the {}'s are not: captured before hardware filled them in, or "
                            "changed",
                            bad[at], name(side)));
  }
  return offloaded;
}

void judge_format(const Datagram& each, bool checksums_valid, bool whole, Charges& charges) {
  const Blame sender = blame_of(each.from);
  const std::vector packets = {each.packet};
  const bool version_6 = each.source.address.family == Family::ipv6;
  if (!each.malformed.empty() && each.malformed.starts_with("UDP")) {
    charges.add(rule("udp.length.field"), sender, packets,
                "a UDP length of at least 8 within the IP packet", std::string(each.malformed));
  }
  if (checksums_valid && each.checksum == Checksum::bad) {
    charges.add(rule("udp.checksum.good"), sender, packets, "the right checksum", "a wrong one",
                !whole);
  }
  if (each.checksum == Checksum::absent && version_6) {
    charges.add(rule("udp.checksum.ipv6-zero"), sender, packets, "a checksum, as IPv6 has none",
                "checksum 0");
  } else if (each.checksum == Checksum::absent) {
    charges.add(rule("udp.checksum.unused"), sender, packets, "a checksum, or 0 over IPv4",
                "checksum 0");
  }
  if (is_group(each.source.address)) {
    charges.add(rule("udp.address.source"), sender, packets, "the address of one host as source",
                to_string(each.source.address));
  }
  if (each.destination.port == 0 && each.complete) {
    charges.add(rule("udp.port.destination-zero"), sender, packets, "a destination port above 0",
                to_string(each.destination));
  }
  if (!each.complete) {
    charges.add(rule("udp.fragment.incomplete"), Blame::none, packets, "all of its fragments",
                fmt::format("{} of them, with {} bytes", each.fragments, each.length));
  }
  if (each.overlap) {
    charges.add(version_6 ? rule("udp.fragment.overlap") : rule("udp.fragment.overlap-ipv4"),
                sender, packets, "fragments each with bytes of their own",
                "fragments that overlap");
  }
}

void judge_icmp(const Datagram& each, Charges& charges) {
  if (each.icmp_packet == 0) return;
  const bool version_6 = each.source.address.family == Family::ipv6;
  const bool unreachable = each.icmp_type == (version_6 ? 1 : 3);
  if (unreachable && is_group(each.destination.address)) {
    charges.add(rule("udp.icmp.multicast"), blame_of(other(each.from)),
                {each.packet, each.icmp_packet}, "silence",
                icmp_text(each.source.address.family, each.icmp_type, each.icmp_code));
  } else if (!is_stray(each)) {
    charges.add(rule("udp.icmp.error"), Blame::none, {each.packet, each.icmp_packet},
                "the datagram to be delivered",
                icmp_text(each.source.address.family, each.icmp_type, each.icmp_code));
  }
}

void judge_pairing(const Exchange& exchange, const Datagram& each, bool whole, Known& known,
                   Charges& charges) {
  if (each.duplicate && each.pairing != Pairing::repeated) return;  // the network's doing
  std::vector<std::uint64_t> packets = {each.packet};
  if (each.answers != 0) packets.insert(packets.begin(), each.answers);
  switch (each.pairing) {
    case Pairing::other_port:
      if (known.strays_allowed) return;
      ++known.strays;
      charges.add(rule("udp.answer.other-port"), Blame::server, packets,
                  fmt::format("the answer from {}", to_string(exchange.server)),
                  fmt::format("one from {}", to_string(each.source)), !whole);
      break;
    case Pairing::other_address:
      if (known.strays_allowed) return;
      ++known.strays;
      charges.add(rule("udp.answer.other-address"), Blame::server, packets,
                  fmt::format("the answer from {}", to_string(exchange.server)),
                  fmt::format("one from {}", to_string(each.source)), !whole);
      break;
    case Pairing::wrong_peer:
      if (known.strays_allowed) return;
      ++known.strays;
      if (each.icmp_packet != 0) ++known.stray_icmp_errors;
      charges.add(rule("udp.answer.wrong-peer"), Blame::server, packets,
                  fmt::format("the answer to {}", to_string(exchange.client)),
                  fmt::format("one to {}, who never asked", to_string(each.destination)), !whole);
      break;
    case Pairing::repeated:
      if (known.repeats_allowed) return;
      ++known.repeats;
      charges.add(rule("udp.answer.duplicate"), Blame::server, packets, "one answer",
                  "the same answer again, with no request left to answer", !whole);
      break;
    case Pairing::unsolicited:
      if (known.strays_allowed) return;
      charges.add(rule("udp.answer.unsolicited"), Blame::none, packets,
                  "a request before each answer", fmt::format("{} bytes unasked", each.length));
      break;
    case Pairing::request:
    case Pairing::answer:
      break;
  }
}

// Requests that got nothing back, not even an error.
void judge_missing(const Exchange& exchange, bool whole, Charges& charges) {
  if (exchange.unanswered == 0 || is_group(exchange.server.address)) return;
  if (!whole && exchange.answers == 0) return;  // one way, or the other way was not captured
  std::vector<std::uint64_t> answered;
  for (const Datagram& each : exchange.datagrams) {
    const bool reached = each.complete && each.from == Side::server;
    if (reached && each.answers != 0) answered.push_back(each.answers);
  }
  std::sort(answered.begin(), answered.end());
  for (const Datagram& each : exchange.datagrams) {
    if (each.pairing != Pairing::request || each.duplicate || each.icmp_packet != 0) continue;
    if (std::binary_search(answered.begin(), answered.end(), each.packet)) continue;
    charges.add(rule("udp.answer.missing"), Blame::none, {each.packet}, "an answer", "none");
  }
}

struct Totals {
  std::uint64_t exchanges = 0, requests = 0, answers = 0, unanswered = 0, unpaired = 0,
                duplicates = 0, icmp_errors = 0, fragments = 0, client_bytes = 0, server_bytes = 0;
};

Totals totals_of(const std::vector<Exchange>& exchanges) {
  Totals totals;
  totals.exchanges = exchanges.size();
  for (const Exchange& each : exchanges) {
    totals.requests += each.requests;
    totals.answers += each.answers;
    totals.unanswered += each.unanswered;
    totals.unpaired += each.unpaired_answers;
    totals.duplicates += each.duplicates;
    totals.icmp_errors += each.icmp_errors;
    totals.fragments = std::max(totals.fragments, each.fragments);
    totals.client_bytes += each.client_bytes;
    totals.server_bytes += each.server_bytes;
  }
  return totals;
}

// What a fault that a rule has named makes of the counts is not a second fault: `explained` may be
// added to (or taken from) what was seen.
void expect(std::vector<Finding>& findings, const Rule& rule, std::string_view what,
            const std::optional<std::uint64_t>& wanted, std::uint64_t seen, bool whole,
            std::int64_t explained = 0, bool loss_makes_more = false) {
  if (!wanted || seen == *wanted) return;
  const std::int64_t difference =
      static_cast<std::int64_t>(*wanted) - static_cast<std::int64_t>(seen);
  if (explained != 0 && difference == explained) return;
  Finding finding = make_finding(rule, Blame::none, {}, fmt::format("{} {}", *wanted, what),
                                 fmt::format("{} {}", seen, what));
  const bool loss_explains = loss_makes_more ? seen > *wanted : seen < *wanted;
  finding.inconclusive = !whole && loss_explains;
  findings.push_back(std::move(finding));
}

void judge_expectation(const Totals& seen, const Known& known, const Expectation& expected,
                       bool whole, std::vector<Finding>& findings) {
  const auto strays = static_cast<std::int64_t>(known.strays);
  const auto repeats = static_cast<std::int64_t>(known.repeats);
  const auto refused = static_cast<std::int64_t>(known.stray_icmp_errors);
  expect(findings, rule("udp.expect.exchanges"), "exchanges", expected.exchanges, seen.exchanges,
         whole);
  expect(findings, rule("udp.expect.requests"), "requests", expected.requests, seen.requests,
         whole);
  expect(findings, rule("udp.expect.answers"), "answers", expected.answers, seen.answers, whole,
         strays);
  expect(findings, rule("udp.expect.unanswered"), "unanswered requests", expected.unanswered,
         seen.unanswered, whole, 0, true);
  expect(findings, rule("udp.expect.unpaired-answers"), "unpaired answers",
         expected.unpaired_answers, seen.unpaired, whole, -strays - repeats, true);
  expect(findings, rule("udp.expect.duplicates"), "duplicates", expected.duplicates,
         seen.duplicates, whole, -repeats);
  expect(findings, rule("udp.expect.icmp-errors"), "ICMP errors", expected.icmp_errors,
         seen.icmp_errors, whole, -refused);
  expect(findings, rule("udp.expect.client-bytes"), "payload bytes of the client",
         expected.client_bytes, seen.client_bytes, whole);
  expect(findings, rule("udp.expect.server-bytes"), "payload bytes of the server",
         expected.server_bytes, seen.server_bytes, whole);
  if (expected.min_fragments && seen.fragments < *expected.min_fragments) {
    expect(findings, rule("udp.expect.fragments"), "fragments at least", expected.min_fragments,
           seen.fragments, whole);
  }
}

}  // namespace

Judgement judge(const std::vector<Exchange>& exchanges, bool whole, bool checksums_valid,
                const Expectation& expected) {
  Judgement judgement;
  const Totals totals = totals_of(exchanges);
  Known known;
  known.strays_allowed = expected.unpaired_answers && *expected.unpaired_answers == totals.unpaired;
  known.repeats_allowed =
      known.strays_allowed || (expected.duplicates && *expected.duplicates == totals.duplicates);
  const bool silence_expected = expected.unanswered && *expected.unanswered == totals.unanswered;
  for (const Exchange& exchange : exchanges) {
    Charges charges(exchange);
    const auto offloaded =
        checksums_valid ? checksums_offloaded(exchange, whole, charges) : std::array<bool, 2>{};
    for (const Datagram& each : exchange.datagrams) {
      const bool valid = checksums_valid && !offloaded[static_cast<std::size_t>(each.from)];
      judge_format(each, valid, whole, charges);
      judge_icmp(each, charges);
      judge_pairing(exchange, each, whole, known, charges);
    }
    if (!silence_expected) judge_missing(exchange, whole, charges);
    for (Finding& finding : std::move(charges).findings()) {
      judgement.findings.push_back(std::move(finding));
    }
  }
  judge_expectation(totals, known, expected, whole, judgement.findings);
  for (const Finding& finding : judgement.findings) {
    if (finding.severity != Severity::must) continue;
    if (!finding.inconclusive) {
      judgement.verdict = Verdict::failed;
    } else if (judgement.verdict == Verdict::passed) {
      judgement.verdict = Verdict::inconclusive;
    }
  }
  return judgement;
}

std::span<const Rule> rules() { return kRules; }

}  // namespace wireproof::udp
