// The summary of a run, on one screen: what went wrong first, the figures last, where a terminal
// leaves the eye.
#include "reports/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "reports/load_words.h"
#include "reports/style.h"
#include "reports/time_text.h"
#include "reports/utf8.h"

namespace wireproof::report {
namespace {

constexpr std::size_t cases_shown = 12, cases_in_detail = 4, reasons_shown = 5, slowest_shown = 3,
                      least_for_both = 60;

using Cases = std::vector<const CaseReport*>;

std::string why(const CaseReport& one) {
  const Finding* finding = main_finding(one);
  if (one.status == Status::failed && finding != nullptr) return finding->rule;
  if (!one.reason.empty()) return one.reason;
  return finding != nullptr ? finding->rule : std::string();
}

std::string wanted_and_seen(const Finding& finding) {
  return fmt::format("wanted {}; saw {}", finding.expected, finding.observed);
}

std::string failures(const Cases& cases, const Style& style) {
  std::size_t id_columns = 0;
  for (const CaseReport* one : cases) {
    id_columns = std::max(id_columns, display_width(style.safe(one->id)));
  }
  id_columns = std::min(id_columns, style.width() / 2);
  const std::size_t why_columns = style.width() - id_columns - 5;
  const bool narrow = style.width() < least_for_both;
  std::string out;
  for (std::size_t i = 0; i < std::min(cases.size(), cases_shown); ++i) {
    const CaseReport& one = *cases[i];
    const std::string sign = style.paint(tone_of(one), style.sign(one));
    if (narrow) {
      // Beside the case's name neither it nor the rule could be read.
      const std::size_t columns = style.width() - 3;
      out +=
          fmt::format(" {} {}\n   {}\n", sign,
                      style.paint(Tone::strong, style.shorten_middle(style.safe(one.id), columns)),
                      style.shorten(style.safe(why(one)), columns));
    } else {
      out += fmt::format(
          " {} {}  {}\n", sign,
          style.paint(Tone::strong,
                      padded(style.shorten_middle(style.safe(one.id), id_columns), id_columns)),
          style.shorten(style.safe(why(one)), why_columns));
    }
    const Finding* finding = main_finding(one);
    if (i >= cases_in_detail || finding == nullptr || one.status != Status::failed) continue;
    out += fmt::format("   {}\n",
                       style.paint(Tone::dim, style.shorten(style.safe(wanted_and_seen(*finding)),
                                                            style.width() - 3)));
  }
  if (cases.size() > cases_shown) {
    out += fmt::format("   and {} more: see the report\n", cases.size() - cases_shown);
  }
  return out.empty() ? out : out + "\n";
}

std::string skipped(const RunReport& run, const Style& style) {
  std::map<std::string, std::size_t> reasons;
  for (const CaseReport& one : run.cases) {
    if (one.status == Status::skipped) ++reasons[one.reason];
  }
  std::vector<std::pair<std::string, std::size_t>> sorted(reasons.begin(), reasons.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out;
  for (std::size_t i = 0; i < std::min(sorted.size(), reasons_shown); ++i) {
    const std::string label =
        fmt::format("{}{:>8}  ", i == 0 ? "skipped" : "       ", sorted[i].second);
    out += style.entry(1, label, 17, style.safe(sorted[i].first));
  }
  if (sorted.size() > reasons_shown) {
    out += fmt::format(" {:17}and {} more\n", "", counted(sorted.size() - reasons_shown, "reason"));
  }
  return out;
}

std::string slowest(const RunReport& run, const Style& style) {
  Cases cases;
  for (const CaseReport& one : run.cases) {
    if (one.status != Status::skipped) cases.push_back(&one);
  }
  std::stable_sort(cases.begin(), cases.end(), [](const CaseReport* a, const CaseReport* b) {
    return a->duration_ms > b->duration_ms;
  });
  if (cases.size() <= slowest_shown) return {};
  std::string out;
  for (std::size_t i = 0; i < slowest_shown; ++i) {
    out += fmt::format(" {}{:>8}  {}\n", style.paint(Tone::dim, i == 0 ? "slowest" : "       "),
                       duration_text(cases[i]->duration_ms),
                       style.shorten_middle(style.safe(cases[i]->id), style.width() - 18));
  }
  return out;
}

struct Part {
  std::size_t count;
  std::string_view words;
  Tone tone;
};

std::vector<Part> parts(const Totals& sum) {
  std::vector<Part> all = {{sum.passed, "passed", Tone::good},
                           {sum.failed, "failed", Tone::bad},
                           {sum.error, "error", Tone::bad},
                           {sum.inconclusive, "inconclusive", Tone::warn},
                           {sum.skipped, "skipped", Tone::dim},
                           {sum.failed_as_expected, "failed as expected", Tone::accent}};
  std::erase_if(all, [](const Part& part) { return part.count == 0; });
  return all;
}

std::string counts(const Totals& sum, const Style& style) {
  std::vector<std::string> items;
  for (const Part& part : parts(sum)) {
    items.push_back(style.paint(part.tone, fmt::format("{} {}", part.count, part.words)));
  }
  if (items.empty()) items.push_back("no case ran");
  return style.entry(1, "", 0, items);
}

// A bar of the same parts; without colour it would say nothing.
std::string bar(const Totals& sum, const Style& style) {
  if (!style.colour() || !style.utf8() || sum.cases == 0) return {};
  const std::size_t columns = std::min<std::size_t>(style.width() - 2, 60);
  std::string out = " ";
  std::size_t drawn = 0, seen = 0;
  for (const Part& part : parts(sum)) {
    seen += part.count;
    // At least one column each: a single failure in a thousand must be seen.
    const std::size_t end = std::max(drawn + 1, seen * columns / sum.cases);
    std::string piece;
    for (; drawn < end && drawn < columns; ++drawn) piece += "━";
    out += style.paint(part.tone, piece);
  }
  return out + "\n";
}

std::string circumstances(const RunReport& run, const Totals& sum, const Style& style) {
  const Context& context = run.context;
  double cpu_ms = 0;
  for (const CaseReport& one : run.cases) cpu_ms += one.cpu_ms;
  std::vector<std::string> items = {
      fmt::format("{} in {}", counted(sum.cases, "case"), duration_text(run.duration_ms))};
  if (cpu_ms > 0) items.push_back(duration_text(cpu_ms) + " of CPU");
  items.push_back(fmt::format("{} at once", context.jobs));
  items.push_back("isolation " + style.safe(context.isolation));
  if (!context.kernel.empty()) items.push_back("Linux " + style.safe(context.kernel));
  if (sum.retried > 0) items.push_back(fmt::format("{} tried again", sum.retried));
  std::string out = style.entry(1, "", 0, items);
  for (const std::string& note : run.notes) out += style.entry(1, "note    ", 8, style.safe(note));
  return out;
}

std::string report_path(const Style& style, const TextOptions& options) {
  if (options.results.empty()) return {};
  return style.entry(1, "report  ", 8, style.safe(options.results + "/report.json"));
}

std::string next_command(const CaseReport& one, const Style& style, const TextOptions& options) {
  if (options.results.empty()) return {};
  return style.entry(
      1, "look    ", 8,
      fmt::format("wireproof show {} {}", style.safe(options.results), style.safe(one.id)));
}

// What is wrong with what was tested comes before what is wrong with the harness.
Cases not_passed(const RunReport& run) {
  Cases cases;
  for (const Status status : {Status::failed, Status::error, Status::inconclusive}) {
    for (const CaseReport& one : run.cases) {
      if (one.status == status && !one.expected_failure) cases.push_back(&one);
    }
  }
  return cases;
}

}  // namespace

std::string case_line(const CaseReport& one, const TextOptions& options) {
  const Style style(options);
  std::string reason = one.status == Status::passed ? std::string() : style.safe(why(one));
  const std::string words(words_of(one));
  std::string time = duration_text(one.duration_ms);
  // The case's name may take what the words, the time and the figures leave, the reason the rest.
  constexpr std::size_t least_room = 8;
  const std::size_t fixed = 2 + words.size() + 2 + 2;
  if (one.load) {
    const std::string figures = "  " + load_summary(*one.load);
    if (fixed + time.size() + figures.size() + least_room <= style.width()) time += figures;
  }
  const std::size_t taken = fixed + time.size();
  const std::size_t room = std::max(style.width(), taken + least_room) - taken;
  const std::string id = style.shorten_middle(style.safe(one.id), room);
  std::string out = fmt::format("{} {}  {}  {}", style.paint(tone_of(one), style.sign(one)),
                                style.paint(tone_of(one), words), id, style.paint(Tone::dim, time));
  const std::size_t used = 2 + words.size() + 2 + display_width(id) + 2 + time.size();
  if (!reason.empty() && used + 12 < style.width()) {
    out += "  " + style.shorten(reason, style.width() - used - 2);
  }
  return out;
}

std::string summary_text(const RunReport& run, const TextOptions& options) {
  const Style style(options);
  const Totals sum = totals(run);
  const Cases failed = not_passed(run);
  std::string out;
  if (options.verbose) {
    for (const CaseReport& one : run.cases) out += case_line(one, options) + "\n";
    out += "\n";
  }
  out += failures(failed, style);
  const std::string small_print = skipped(run, style) + slowest(run, style);
  if (!small_print.empty()) out += small_print + "\n";
  if (run.interrupted) {
    out += style.paint(Tone::warn, " Interrupted: the report has what ran.") + "\n";
  }
  out += counts(sum, style) + bar(sum, style) + circumstances(run, sum, style) +
         report_path(style, options);
  return failed.empty() ? out : out + next_command(*failed.front(), style, options);
}

std::string where_text(const RunReport& run, const TextOptions& options) {
  const Style style(options);
  const Cases failed = not_passed(run);
  std::string out = report_path(style, options);
  if (run.cases.empty()) return out;
  return out + next_command(failed.empty() ? run.cases.front() : *failed.front(), style, options);
}

}  // namespace wireproof::report
