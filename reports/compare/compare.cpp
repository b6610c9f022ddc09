#include "reports/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/text.h"
#include "reports/compare/multiple.h"
#include "reports/compare/rank_test.h"
#include "reports/style.h"

namespace wireproof::compare {
namespace {

constexpr double level = 0.95;         // of the intervals
constexpr double worth_finding = 0.1;  // the change for which runs_wanted is worked out
constexpr std::size_t most_wanted = 1000;

using Places = std::map<std::string_view, const CaseDigest*>;

Places places_of(const RunDigest& run) {
  Places places;
  for (const CaseDigest& one : run.cases) places.emplace(one.id, &one);
  return places;
}

bool is_good(Ending ending) { return ending <= Ending::skipped; }

std::vector<RuleChange> only_in(const CaseDigest& one, const CaseDigest& other) {
  std::vector<RuleChange> rules;
  for (const auto& [rule, severity] : one.broken) {
    if (!other.broken.contains(rule)) rules.push_back({rule, severity});
  }
  return rules;
}

std::uint64_t times(const CaseDigest& one, Ending ending) {
  const auto found = one.endings.find(ending);
  return found == one.endings.end() ? 0 : found->second;
}

// Of each run the median of its values; nothing where it gave none.
std::vector<std::optional<double>> by_run(const CaseDigest& one, const std::string& figure) {
  std::vector<std::optional<double>> medians;
  const auto counts = one.values_by_run.find(figure);
  if (counts == one.values_by_run.end()) return medians;
  auto at = one.values.at(figure).begin();
  for (const std::size_t count : counts->second) {
    const auto end = at + static_cast<std::ptrdiff_t>(count);
    medians.push_back(count > 0 ? std::optional(median_of({at, end})) : std::nullopt);
    at = end;
  }
  return medians;
}

// Values that were measured beside each other.
struct Pairs {
  std::vector<double> base, next;
};
// Of runs made in turn. A pair of which one run has no value (its case failed there) is left out.
Pairs pairs_of(const CaseDigest& base, const CaseDigest& next, const std::string& figure) {
  const auto before = by_run(base, figure), after = by_run(next, figure);
  Pairs pairs;
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    if (!before[i] || !after[i]) continue;
    pairs.base.push_back(*before[i]);
    pairs.next.push_back(*after[i]);
  }
  return pairs;
}

void test(const std::vector<double>& base, const std::vector<double>& next, FigureChange& change) {
  // Noise that comes in spells: both sides' values tell less than their number says.
  const double inflation = serial_inflation(base, next);
  const std::size_t values = base.size() + next.size();
  change.p = widened(rank_test(base, next).p, inflation, values);
  if (!change.ratio) return;
  change.interval = ratio_interval(base, next, 0.5, level);
  if (change.interval)
    change.interval = widened(*change.interval, *change.ratio, widening(inflation, values));
}

// What changes slowly is the same for both of a pair, and leaves their difference alone.
void test(const Pairs& pairs, FigureChange& change) {
  change.pairs = pairs.base.size();
  change.p = paired_rank_test(pairs.base, pairs.next).p;
  if (change.ratio) change.interval = paired_ratio_interval(pairs.base, pairs.next, 0.5, level);
}

// `pairs`: of runs that were made in turn; else empty.
FigureChange measured(const Figure& figure, const std::vector<double>& base,
                      const std::vector<double>& next, const Pairs& pairs) {
  FigureChange change;
  change.figure = &figure;
  change.base_runs = base.size();
  change.new_runs = next.size();
  change.base_median = median_of(base);
  change.new_median = median_of(next);
  if (change.base_median > 0) change.ratio = change.new_median / change.base_median;
  change.greater = greater_share(base, next);
  if (!pairs.base.empty()) {
    test(pairs, change);
  } else {
    test(base, next, change);
  }
  return change;
}

double least_p_of(const FigureChange& change) {
  return change.pairs > 0 ? least_paired_p(change.pairs)
                          : least_p(change.base_runs, change.new_runs);
}

// How the word for a figure follows from the numbers. Whether there is a change is the test's to
// say, adjusted for all the figures looked at: it looks at all values, where the interval is of the
// medians alone and may still hold 1.
Opinion opinion_of(const FigureChange& change, const Options& options, std::size_t tests) {
  if (change.adjusted_p <= options.alpha) {
    const bool more = change.greater > 0.5;
    return more == change.figure->more_is_better ? Opinion::better : Opinion::worse;
  }
  if (least_p_of(change) * static_cast<double>(tests) > options.alpha) {
    return Opinion::too_few;
  }
  const bool narrow = change.interval && change.interval->low > 1 / (1 + options.same_within) &&
                      change.interval->high < 1 + options.same_within;
  return narrow ? Opinion::same : Opinion::not_told_apart;
}

std::size_t runs_wanted(const FigureChange& change, const Options& options, std::size_t tests) {
  const double wanted_p = options.alpha / static_cast<double>(tests);
  const std::size_t least = change.pairs > 0 ? pairs_for(wanted_p) : runs_for(wanted_p);
  if (change.opinion == Opinion::too_few) return least;
  if (change.opinion != Opinion::not_told_apart || !change.interval) return 0;
  // The interval's half width falls with the root of the runs.
  const double half = std::log(change.interval->high / change.interval->low) / 2;
  const double ratio = half / std::log1p(worth_finding);
  if (!(ratio > 1)) return 0;
  const double runs = static_cast<double>(std::min(change.base_runs, change.new_runs));
  return std::min(most_wanted, static_cast<std::size_t>(std::ceil(runs * ratio * ratio)));
}

CaseChange change_of(const CaseDigest* base, const CaseDigest* next, bool in_turn) {
  CaseChange change;
  change.id = (next != nullptr ? next : base)->id;
  change.in_base = base != nullptr;
  change.in_new = next != nullptr;
  if (base != nullptr) {
    change.base_ending = base->worst();
    change.base_times = times(*base, base->worst());
    change.base_repetitions = base->repetitions();
  }
  if (next != nullptr) {
    change.new_ending = next->worst();
    change.new_times = times(*next, next->worst());
    change.new_repetitions = next->repetitions();
  }
  if (base == nullptr || next == nullptr) return change;
  change.newly_broken = only_in(*next, *base);
  change.mended = only_in(*base, *next);
  const bool breaks_more =
      std::any_of(change.newly_broken.begin(), change.newly_broken.end(),
                  [](const RuleChange& rule) { return rule.severity == Severity::must; });
  change.worse =
      !is_good(change.new_ending) &&
      (is_good(change.base_ending) || change.new_ending > change.base_ending || breaks_more);
  for (const Figure& figure : all_figures()) {
    const auto before = base->values.find(std::string(figure.name));
    const auto after = next->values.find(std::string(figure.name));
    if (before == base->values.end() || after == next->values.end()) continue;
    const Pairs pairs = in_turn ? pairs_of(*base, *next, std::string(figure.name)) : Pairs();
    change.figures.push_back(measured(figure, before->second, after->second, pairs));
  }
  return change;
}

void judge_figures(Comparison& comparison) {
  std::vector<FigureChange*> all;
  std::vector<double> p;
  for (CaseChange& one : comparison.cases) {
    for (FigureChange& change : one.figures) {
      all.push_back(&change);
      p.push_back(change.p);
    }
  }
  comparison.figures = all.size();
  const std::vector<double> q = adjusted(p);
  for (std::size_t i = 0; i < all.size(); ++i) {
    FigureChange& change = *all[i];
    change.adjusted_p = q[i];
    change.opinion = opinion_of(change, comparison.options, all.size());
    change.runs_wanted = runs_wanted(change, comparison.options, all.size());
    comparison.runs_wanted = std::max(comparison.runs_wanted, change.runs_wanted);
    std::size_t* const counts[] = {&comparison.worse, &comparison.better, &comparison.same,
                                   &comparison.not_told_apart, &comparison.too_few};
    ++*counts[static_cast<std::size_t>(change.opinion)];
  }
}

// Whether a figure of which no change was proven may be past the limit all the same.
bool reaches_past(const FigureChange& change, const Limit& limit) {
  if (change.opinion != Opinion::not_told_apart) return false;
  if (!change.interval) return is_past(limit, change.base_median, change.new_median);
  const double at = ratio_at(limit, change.base_median);
  return limit.figure->more_is_better ? change.interval->low < at : change.interval->high > at;
}

// So many runs a side would end it: the interval, which shrinks with the root of the runs, then
// lies on this side of the limit, or shows that there is a change.
std::size_t runs_to_judge(const FigureChange& change, const Limit& limit) {
  const double at = ratio_at(limit, change.base_median);
  if (!change.interval || !change.ratio || !(change.interval->low > 0) || !(*change.ratio > 0) ||
      !(at > 0)) {
    return most_wanted;
  }
  const double half = std::log(change.interval->high / change.interval->low) / 2;
  const double moved = std::log(*change.ratio), most = std::log(at);
  const bool within = limit.figure->more_is_better ? moved > most : moved < most;
  const double gap = std::max(within ? std::abs(most - moved) : 0.0, std::abs(moved));
  const std::size_t had =
      change.pairs > 0 ? change.pairs : std::min(change.base_runs, change.new_runs);
  const double wanted = std::ceil(static_cast<double>(had) * (half / gap) * (half / gap));
  if (!(wanted < static_cast<double>(most_wanted))) return most_wanted;
  return std::max(had + 1, static_cast<std::size_t>(wanted));
}

std::string enough(std::size_t runs, bool in_pairs) {
  if (runs >= most_wanted) return "too noisy for more runs to help";
  return in_pairs ? fmt::format("{} runs of each would do", runs)
                  : fmt::format("--repeat {} would do", runs);
}

// What became of one limit on a figure.
struct Held {
  std::size_t seen = 0, judged = 0, reaching = 0, runs_wanted = 0;
  const CaseChange* first = nullptr;  // that reaches past it
  std::string interval;
};

std::string not_judged(const Limit& limit, const Held& held, const Comparison& comparison) {
  if (held.seen == 0) {
    return fmt::format("{}: no case of both runs has the figure {}", limit.text,
                       limit.figure->name);
  }
  if (held.reaching == 0) {
    return fmt::format("{}: too few runs to say: {}", limit.text,
                       advice(comparison.runs_wanted, comparison.in_turn));
  }
  return fmt::format(
      "{}: not judged{}: the interval reaches past the limit ({}{}); {}", limit.text,
      held.judged == 0 ? "" : fmt::format(" in {} of {} cases", held.reaching, held.seen),
      printable(held.first->id), held.interval, enough(held.runs_wanted, comparison.in_turn));
}

Held hold_figures_to(const Limit& limit, Comparison& comparison) {
  Held held;
  for (const CaseChange& one : comparison.cases) {
    for (const FigureChange& change : one.figures) {
      if (change.figure != limit.figure) continue;
      ++held.seen;
      if (reaches_past(change, limit)) {
        if (held.reaching++ == 0) {
          held.first = &one;
          if (change.interval) {
            held.interval = fmt::format(": {} to {}", change_text(change.interval->low),
                                        change_text(change.interval->high));
          }
        }
        held.runs_wanted = std::max(held.runs_wanted, runs_to_judge(change, limit));
      } else if (change.opinion != Opinion::too_few) {
        ++held.judged;
      }
      if (change.opinion == Opinion::worse &&
          is_past(limit, change.base_median, change.new_median)) {
        comparison.broken.push_back({limit.text, one.id, sentence(change)});
      }
    }
  }
  return held;
}

void hold_cases_to(const Limit& limit, Comparison& comparison) {
  for (const CaseChange& one : comparison.cases) {
    if (limit.gone && !one.in_new) {
      comparison.broken.push_back({limit.text, one.id, "the case is gone"});
    }
    for (const RuleChange& rule : one.newly_broken) {
      if (!limit.should || rule.severity != Severity::should) continue;
      comparison.broken.push_back({limit.text, one.id, "newly broken: " + rule.rule});
    }
  }
}

// A gate that judges nothing must not look open: where a limit has no figure or too few runs, or
// where no figure of any limit could be judged.
void hold_to_limits(Comparison& comparison) {
  bool any_judged = false;
  for (const Limit& limit : comparison.options.limits) {
    if (limit.figure == nullptr) {
      hold_cases_to(limit, comparison);
      any_judged = true;
      continue;
    }
    const Held held = hold_figures_to(limit, comparison);
    any_judged = any_judged || held.judged > 0;
    if (held.judged > 0 && held.reaching == 0) continue;
    comparison.unjudged.push_back(not_judged(limit, held, comparison));
    if (held.judged == 0 && held.reaching == 0 && comparison.blind.empty()) {
      comparison.blind = comparison.unjudged.back();
    }
  }
  if (!any_judged && !comparison.unjudged.empty() && comparison.blind.empty()) {
    comparison.blind = comparison.unjudged.front();
  }
}

void note_differences(Comparison& comparison) {
  const RunDigest& base = comparison.base;
  const RunDigest& next = comparison.next;
  const auto note = [&](std::string text) { comparison.notes.push_back(std::move(text)); };
  if (base.machine != next.machine) {
    note(fmt::format("the runs were made on different machines ({}; {}): figures compare these too",
                     printable(base.machine), printable(next.machine)));
  }
  if (base.isolation != next.isolation) {
    note(fmt::format("the runs were made in different isolation ({}; {})",
                     printable(base.isolation), printable(next.isolation)));
  }
  if (base.version != next.version) {
    note(fmt::format("the runs were made by different versions of wireproof ({}; {})",
                     printable(base.version), printable(next.version)));
  }
  if (base.shard != next.shard) {
    note(fmt::format("one run holds a share of the cases only ({}; {}): merge its shards first",
                     base.shard.empty() ? "all" : base.shard,
                     next.shard.empty() ? "all" : next.shard));
  }
  if (comparison.in_turn) {
    note(fmt::format("the runs were made in turn: each is compared with its neighbour, {} pairs",
                     base.starts.size()));
  } else if (comparison.worse + comparison.better > 0) {
    note(
        "the runs were made one after the other: what the machine did between them is in these "
        "figures too; wireproof versus makes them in turn");
  }
  for (const auto& [which, run] : {std::pair("base", &base), std::pair("new", &next)}) {
    if (run->interrupted) note(fmt::format("the {} run was interrupted: cases are missing", which));
  }
}

}  // namespace

std::string_view name(Opinion opinion) {
  constexpr std::array<std::string_view, 5> names = {"worse", "better", "same", "not told apart",
                                                     "too few runs"};
  return names[static_cast<std::size_t>(opinion)];
}

std::string advice(std::size_t runs_wanted, bool in_pairs) {
  return in_pairs ? fmt::format("make {} runs of each", runs_wanted)
                  : fmt::format("run with --repeat {}", runs_wanted);
}

std::string sentence(const FigureChange& change) {
  const std::string more_runs = advice(change.runs_wanted, change.pairs > 0);
  std::string text = fmt::format("{} to {}", value_text(*change.figure, change.base_median),
                                 value_text(*change.figure, change.new_median));
  if (change.ratio) text += ", " + change_text(*change.ratio);
  if (change.opinion == Opinion::too_few) {
    return text + fmt::format("; too few runs to say ({} and {}): {}", change.base_runs,
                              change.new_runs, more_runs);
  }
  if (change.interval) {
    text += fmt::format(" ({} to {})", change_text(change.interval->low),
                        change_text(change.interval->high));
  }
  const bool more = change.greater >= 0.5;
  text += fmt::format(", {} in {:.0f} % of pairs", more ? "higher" : "lower",
                      100 * (more ? change.greater : 1 - change.greater));
  if (change.opinion == Opinion::not_told_apart && change.runs_wanted > 0) {
    text += change.runs_wanted >= most_wanted ? "; too noisy to say" : "; to see 10 % " + more_runs;
  }
  return text;
}

bool Comparison::regression() const {
  return !broken.empty() ||
         std::any_of(cases.begin(), cases.end(), [](const CaseChange& one) { return one.worse; });
}

Comparison compare(RunDigest base, RunDigest next, const Options& options) {
  Comparison comparison;
  comparison.options = options;
  comparison.in_turn = made_in_turn(base, next);
  const Places before = places_of(base), after = places_of(next);
  for (const CaseDigest& one : next.cases) {
    const auto found = before.find(one.id);
    comparison.cases.push_back(
        change_of(found == before.end() ? nullptr : found->second, &one, comparison.in_turn));
  }
  for (const CaseDigest& one : base.cases) {
    if (!after.contains(one.id))
      comparison.cases.push_back(change_of(&one, nullptr, comparison.in_turn));
  }
  base.cases.clear();
  next.cases.clear();
  comparison.base = std::move(base);
  comparison.next = std::move(next);
  judge_figures(comparison);
  hold_to_limits(comparison);
  note_differences(comparison);
  return comparison;
}

}  // namespace wireproof::compare
