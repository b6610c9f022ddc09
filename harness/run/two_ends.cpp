#include "run/two_ends.h"

#include <algorithm>
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
    if (side_ == Side::client) return;
    for (Finding& finding : findings) {
      finding.where += finding.where.empty() ? "the server's capture" : ", in the server's capture";
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

}  // namespace

EndsSeen observe_ends(std::span<const packet::Frame> client, std::span<const packet::Frame> server,
                      const scenario::Case& one, const tcp::CaptureFacts& facts) {
  EndsSeen seen;
  seen.client = observe(client, expectations_at(one, Side::client), facts, std::nullopt);
  seen.server = observe(server, expectations_at(one, Side::server), facts, std::nullopt);
  const Keep at_client(Side::client, seen.server), at_server(Side::server, seen.client);
  at_client.from(seen.client);
  at_server.from(seen.server);
  return seen;
}

}  // namespace wireproof::run
