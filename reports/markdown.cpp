#include "reports/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "reports/load_words.h"
#include "reports/style.h"
#include "reports/time_text.h"

namespace wireproof::report {
namespace {

// A job's summary may hold a megabyte, and nobody reads as much.
constexpr std::size_t told_in_full = 25, named_only = 200, named_at_once = 5, findings_each = 3;

std::string_view sign(const CaseReport& one) {
  if (one.expected_failure) return "🟣";
  switch (one.status) {
    case Status::passed:
      return "✅";
    case Status::failed:
      return "❌";
    case Status::error:
      return "💥";
    case Status::skipped:
      return "⏭️";
    case Status::inconclusive:
      return "❔";
  }
  return "";
}

bool did_not_pass(const CaseReport& one) {
  return one.status != Status::passed && one.status != Status::skipped && !one.expected_failure;
}

std::string part(std::size_t count, std::string_view what) {
  return count == 0 ? std::string() : fmt::format("{} {}", count, what);
}

std::string headline(const RunReport& run, const Totals& sum) {
  const std::size_t bad = sum.failed + sum.error + sum.inconclusive;
  if (run.interrupted) {
    return fmt::format("⚠️ interrupted after {}", counted(sum.cases, "case"));
  }
  if (bad > 0) return fmt::format("❌ {} of {} did not pass", bad, counted(sum.cases, "case"));
  if (sum.cases == 0) return "⚠️ no case ran";
  if (sum.skipped == sum.cases) {
    return sum.cases == 1 ? "⏭️ the case was skipped"
                          : fmt::format("⏭️ all {} cases were skipped", sum.cases);
  }
  const std::size_t ran = sum.cases - sum.skipped;
  return ran == 1 ? "✅ the case passed" : fmt::format("✅ all {} cases passed", ran);
}

std::string totals_line(const RunReport& run, const Totals& sum) {
  std::string line;
  for (const std::string& each :
       {part(sum.passed, "passed"), part(sum.failed, "failed"), part(sum.error, "error"),
        part(sum.inconclusive, "inconclusive"), part(sum.skipped, "skipped"),
        part(sum.failed_as_expected, "failed as expected"), part(sum.retried, "tried again")}) {
    if (!each.empty()) line += (line.empty() ? "" : " · ") + each;
  }
  return fmt::format("{}{}in {}\n", line, line.empty() ? "" : " · ",
                     duration_text(run.duration_ms));
}

std::string packets_text(const Finding& finding) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(finding.packets.size(), most); ++i) {
    fmt::format_to(std::back_inserter(text), "{}{}", i == 0 ? "" : ", ", finding.packets[i]);
  }
  if (finding.packets.size() > most) text += ", …";
  return text;
}

std::string finding_lines(const Finding& finding, std::string_view indent) {
  std::string out = fmt::format("{}- expected {}\n", indent, markdown_code(finding.expected));
  out += fmt::format("{}- observed {}\n", indent, markdown_code(finding.observed));
  if (!finding.packets.empty()) {
    out += fmt::format("{}- packets {}\n", indent, packets_text(finding));
  }
  return out;
}

// Cases that ended alike: for the same rule, or the same reason.
struct Cause {
  Status status;
  std::string text;
  std::vector<const CaseReport*> cases;
};

std::string cause_of(const CaseReport& one) {
  const Finding* finding = main_finding(one);
  const std::string rule = finding != nullptr ? finding->rule : std::string();
  const bool by_rule = one.status == Status::failed ? !rule.empty() : one.reason.empty();
  return by_rule ? rule : one.reason;
}

// What is wrong with what was tested comes before what is wrong with the harness, and what is
// frequent before what is rare.
std::vector<Cause> causes_of(const RunReport& run) {
  std::vector<Cause> causes;
  std::map<std::pair<Status, std::string>, std::size_t> places;
  for (const CaseReport& one : run.cases) {
    if (!did_not_pass(one)) continue;
    const auto [place, is_new] = places.try_emplace({one.status, cause_of(one)}, causes.size());
    if (is_new) causes.push_back({one.status, place->first.second, {}});
    causes[place->second].cases.push_back(&one);
  }
  std::stable_sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    return std::pair(a.status, b.cases.size()) < std::pair(b.status, a.cases.size());
  });
  return causes;
}

// Of the first case what it takes to understand the cause; a list item's continuation lines are
// indented by two.
std::string example(const CaseReport& one) {
  std::string out;
  const Finding* main = main_finding(one);
  if (main != nullptr) {
    if (cause_of(one) != main->rule || main->inconclusive) {
      out += fmt::format("  - {}{}\n", markdown_code(main->rule),
                         main->inconclusive ? " (not proven)" : "");
    }
    if (!main->source.empty()) out += fmt::format("  - {}\n", markdown_code(main->source));
    out += finding_lines(*main, "  ");
  }
  if (!one.reason.empty() && cause_of(one) != one.reason) {
    out += fmt::format("  - {}\n", markdown_code(one.reason, 500));
  }
  if (!one.hint.empty()) out += fmt::format("  - what to do: {}\n", markdown_code(one.hint, 500));
  std::vector<const Finding*> others;
  for (const Finding& finding : one.findings) {
    if (&finding != main) others.push_back(&finding);
  }
  std::stable_sort(others.begin(), others.end(),
                   [](const Finding* a, const Finding* b) { return weighs_more(*a, *b); });
  for (std::size_t i = 0; i < std::min(others.size(), findings_each - 1); ++i) {
    out += fmt::format("  - also {}{}\n", markdown_code(others[i]->rule),
                       others[i]->inconclusive ? " (not proven)" : "") +
           finding_lines(*others[i], "    ");
  }
  if (others.size() > findings_each - 1) {
    out += fmt::format("  - and {} more\n", counted(others.size() - findings_each + 1, "finding"));
  }
  if (!one.run_again.empty()) {
    out += fmt::format("  - again: {}\n", markdown_code(one.run_again, 1000));
  }
  return out;
}

std::string folded(std::string_view title, const std::string& inner) {
  return fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", title, inner);
}

std::string case_list(const std::vector<const CaseReport*>& cases) {
  std::string out;
  for (std::size_t i = 0; i < std::min(cases.size(), named_only); ++i) {
    out += fmt::format("- {}\n", markdown_code(cases[i]->id));
  }
  if (cases.size() > named_only) {
    out += fmt::format("- and {} others\n", cases.size() - named_only);
  }
  return out;
}

std::string told(const Cause& cause) {
  const CaseReport& first = *cause.cases.front();
  const std::string_view word = cause.status == Status::failed ? "" : name(cause.status);
  std::string out = fmt::format(
      "\n{} {}{}**{}**: {}\n\n", sign(first), word, word.empty() ? "" : " ",
      markdown_code(cause.text.empty() ? std::string("no reason told") : cause.text, 500),
      counted(cause.cases.size(), "case"));
  out += fmt::format("- {}\n", markdown_code(first.id)) + example(first);
  if (cause.cases.size() == 1) return out;
  const std::vector<const CaseReport*> others(cause.cases.begin() + 1, cause.cases.end());
  if (others.size() <= named_at_once) return out + case_list(others);
  return out + folded(fmt::format("{} cases more of this cause", others.size()), case_list(others));
}

std::string not_passed(const RunReport& run) {
  const std::vector<Cause> causes = causes_of(run);
  if (causes.empty()) return {};
  std::string out = "\n### What did not pass\n", rest;
  for (std::size_t i = 0; i < causes.size(); ++i) {
    if (i < told_in_full) {
      out += told(causes[i]);
    } else if (i < told_in_full + named_only) {
      rest += fmt::format("- {} {}: {}\n", sign(*causes[i].cases.front()),
                          markdown_code(causes[i].text), counted(causes[i].cases.size(), "case"));
    }
  }
  if (causes.size() > told_in_full) {
    const std::size_t more = causes.size() - told_in_full;
    if (more > named_only) rest += fmt::format("- and {} others\n", more - named_only);
    out += folded(counted(more, "cause") + " more", rest);
  }
  return out;
}

// Loads that passed too: their figures are what they were run for.
std::string loads(const RunReport& run) {
  std::string rows, remarks;
  std::size_t count = 0;
  for (const CaseReport& one : run.cases) {
    if (!one.load || count++ >= named_only) continue;
    const load::LoadResult& load = *one.load;
    std::string row = fmt::format("| {} {} | {} | {}", sign(one), markdown_code(one.id),
                                  rate_words(load), interval_words(load));
    for (const double quantile : {0.5, 0.9, 0.99, 0.999}) {
      const auto ns = percentile_ns(load, quantile);
      row += " | " + (ns ? duration_text(static_cast<double>(*ns) / 1e6) : "-");
    }
    const load::PhaseResult* latency = load.phase("latency");
    rows += fmt::format(
        "{} | {} | {} | {} |\n", row,
        latency != nullptr ? duration_text(static_cast<double>(latency->most_ns) / 1e6) : "-",
        load.failures(), load.doubts.size());
    for (const load::Doubt& doubt : load.doubts) {
      remarks += fmt::format("- {} {}doubt: {}\n", markdown_code(one.id),
                             doubt.decisive ? "decisive " : "",
                             markdown_code(doubt.about + ": " + doubt.words, 1000));
    }
    for (const load::LimitResult& limit : load.limits) {
      remarks += fmt::format("- {} limit {}, {}\n", markdown_code(one.id),
                             markdown_code(limit.limit + ": " + limit.words, 500),
                             limit.held ? "kept" : "**not kept**");
    }
  }
  if (rows.empty()) return {};
  if (count > named_only) remarks += fmt::format("- and {} loads more\n", count - named_only);
  return "\n### Load\n\n| case | rate | 95 % interval | p50 | p90 | p99 | p99.9 | max | errors | "
         "doubts |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n" +
         rows + (remarks.empty() ? "" : "\n" + remarks);
}

std::string skipped(const RunReport& run, std::size_t count) {
  if (count == 0) return {};
  std::string inner;
  std::size_t told = 0;
  for (const CaseReport& one : run.cases) {
    if (one.status != Status::skipped || told++ >= named_only) continue;
    inner += fmt::format("- {}: {}\n", markdown_code(one.id), markdown_code(one.reason));
  }
  return folded(fmt::format("{} skipped", count), inner);
}

std::string machine(const Context& context) {
  std::string inner = "| | |\n| --- | --- |\n";
  const auto row = [&](std::string_view key, const std::string& value) {
    inner += fmt::format("| {} | {} |\n", key, markdown_code(value));
  };
  row("wireproof", context.version);
  row("command", context.command_line);
  row("system", context.os + ", kernel " + context.kernel);
  row("processor", fmt::format("{} x {}", context.cpus, context.cpu_model));
  row("isolation", context.isolation);
  row("seed", fmt::format("{}", context.seed));
  row("started", context.started_at);
  return folded("what it ran on", inner);
}

}  // namespace

std::string markdown_code(std::string_view hostile, std::size_t limit) {
  // No backslash works within a code span, and its fence must be longer than any within it: so it
  // is an element, whose text has every character that means something as a reference.
  std::string out = "<code>";
  for (const char c : printable(hostile, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                       (c >= 'a' && c <= 'z') ||
                       std::string_view(" .,:/-=+;?%'").find(c) != std::string_view::npos;
    if (plain) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "&#{};", byte);
    }
  }
  return out + "</code>";
}

std::string to_markdown(const RunReport& run) {
  const Totals sum = totals(run);
  std::string out = fmt::format("## wireproof: {}\n\n", headline(run, sum));
  out += totals_line(run, sum);
  for (const std::string& note : run.notes)
    out += fmt::format("\n> {}\n", markdown_code(note, 1000));
  return out + not_passed(run) + loads(run) + skipped(run, sum.skipped) + machine(run.context);
}

}  // namespace wireproof::report
