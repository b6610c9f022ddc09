// Two runs beside each other: what changed, which changes of figures are real, and whether the new
// one is worse. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/compare/bootstrap.h"
#include "reports/compare/digest.h"
#include "reports/compare/figures.h"
#include "reports/compare/limits.h"

namespace wireproof::compare {

// What can be said of a figure in the new run. Only `worse` and `better` say that it changed.
enum class Opinion : std::uint8_t { worse, better, same, not_told_apart, too_few };
std::string_view name(Opinion);  // "not told apart"

struct FigureChange {
  const Figure* figure = nullptr;
  std::size_t base_runs = 0, new_runs = 0;
  std::size_t pairs = 0;  // of runs that were made beside each other; 0: not compared by pairs
  double base_median = 0, new_median = 0;
  std::optional<double> ratio;       // of the medians, new over base
  std::optional<Interval> interval;  // of the ratio; only where there are runs enough
  double greater = 0.5;              // share of pairs in which the new value is greater
  double p = 1, adjusted_p = 1;
  Opinion opinion = Opinion::too_few;
  std::size_t runs_wanted = 0;  // --repeat of so many would tell; 0: these do
};

struct RuleChange {
  std::string rule;
  Severity severity = Severity::must;
};

struct CaseChange {
  std::string id;
  bool in_base = false, in_new = false;
  Ending base_ending = Ending::passed, new_ending = Ending::passed;  // the worst repetition's
  std::uint64_t base_times = 0, base_repetitions = 0;                // so many ended like that
  std::uint64_t new_times = 0, new_repetitions = 0;
  std::vector<RuleChange> newly_broken, mended;
  std::vector<FigureChange> figures;
  bool worse = false;  // its verdict is, or it breaks a must-rule more
  bool verdict_changed() const { return in_base && in_new && base_ending != new_ending; }
};

struct BrokenLimit {
  std::string limit, case_id, what;  // "duration +10%", "tcp/exchange@ipv4", "+34 % ..."
};

struct Options {
  std::vector<Limit> limits;
  double alpha = 0.05;        // false alarms among same against same
  double same_within = 0.05;  // a difference that is surely below it is called none
};

struct Comparison {
  RunDigest base, next;  // without their cases
  Options options;
  std::vector<CaseChange> cases;  // the new run's order, then those that are gone
  std::vector<BrokenLimit> broken;
  std::vector<std::string> unjudged;  // limits that some or all figures could not be held to; why
  std::string blind;                  // the one for which the limits judge nothing; empty: they do
  std::vector<std::string> notes;     // "the runs were made on different machines ..."
  std::size_t figures = 0;            // compared, by opinion:
  std::size_t worse = 0, better = 0, same = 0, not_told_apart = 0, too_few = 0;
  std::size_t runs_wanted = 0;  // the most that a figure asks for
  bool in_turn = false;         // the runs were made so, and each is compared with its neighbour
  bool regression() const;
};

// "41 us to 55 us, +34 % (+28 % to +41 %), higher in 98 % of pairs".
std::string sentence(const FigureChange& change);
// "run with --repeat 12": where so many runs a side would tell.
std::string advice(std::size_t runs_wanted, bool in_pairs);

Comparison compare(RunDigest base, RunDigest next, const Options& options);

}  // namespace wireproof::compare
