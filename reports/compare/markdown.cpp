#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "reports/compare/writers.h"

namespace wireproof::compare {
namespace {

// Text of others in Markdown: no markup of theirs counts, no table breaks, nobody is mentioned.
std::string plain(std::string_view hostile) {
  std::string out;
  for (const char c : printable(hostile, 400)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '@':
        out += "&#64;";
        break;
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '|':
      case '~':
      case '#':
      case '!':
        out += '\\';
        [[fallthrough]];
      default:
        out += c;
    }
  }
  return out;
}

std::string run_text(const RunDigest& run) {
  std::string text = plain(run.shown);
  if (!run.label.empty()) text += ", label " + plain(run.label);
  if (!run.commit.empty()) text += ", commit " + plain(run.commit.substr(0, 12));
  return text;
}

std::string before_text(const CaseChange& one) {
  return one.in_base ? ending_text(one.base_ending, one.base_times, one.base_repetitions) : "-";
}
std::string after_text(const CaseChange& one) {
  return one.in_new ? ending_text(one.new_ending, one.new_times, one.new_repetitions) : "gone";
}

std::string rules_text(const CaseChange& one) {
  std::vector<std::string> words;
  for (const RuleChange& rule : one.newly_broken) words.push_back("breaks " + plain(rule.rule));
  for (const RuleChange& rule : one.mended) words.push_back("keeps " + plain(rule.rule) + " again");
  return fmt::format("{}", fmt::join(words, "; "));
}

std::string verdicts(const Comparison& comparison) {
  std::string rows;
  for (const bool worse : {true, false}) {
    for (const CaseChange& one : comparison.cases) {
      const bool changed = !one.in_base || !one.in_new || one.verdict_changed() ||
                           !one.newly_broken.empty() || !one.mended.empty();
      if (one.worse != worse || !changed) continue;
      rows += fmt::format("| {}{} | {} | {}{} | {} |\n", worse ? "**worse** " : "", plain(one.id),
                          before_text(one), after_text(one), one.in_base ? "" : " (new)",
                          rules_text(one));
    }
  }
  if (rows.empty()) return rows;
  return "### Verdicts\n\n| case | base | new | rules |\n| --- | --- | --- | --- |\n" + rows + "\n";
}

std::string figures(const Comparison& comparison) {
  std::string rows;
  for (const Opinion opinion : {Opinion::worse, Opinion::better}) {
    for (const CaseChange& one : comparison.cases) {
      for (const FigureChange& change : one.figures) {
        if (change.opinion != opinion) continue;
        rows +=
            fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n",
                        opinion == Opinion::worse ? "**worse**" : "better", plain(one.id),
                        change.figure->name, value_text(*change.figure, change.base_median),
                        value_text(*change.figure, change.new_median),
                        change.ratio ? change_text(*change.ratio) : "-",
                        change.interval ? fmt::format("{} to {}", change_text(change.interval->low),
                                                      change_text(change.interval->high))
                                        : "-");
      }
    }
  }
  if (rows.empty()) return rows;
  return "### Figures\n\n| | case | figure | base | new | change | 95 % interval |\n"
         "| --- | --- | --- | --- | --- | --- | --- |\n" +
         rows + "\n";
}

}  // namespace

std::string to_markdown(const Comparison& comparison) {
  std::string out = fmt::format("## {}\n\nBase: {}  \nNew: {}\n\n", conclusion(comparison),
                                run_text(comparison.base), run_text(comparison.next));
  for (const std::string& note : comparison.notes) out += "- " + plain(note) + "\n";
  for (const std::string& limit : comparison.unjudged) out += "- limit " + plain(limit) + "\n";
  if (!comparison.notes.empty() || !comparison.unjudged.empty()) out += "\n";
  for (const BrokenLimit& broken : comparison.broken) {
    out += fmt::format("- limit **{}** broken by {}: {}\n", plain(broken.limit),
                       plain(broken.case_id), plain(broken.what));
  }
  if (!comparison.broken.empty()) out += "\n";
  out += verdicts(comparison) + figures(comparison);
  if (comparison.figures > 0) {
    out += fmt::format("{} figures: {}.\n", comparison.figures, counts_text(comparison));
  }
  return out;
}

}  // namespace wireproof::compare
