#include "base/finding.h"

namespace wireproof {

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::must:
      return "must";
    case Severity::should:
      return "should";
    case Severity::note:
      return "note";
  }
  return "?";
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "passed";
    case Verdict::failed:
      return "failed";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return "?";
}

std::string_view name(Side side) { return side == Side::client ? "client" : "server"; }

std::string_view name(Blame blame) {
  switch (blame) {
    case Blame::none:
      return "none";
    case Blame::client:
      return "client";
    case Blame::server:
      return "server";
    case Blame::both:
      return "both";
    case Blame::harness:
      return "harness";
  }
  return "?";
}

Finding make_finding(const Rule& rule, Blame blame, std::vector<std::uint64_t> packets,
                     std::string expected, std::string observed) {
  Finding finding;
  finding.rule = rule.id;
  finding.severity = rule.severity;
  finding.source = rule.source;
  finding.blame = blame;
  finding.packets = std::move(packets);
  finding.expected = std::move(expected);
  finding.observed = std::move(observed);
  return finding;
}

}  // namespace wireproof
