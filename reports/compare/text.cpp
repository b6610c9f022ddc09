// A comparison in the terminal: what got worse, what else changed, what the figures say, and the
// conclusion last, where a terminal leaves the eye.
#include <fmt/format.h>

#include <algorithm>

#include "reports/compare/writers.h"
#include "reports/style.h"

namespace wireproof::compare {
namespace {

using report::Style;
using report::Tone;

std::string heading(const RunDigest& run, const Style& style) {
  std::vector<std::string> parts = {style.safe(run.shown)};
  if (!run.label.empty()) parts.push_back("label " + style.safe(run.label));
  if (!run.commit.empty()) parts.push_back("commit " + style.safe(run.commit).substr(0, 12));
  if (run.started_at.size() >= 16) {
    parts.push_back(style.safe(run.started_at.substr(0, 10) + " " + run.started_at.substr(11, 5)));
  }
  return fmt::format("{}", fmt::join(parts, style.dot()));
}

std::string verdict_line(const CaseChange& one, const Style& style) {
  if (!one.in_base) {
    return "new: " + ending_text(one.new_ending, one.new_times, one.new_repetitions);
  }
  if (!one.in_new) {
    return "gone: was " + ending_text(one.base_ending, one.base_times, one.base_repetitions);
  }
  return fmt::format("{} {} {}", ending_text(one.base_ending, one.base_times, one.base_repetitions),
                     style.arrow(),
                     ending_text(one.new_ending, one.new_times, one.new_repetitions));
}

std::string rules_text(const std::vector<RuleChange>& rules) {
  std::vector<std::string> names;
  for (const RuleChange& rule : rules) {
    names.push_back(rule.rule + (rule.severity == Severity::should ? " (should)" : ""));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// A case's name on its own line, then what is said of it.
std::string case_block(const CaseChange& one, const Style& style) {
  const bool bad = one.worse;
  const bool same = one.in_base && one.in_new && !one.verdict_changed();
  const std::string_view sign = bad            ? (style.utf8() ? "✗" : "x")
                                : !one.in_base ? "+"
                                : !one.in_new  ? "-"
                                : same         ? "="
                                               : (style.utf8() ? "✓" : "*");
  std::string out = fmt::format(
      " {} {}\n", style.paint(bad ? Tone::bad : Tone::plain, sign),
      style.paint(Tone::strong, style.shorten_middle(style.safe(one.id), style.width() - 4)));
  if (!same || bad) {
    out += style.entry(3, "", 0, verdict_line(one, style), bad ? Tone::bad : Tone::plain);
  }
  if (!one.newly_broken.empty()) {
    out += style.entry(3, "newly broken: ", 14, style.safe(rules_text(one.newly_broken)));
  }
  if (!one.mended.empty()) {
    out += style.entry(3, "mended: ", 8, style.safe(rules_text(one.mended)));
  }
  return out;
}

std::string figure_block(const CaseChange& one, const FigureChange& change, const Style& style) {
  const Tone tone = change.opinion == Opinion::worse    ? Tone::bad
                    : change.opinion == Opinion::better ? Tone::good
                                                        : Tone::plain;
  return fmt::format("   {}\n", style.shorten_middle(style.safe(one.id), style.width() - 3)) +
         style.entry(5, std::string(change.figure->name) + "  ", 12, sentence(change), tone);
}

template <class Wanted>
std::string figure_section(const Comparison& comparison, const std::string& title, Tone tone,
                           const Style& style, Wanted wanted) {
  std::string out;
  for (const CaseChange& one : comparison.cases) {
    for (const FigureChange& change : one.figures) {
      if (wanted(change)) out += figure_block(one, change, style);
    }
  }
  return out.empty() ? out : style.paint(tone, title) + "\n" + out + "\n";
}

template <class Wanted>
std::string case_section(const Comparison& comparison, const std::string& title, Tone tone,
                         const Style& style, Wanted wanted) {
  std::string out;
  for (const CaseChange& one : comparison.cases) {
    if (wanted(one)) out += case_block(one, style);
  }
  return out.empty() ? out : style.paint(tone, title) + "\n" + out + "\n";
}

bool is_of_interest(const CaseChange& one) {
  return !one.worse && one.in_base && one.in_new &&
         (one.verdict_changed() || !one.newly_broken.empty() || !one.mended.empty());
}

std::string figures_text(const Comparison& comparison, const Style& style, bool verbose) {
  std::string out =
      figure_section(comparison, "Figures worse", Tone::bad, style,
                     [](const FigureChange& c) { return c.opinion == Opinion::worse; });
  out += figure_section(comparison, "Figures better", Tone::good, style,
                        [](const FigureChange& c) { return c.opinion == Opinion::better; });
  if (!verbose) return out;
  return out + figure_section(comparison, "Other figures", Tone::strong, style,
                              [](const FigureChange& c) { return c.opinion > Opinion::better; });
}

}  // namespace

std::string ending_text(Ending ending, std::uint64_t times, std::uint64_t repetitions) {
  return times == repetitions ? std::string(name(ending))
                              : fmt::format("{} in {} of {}", name(ending), times, repetitions);
}

std::string counts_text(const Comparison& comparison) {
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
  };
  add(comparison.worse, "worse");
  add(comparison.better, "better");
  add(comparison.same,
      fmt::format("the same within {:.0f} %", comparison.options.same_within * 100));
  add(comparison.not_told_apart, "not told apart");
  std::string few = "with too few runs to say";
  if (comparison.too_few > 0 && comparison.runs_wanted > 0) {
    few += ": " + advice(comparison.runs_wanted, comparison.in_turn);
  }
  add(comparison.too_few, few);
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string conclusion(const Comparison& comparison) {
  const auto worse = std::count_if(comparison.cases.begin(), comparison.cases.end(),
                                   [](const CaseChange& one) { return one.worse; });
  std::vector<std::string> parts;
  if (worse > 0)
    parts.push_back(report::counted(static_cast<std::uint64_t>(worse), "verdict") + " worse");
  if (!comparison.broken.empty()) {
    parts.push_back(report::counted(comparison.broken.size(), "limit") + " broken");
  }
  if (!parts.empty()) return fmt::format("Regression: {}", fmt::join(parts, ", "));
  if (!comparison.blind.empty()) return "Could not be judged by the limits that are set";
  return comparison.worse > 0 ? fmt::format("No regression past a limit ({} worse)",
                                            report::counted(comparison.worse, "figure"))
                              : "No regression";
}

std::string to_text(const Comparison& comparison, const report::TextOptions& options) {
  const Style style(options);
  std::string out = style.entry(0, "base  ", 6, heading(comparison.base, style));
  out += style.entry(0, "new   ", 6, heading(comparison.next, style)) + "\n";
  for (const std::string& note : comparison.notes) {
    out += style.entry(0, "note  ", 6, style.in_charset(note), Tone::warn);
  }
  if (!comparison.notes.empty()) out += "\n";
  out += case_section(comparison, "Verdicts worse", Tone::bad, style,
                      [](const CaseChange& one) { return one.worse; });
  out += case_section(comparison, "Other changes of verdicts and rules", Tone::strong, style,
                      is_of_interest);
  out += case_section(comparison, "New and gone", Tone::strong, style,
                      [](const CaseChange& one) { return !one.in_base || !one.in_new; });
  out += figures_text(comparison, style, options.verbose);
  std::string limits;
  for (const BrokenLimit& broken : comparison.broken) {
    limits +=
        fmt::format("   {}\n", style.shorten_middle(style.safe(broken.case_id), style.width() - 3));
    limits += style.entry(5, broken.limit + "  ", broken.limit.size() + 2, style.safe(broken.what),
                          Tone::bad);
  }
  if (!limits.empty()) out += style.paint(Tone::bad, "Limits broken") + "\n" + limits + "\n";
  for (const std::string& limit : comparison.unjudged) {
    out += style.entry(0, "limit ", 6, style.in_charset(limit), Tone::warn);
  }
  const auto both = std::count_if(comparison.cases.begin(), comparison.cases.end(),
                                  [](const CaseChange& one) { return one.in_base && one.in_new; });
  out += style.entry(0, "", 0,
                     report::counted(static_cast<std::uint64_t>(both), "case") + " in both runs");
  if (comparison.figures > 0) {
    out += style.entry(
        0, "", 0, report::counted(comparison.figures, "figure") + ": " + counts_text(comparison));
  }
  return out + style.entry(0, "", 0, conclusion(comparison),
                           comparison.regression()    ? Tone::bad
                           : comparison.blind.empty() ? Tone::good
                                                      : Tone::warn);
}

}  // namespace wireproof::compare
