#include "reports/compare/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
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
  RunDigest all = std::move(runs.front());
  all.starts = {all.started_at};
  all.shown = std::move(shown);
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < all.cases.size(); ++i) places.emplace(all.cases[i].id, i);
  const auto note_values = [&](CaseDigest& its, std::size_t run, const CaseDigest& one) {
    for (const auto& [figure, values] : one.values) {
      auto& counts = its.values_by_run[figure];
      counts.resize(runs.size());
      counts[run] = values.size();
    }
  };
  for (CaseDigest& one : all.cases) note_values(one, 0, one);
  for (std::size_t i = 1; i < runs.size(); ++i) {
    RunDigest& run = runs[i];
    all.starts.push_back(run.started_at);
    all.interrupted = all.interrupted || run.interrupted;
    all.duration_ms += run.duration_ms;
    if (run.machine != all.machine) all.machine = "several machines";
    for (CaseDigest& one : run.cases) {
      const auto [place, is_new] = places.emplace(one.id, all.cases.size());
      if (is_new) {
        CaseDigest& made = all.cases.emplace_back(std::move(one));
        note_values(made, i, made);
        continue;
      }
      CaseDigest& its = all.cases[place->second];
      note_values(its, i, one);
      for (const auto& [ending, times] : one.endings) its.endings[ending] += times;
      its.broken.insert(one.broken.begin(), one.broken.end());
      for (const auto& [figure, values] : one.values) {
        its.values[figure].insert(its.values[figure].end(), values.begin(), values.end());
      }
    }
  }
  return all;
}

}  // namespace wireproof::compare
