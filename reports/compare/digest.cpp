#include "reports/compare/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>

#include "reports/compare/figures.h"

namespace wireproof::compare {
namespace {

constexpr std::array<std::string_view, 6> ending_names = {
    "passed", "failed as expected", "skipped", "inconclusive", "error", "failed"};

Ending ending_of(const report::CaseReport& one) {
  switch (one.status) {
    case report::Status::passed:
      return Ending::passed;
    case report::Status::failed:
      return one.expected_failure ? Ending::failed_as_expected : Ending::failed;
    case report::Status::error:
      return Ending::error;
    case report::Status::skipped:
      return Ending::skipped;
    case report::Status::inconclusive:
      return Ending::inconclusive;
  }
  return Ending::error;
}

void add(CaseDigest& digest, const report::CaseReport& one) {
  ++digest.endings[ending_of(one)];
  for (const Finding& finding : one.findings) {
    if (finding.severity != Severity::note && !finding.inconclusive) {
      digest.broken[finding.rule] = finding.severity;
    }
  }
  for (const auto& [figure, values] : figures_of(one)) {
    std::vector<double>& all = digest.values[figure];
    all.insert(all.end(), values.begin(), values.end());
  }
}

// The cases of which some run has other figures than the first, or more or fewer values of one.
std::set<std::string> uneven_cases(const std::vector<RunDigest>& runs) {
  using Sizes = std::map<std::string, std::size_t>;
  struct Seen {
    Sizes sizes;
    std::size_t runs = 0;
  };
  std::map<std::string, Seen> cases;
  std::set<std::string> uneven;
  for (const RunDigest& run : runs) {
    for (const CaseDigest& one : run.cases) {
      Sizes sizes;
      for (const auto& [figure, values] : one.values) sizes[figure] = values.size();
      Seen& seen = cases.try_emplace(one.id, Seen{sizes, 0}).first->second;
      ++seen.runs;
      if (seen.sizes != sizes) uneven.insert(one.id);
    }
  }
  for (const auto& [id, seen] : cases) {
    if (seen.runs != runs.size()) uneven.insert(id);
  }
  return uneven;
}

}  // namespace

std::string_view name(Ending ending) { return ending_names[static_cast<std::size_t>(ending)]; }

std::optional<Ending> ending_from_name(std::string_view text) {
  for (std::size_t i = 0; i < ending_names.size(); ++i) {
    if (ending_names[i] == text) return static_cast<Ending>(i);
  }
  return std::nullopt;
}

Ending CaseDigest::worst() const {
  return endings.empty() ? Ending::skipped : endings.rbegin()->first;
}

std::uint64_t CaseDigest::repetitions() const {
  std::uint64_t count = 0;
  for (const auto& [ending, times] : endings) count += times;
  return count;
}

RunDigest digest_of(const report::RunReport& run, std::string shown) {
  RunDigest digest;
  const report::Context& context = run.context;
  digest.shown = std::move(shown);
  digest.label = context.label;
  digest.commit = context.commit;
  digest.branch = context.branch;
  digest.started_at = context.started_at;
  digest.version = context.version;
  digest.command_line = context.command_line;
  digest.machine = fmt::format("{}, {} x {}, Linux {}", context.host_name, context.cpus,
                               context.cpu_model, context.kernel);
  digest.isolation = context.isolation;
  digest.ci = context.ci;
  digest.ci_run = context.ci_run;
  digest.shard = context.shard;
  digest.interrupted = run.interrupted;
  digest.duration_ms = run.duration_ms;
  std::map<std::string, std::size_t> places;
  for (const report::CaseReport& one : run.cases) {
    const auto [place, is_new] = places.emplace(one.id, digest.cases.size());
    if (is_new) digest.cases.emplace_back().id = one.id;
    add(digest.cases[place->second], one);
  }
  return digest;
}

bool made_in_turn(const RunDigest& base, const RunDigest& next) {
  if (base.starts.size() < 2 || base.starts.size() != next.starts.size()) return false;
  for (std::size_t i = 0; i + 1 < base.starts.size(); ++i) {
    // Times in one form (ISO 8601, UTC): as text they have the order of time.
    if (std::max(base.starts[i], next.starts[i]) >=
        std::min(base.starts[i + 1], next.starts[i + 1])) {
      return false;
    }
  }
  return true;
}

RunDigest joined(std::vector<RunDigest> runs, std::string shown) {
  const std::set<std::string> uneven = uneven_cases(runs);
  std::vector<std::string> starts;
  for (const RunDigest& run : runs) starts.push_back(run.started_at);
  RunDigest all = std::move(runs.front());
  all.starts = std::move(starts);
  all.shown = std::move(shown);
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < all.cases.size(); ++i) places.emplace(all.cases[i].id, i);
  for (RunDigest& run : std::span(runs).subspan(1)) {
    all.interrupted = all.interrupted || run.interrupted;
    all.duration_ms += run.duration_ms;
    if (run.machine != all.machine) all.machine = "several machines";
    for (CaseDigest& one : run.cases) {
      const auto [place, is_new] = places.emplace(one.id, all.cases.size());
      if (is_new) {
        all.cases.push_back(std::move(one));
        continue;
      }
      CaseDigest& its = all.cases[place->second];
      for (const auto& [ending, times] : one.endings) its.endings[ending] += times;
      its.broken.insert(one.broken.begin(), one.broken.end());
      for (const auto& [figure, values] : one.values) {
        its.values[figure].insert(its.values[figure].end(), values.begin(), values.end());
      }
    }
  }
  for (CaseDigest& one : all.cases) one.even = !uneven.contains(one.id);
  return all;
}

}  // namespace wireproof::compare
