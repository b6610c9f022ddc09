#include "reports/model.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace wireproof::report {
namespace {

bool breaks_strict(const CaseReport& one) {
  return std::any_of(one.findings.begin(), one.findings.end(), [](const Finding& finding) {
    return finding.severity == Severity::should && !finding.inconclusive;
  });
}

}  // namespace

std::string_view name(Status status) {
  switch (status) {
    case Status::passed:
      return "passed";
    case Status::failed:
      return "failed";
    case Status::error:
      return "error";
    case Status::skipped:
      return "skipped";
    case Status::inconclusive:
      return "inconclusive";
  }
  return "?";
}

bool weighs_more(const Finding& a, const Finding& b) {
  const auto rank = [](const Finding& finding) {
    const std::uint64_t first =
        finding.packets.empty() ? std::numeric_limits<std::uint64_t>::max()
                                : *std::min_element(finding.packets.begin(), finding.packets.end());
    return std::tuple(finding.inconclusive, finding.severity, first);
  };
  return rank(a) < rank(b);
}

const Finding* main_finding(const CaseReport& one) {
  const auto found = std::min_element(one.findings.begin(), one.findings.end(), weighs_more);
  return found == one.findings.end() ? nullptr : &*found;
}

Totals totals(const RunReport& run) {
  Totals sum;
  sum.cases = run.cases.size();
  for (const CaseReport& one : run.cases) {
    switch (one.status) {
      case Status::passed:
        ++sum.passed;
        break;
      case Status::failed:
        ++(one.expected_failure ? sum.failed_as_expected : sum.failed);
        break;
      case Status::error:
        ++sum.error;
        break;
      case Status::skipped:
        ++sum.skipped;
        break;
      case Status::inconclusive:
        ++sum.inconclusive;
        break;
    }
    if (one.attempts > 1) ++sum.retried;
  }
  return sum;
}

ConnectionTotals totals(const std::vector<ConnectionReport>& connections) {
  ConnectionTotals sum;
  sum.count = connections.size();
  for (const ConnectionReport& one : connections) {
    ++sum.opening[std::string(tcp::name(one.connection.opening))];
    ++sum.closing[std::string(tcp::name(one.connection.closing))];
    ++sum.verdict[std::string(name(one.judgement.verdict))];
  }
  return sum;
}

int exit_status(const RunReport& run, bool strict) {
  if (run.interrupted) return 130;
  const Totals sum = totals(run);
  if (sum.failed + sum.error + sum.inconclusive > 0) return 1;
  if (strict && std::any_of(run.cases.begin(), run.cases.end(), [](const CaseReport& one) {
        return one.status == Status::passed && breaks_strict(one);
      })) {
    return 1;
  }
  if (sum.cases > 0 && sum.skipped == sum.cases) return 3;
  return 0;
}

}  // namespace wireproof::report
