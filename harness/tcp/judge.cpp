#include "tcp/judge.h"

#include <algorithm>

#include "tcp/rules.h"

namespace wireproof::tcp {
namespace {

bool begins(const std::string& text, std::string_view with) { return text.rfind(with, 0) == 0; }

bool of_expectation(const RuleEntry& entry) { return entry.rule.id.starts_with("tcp.expect."); }

// The rules that look at every connection: all that an ordinary one needs of which nobody expects
// anything.
const std::vector<const RuleEntry*>& always() {
  static const std::vector<const RuleEntry*> entries = [] {
    std::vector<const RuleEntry*> found;
    for (const RuleEntry& entry : rule_entries())
      if (entry.triggers.empty() && !of_expectation(entry)) found.push_back(&entry);
    return found;
  }();
  return entries;
}

bool of_opening(const std::string& rule) {
  return begins(rule, "tcp.handshake.") || rule == "tcp.expect.opening" ||
         rule == "tcp.expect.handshake-time";
}

bool of_closing(const std::string& rule) {
  return begins(rule, "tcp.close.") || begins(rule, "tcp.reset.") || rule == "tcp.expect.closing" ||
         rule == "tcp.expect.closed-first" || rule == "tcp.expect.half-close" ||
         rule == "tcp.expect.close-time";
}

bool blames(Blame who, Side side) {
  return who == Blame::both || who == (side == Side::client ? Blame::client : Blame::server);
}

// Failed outweighs inconclusive, which outweighs passed.
void worsen(Verdict& verdict, Verdict by) {
  const auto weight = [](Verdict v) {
    return v == Verdict::failed ? 2 : v == Verdict::inconclusive ? 1 : 0;
  };
  if (weight(by) > weight(verdict)) verdict = by;
}

Verdict of_opening_kind(Opening opening) {
  return opening == Opening::not_captured || opening == Opening::inconclusive
             ? Verdict::inconclusive
             : Verdict::passed;
}

Verdict of_closing_kind(Closing closing, bool whole) {
  const bool unknown = closing == Closing::not_captured || closing == Closing::inconclusive ||
                       (closing == Closing::unfinished && !whole);
  return unknown ? Verdict::inconclusive : Verdict::passed;
}

}  // namespace

Judgement judge(const Connection& connection, const CaptureFacts& facts,
                const Expectation& expected) {
  const bool whole = facts.whole();
  const Trial trial{connection, facts, expected, whole, whole && !facts.lossy_path};
  Judgement judgement;
  if (connection.odd_kinds.empty() && expected.empty()) {
    for (const RuleEntry* entry : always()) entry->apply(trial, entry->rule, judgement.findings);
  } else {
    for (const RuleEntry& entry : rule_entries()) {
      if (!entry.triggers.empty() && !entry.triggers.meets(connection.odd_kinds)) continue;
      entry.apply(trial, entry.rule, judgement.findings);
    }
  }
  judgement.verdict_opening = of_opening_kind(connection.opening);
  judgement.verdict_closing = of_closing_kind(connection.closing, whole);
  for (const Finding& finding : judgement.findings) {
    Verdict effect = Verdict::passed;
    if (finding.inconclusive) {
      effect = Verdict::inconclusive;
    } else if (finding.severity == Severity::must) {
      effect = Verdict::failed;
    }
    worsen(judgement.verdict, effect);
    if (of_opening(finding.rule)) worsen(judgement.verdict_opening, effect);
    if (of_closing(finding.rule)) worsen(judgement.verdict_closing, effect);
    if (blames(finding.blame, Side::client)) worsen(judgement.verdict_client, effect);
    if (blames(finding.blame, Side::server)) worsen(judgement.verdict_server, effect);
  }
  worsen(judgement.verdict, judgement.verdict_opening);
  worsen(judgement.verdict, judgement.verdict_closing);
  return judgement;
}

}  // namespace wireproof::tcp
