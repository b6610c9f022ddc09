#include "run/two_ends.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace wireproof::run {
namespace {

bool is_expectation(const Finding& finding) {
  return finding.rule.find(".expect.") != std::string::npos || finding.rule.starts_with("case.");
}

std::vector<Finding> all_findings(const Observation& seen) {
  std::vector<Finding> all = seen.findings;
  for (const auto& one : seen.connections) {
    all.insert(all.end(), one.judgement.findings.begin(), one.judgement.findings.end());
  }
  return all;
}

// Of each capture's findings those that it can prove.
class Keep {
 public:
  Keep(Side side, const Observation& elsewhere)
      : side_(side), blame_(side == Side::client ? Blame::client : Blame::server) {
    for (const Finding& finding : all_findings(elsewhere)) {
      if (is_shared(finding)) shared_.insert(finding.rule);
    }
  }

  void from(Observation& seen) const {
    keep(seen.findings);
    for (auto& one : seen.connections) {
      keep(one.judgement.findings);
      judge_again(one.judgement);
    }
  }

 private:
  static std::string packets_text(const std::vector<std::uint64_t>& packets) {
    if (packets.empty()) return {};
    return fmt::format("packet{} {} of ", packets.size() == 1 ? "" : "s", fmt::join(packets, ", "));
  }

  static bool is_shared(const Finding& finding) {
    return finding.blame != Blame::client && finding.blame != Blame::server;
  }

  void keep(std::vector<Finding>& findings) const {
    std::erase_if(findings, [&](const Finding& finding) {
      if (is_expectation(finding)) return false;
      // Told once, from the client's end.
      if (is_shared(finding)) return side_ == Side::server || !shared_.contains(finding.rule);
      return finding.blame != blame_;
    });
    // The link's report tells of what it doubled.
    std::erase_if(findings,
                  [](const Finding& finding) { return finding.rule == "tcp.capture.duplicates"; });
    if (side_ == Side::client) return;
    for (Finding& finding : findings) {
      // Reports know packets by their numbers in the client's.
      finding.where += fmt::format("{}{}the server's capture", finding.where.empty() ? "" : ", ",
                                   packets_text(finding.packets));
      finding.packets.clear();
    }
  }

  static void judge_again(tcp::Judgement& judgement) {
    const auto any = [&](bool inconclusive) {
      return std::ranges::any_of(judgement.findings, [&](const Finding& finding) {
        return finding.severity == Severity::must && finding.inconclusive == inconclusive;
      });
    };
    const Verdict verdict = any(false)  ? Verdict::failed
                            : any(true) ? Verdict::inconclusive
                                        : Verdict::passed;
    judgement.verdict = verdict;
    if (verdict != Verdict::passed) return;
    judgement.verdict_opening = judgement.verdict_closing = Verdict::passed;
    judgement.verdict_client = judgement.verdict_server = Verdict::passed;
  }

  Side side_;
  Blame blame_;
  std::set<std::string> shared_;
};

// What each end's capture can say of the expectations.
scenario::Case expectations_at(const scenario::Case& one, Side side) {
  scenario::Case part = one;
  auto& connections = part.expected.connections;
  const auto divide = [&](tcp::Expectation& expected) {
    if (side == Side::client) {
      expected.server_states.reset();
      expected.server_bytes.reset();
      return;
    }
    tcp::Expectation own;
    own.server_states = expected.server_states;
    own.server_bytes = expected.server_bytes;
    expected = own;
  };
  divide(connections.all);
  for (auto& each : connections.each) divide(each);
  if (side == Side::server) {
    connections.count.reset();
    connections.at_least.reset();
    part.expected.datagrams = {};
  }
  return part;
}

std::set<packet::Endpoint> clients_of(const Observation& seen) {
  std::set<packet::Endpoint> clients;
  for (const auto& one : seen.connections) {
    clients.insert(one.connection.end(Side::client).endpoint);
  }
  return clients;
}

// The segment of the client's capture that is the one of the server's, the nearest in time.
std::uint64_t same_packet(const tcp::Connection& at_client, const tcp::Connection& at_server,
                          const tcp::Transition& change) {
  const auto cause = std::ranges::find(at_server.segments, change.packet, &tcp::Segment::packet);
  std::uint64_t found = 0;
  std::int64_t nearest = std::numeric_limits<std::int64_t>::max();
  for (const tcp::Segment& segment : at_client.segments) {
    const bool same = cause != at_server.segments.end() && segment.from == cause->from &&
                      segment.flags == cause->flags && segment.raw_seq == cause->raw_seq &&
                      segment.raw_ack == cause->raw_ack && segment.length == cause->length;
    const std::int64_t apart = std::abs(segment.time_ns - change.time_ns);
    if (!same || apart >= nearest) continue;
    nearest = apart;
    found = segment.packet;
  }
  if (found != 0) return found;
  for (const tcp::Segment& segment : at_client.segments) {  // it never came: the one before it
    if (segment.time_ns <= change.time_ns) found = segment.packet;
  }
  return found;
}

// What the server's own capture says of the server.
void take_server(report::ConnectionReport& whole, const report::ConnectionReport& own) {
  tcp::Connection& connection = whole.connection;
  std::erase_if(connection.transitions,
                [](const tcp::Transition& change) { return change.side == Side::server; });
  for (tcp::Transition change : own.connection.transitions) {
    if (change.side != Side::server) continue;
    change.packet = same_packet(connection, own.connection, change);
    connection.transitions.push_back(change);
  }
  std::ranges::stable_sort(connection.transitions, {}, &tcp::Transition::time_ns);
  connection.end(Side::server).state = own.connection.end(Side::server).state;
  const Verdict verdict = own.judgement.verdict;
  if (verdict == Verdict::passed) return;
  whole.judgement.verdict_server = verdict;
  if (whole.judgement.verdict != Verdict::failed) whole.judgement.verdict = verdict;
}

void take_servers(Observation& client, const Observation& server) {
  std::vector<bool> taken(server.connections.size());
  for (auto& one : client.connections) {
    for (std::size_t i = 0; i < server.connections.size(); ++i) {
      const auto& own = server.connections[i];
      const bool same =
          one.connection.ends[0].endpoint == own.connection.ends[0].endpoint &&
          one.connection.ends[1].endpoint == own.connection.ends[1].endpoint &&
          one.connection.end(Side::client).isn == own.connection.end(Side::client).isn;
      if (taken[i] || !same) continue;
      taken[i] = true;
      take_server(one, own);
      break;
    }
  }
}

}  // namespace

EndsSeen observe_ends(std::span<const packet::Frame> client, std::span<const packet::Frame> server,
                      const scenario::Case& one, const tcp::CaptureFacts& facts) {
  EndsSeen seen;
  seen.client = observe(client, expectations_at(one, Side::client), facts, std::nullopt);
  const std::set<packet::Endpoint> clients = clients_of(seen.client);
  tcp::CaptureFacts at_server_facts = facts;
  at_server_facts.clients = &clients;
  seen.server = observe(server, expectations_at(one, Side::server), at_server_facts, std::nullopt);
  const Keep at_client(Side::client, seen.server), at_server(Side::server, seen.client);
  at_client.from(seen.client);
  at_server.from(seen.server);
  take_servers(seen.client, seen.server);
  return seen;
}

}  // namespace wireproof::run
