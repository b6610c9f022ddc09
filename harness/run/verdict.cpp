#include "run/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "run/rules.h"

namespace wireproof::run {
namespace {

bool is_allowed(const scenario::Case& one, const Finding& finding) {
  const auto& allowed = one.expected.allowed;
  return std::find(allowed.begin(), allowed.end(), finding.rule) != allowed.end();
}

bool fails(const Finding& finding, bool strict) {
  return !finding.inconclusive &&
         (finding.severity == Severity::must || (strict && finding.severity == Severity::should));
}

// What a load showed (answers, limits, growth) and how programs ended rests on no packet: no
// missing one excuses it.
bool stands_by_itself(const std::string& rule) {
  return rule.starts_with("load.") || rule.starts_with("program.");
}

// A close in four segments where three were expected (or the reverse) on a machine that was late.
void excuse_merging(report::CaseReport& report, std::chrono::milliseconds longest_stall) {
  if (longest_stall <= merging_stall) return;
  const bool only_ordinary_closes =
      std::all_of(report.connections.begin(), report.connections.end(), [](const auto& one) {
        return one.connection.closing == tcp::Closing::four_way ||
               one.connection.closing == tcp::Closing::three_segment;
      });
  for (Finding& finding : report.findings) {
    if (finding.rule == "tcp.expect.closing" && only_ordinary_closes) finding.inconclusive = true;
  }
}

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "nothing" : text;
}

}  // namespace

void decide(report::CaseReport& report, const scenario::Case& one,
            std::chrono::milliseconds longest_stall, bool strict) {
  using report::Status;
  if (report.status == Status::error || report.status == Status::skipped ||
      report.status == Status::inconclusive) {
    return;
  }

  excuse_merging(report, longest_stall);
  std::set<std::string> failing, open;
  for (const Finding& finding : report.findings) {
    if (is_allowed(one, finding)) continue;
    if (fails(finding, strict)) failing.insert(finding.rule);
    if (finding.inconclusive && finding.severity == Severity::must) open.insert(finding.rule);
  }
  std::set<std::string> listed;
  for (const auto& expected : one.expected_failures) listed.insert(expected.rule);

  if (!listed.empty() && failing == listed) {
    report.status = Status::failed;
    report.expected_failure = true;
    report.reason = "as listed: " + joined(listed);
    return;
  }
  const bool as_wanted = failing.empty() && listed.empty();
  if (!as_wanted && longest_stall > tolerated_stall) {
    report.status = Status::inconclusive;
    report.reason =
        fmt::format("the machine stood still for {} ms, so a missed deadline proves nothing",
                    longest_stall.count());
    return;
  }
  // Of a measurement that is not to be trusted nothing follows, whatever it shows.
  const bool settled = std::any_of(failing.begin(), failing.end(), stands_by_itself) &&
                       open.count(std::string(rule::load_trusted.id)) == 0;
  if (!open.empty() && !settled) {
    report.status = Status::inconclusive;
    report.reason = "the evidence does not say: " + joined(open);
    return;
  }
  if (as_wanted) {
    report.status = Status::passed;
    return;
  }
  report.status = Status::failed;
  if (!listed.empty()) {
    report.findings.push_back(make_finding(rule::expected_failure, Blame::none, {},
                                           "fails by " + joined(listed),
                                           "failed by " + joined(failing)));
    report.reason =
        failing.empty() ? "listed to fail, and passed" : "failed by other rules than listed";
  } else {
    report.reason = joined(failing);
  }
}

}  // namespace wireproof::run
