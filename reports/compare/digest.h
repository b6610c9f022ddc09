// What is kept of a run to compare it with others: how each case ended, which rules it broke, and
// its figures, a value for each repetition. Made of a report; a history keeps it.
// Plain values: no thread rule.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/finding.h"
#include "reports/model.h"

namespace wireproof::compare {

// How a repetition ended, from good to bad.
enum class Ending : std::uint8_t {
  passed,
  failed_as_expected,
  skipped,
  inconclusive,
  error,
  failed
};
std::string_view name(Ending);  // "failed as expected"
std::optional<Ending> ending_from_name(std::string_view);

struct CaseDigest {
  std::string id;
  std::map<Ending, std::uint64_t> endings;            // of its repetitions
  std::map<std::string, Severity> broken;             // rules, proven ones only
  std::map<std::string, std::vector<double>> values;  // by figure, in the order they were measured
  // Of joined runs: how many of a figure's values each gave, in the runs' order.
  std::map<std::string, std::vector<std::size_t>> values_by_run{};

  Ending worst() const;
  std::uint64_t repetitions() const;
  friend bool operator==(const CaseDigest&, const CaseDigest&) = default;
};

struct RunDigest {
  std::string shown;  // how a person would know it: a path, or "#12 nightly"
  std::string label, commit, branch, started_at, version, command_line;
  std::string machine;  // host, CPU, kernel: where they differ, figures tell of both
  std::string isolation, ci, ci_run, shard;
  bool interrupted = false;
  double duration_ms = 0;
  std::vector<std::string> starts;  // of joined runs: when each began, in their order; else empty
  std::vector<CaseDigest> cases;    // in the report's order
  friend bool operator==(const RunDigest&, const RunDigest&) = default;
};

RunDigest digest_of(const report::RunReport& run, std::string shown);
// Runs that were made to be one: the repetitions of all, in their order; what is told of the run
// itself is the first one's. Not empty.
RunDigest joined(std::vector<RunDigest> runs, std::string shown);
// Whether two sets of joined runs were made in turn: the first of both, the second of both, and so
// on, either side first.
bool made_in_turn(const RunDigest& base, const RunDigest& next);

}  // namespace wireproof::compare
