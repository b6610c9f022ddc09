#include "reports/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/text.h"
#include "reports/time_text.h"

namespace wireproof::report {
namespace {

// A job's summary may hold a megabyte, and nobody reads as much.
constexpr std::size_t told_in_full = 25, named_only = 200, findings_each = 3;

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

std::string counted(std::size_t count, std::string_view what) {
  return count == 0 ? std::string() : fmt::format("{} {}", count, what);
}

std::string headline(const RunReport& run, const Totals& sum) {
  const std::size_t bad = sum.failed + sum.error + sum.inconclusive;
  if (run.interrupted) return fmt::format("⚠️ interrupted after {} cases", sum.cases);
  if (bad > 0) return fmt::format("❌ {} of {} cases did not pass", bad, sum.cases);
  if (sum.cases == 0) return "⚠️ no case ran";
  if (sum.skipped == sum.cases) return fmt::format("⏭️ all {} cases were skipped", sum.cases);
  return fmt::format("✅ all {} cases passed", sum.cases - sum.skipped);
}

std::string totals_line(const RunReport& run, const Totals& sum) {
  std::string line;
  for (const std::string& part :
       {counted(sum.passed, "passed"), counted(sum.failed, "failed"), counted(sum.error, "error"),
        counted(sum.inconclusive, "inconclusive"), counted(sum.skipped, "skipped"),
        counted(sum.failed_as_expected, "failed as expected"),
        counted(sum.retried, "tried again")}) {
    if (!part.empty()) line += (line.empty() ? "" : " · ") + part;
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

// A list item's continuation lines are indented by two.
std::string told(const CaseReport& one) {
  std::string out = fmt::format("- {} {}{}{}\n", sign(one), markdown_code(one.id),
                                one.status == Status::failed ? "" : " ",
                                one.status == Status::failed ? "" : name(one.status));
  if (!one.reason.empty()) out += fmt::format("  - {}\n", markdown_code(one.reason, 500));
  if (!one.hint.empty()) out += fmt::format("  - what to do: {}\n", markdown_code(one.hint, 500));
  std::vector<const Finding*> sorted;
  for (const Finding& finding : one.findings) sorted.push_back(&finding);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Finding* a, const Finding* b) { return weighs_more(*a, *b); });
  for (std::size_t i = 0; i < std::min(sorted.size(), findings_each); ++i) {
    const Finding& finding = *sorted[i];
    out += fmt::format("  - **{}**{} {}\n", markdown_code(finding.rule),
                       finding.inconclusive ? " (not proven)" : "",
                       finding.source.empty() ? "" : markdown_code(finding.source));
    out += fmt::format("    - expected {}\n", markdown_code(finding.expected));
    out += fmt::format("    - observed {}\n", markdown_code(finding.observed));
    if (!finding.packets.empty()) out += fmt::format("    - packets {}\n", packets_text(finding));
  }
  if (sorted.size() > findings_each) {
    out += fmt::format("  - and {} more findings\n", sorted.size() - findings_each);
  }
  if (!one.run_again.empty()) {
    out += fmt::format("  - again: {}\n", markdown_code(one.run_again, 1000));
  }
  return out;
}

std::string folded(std::string_view title, const std::string& inner) {
  return fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", title, inner);
}

std::string not_passed(const RunReport& run) {
  std::vector<const CaseReport*> cases;
  for (const CaseReport& one : run.cases) {
    if (did_not_pass(one)) cases.push_back(&one);
  }
  // What is wrong with what was tested comes before what is wrong with the harness.
  std::stable_sort(cases.begin(), cases.end(), [](const CaseReport* a, const CaseReport* b) {
    return static_cast<int>(a->status) < static_cast<int>(b->status);
  });
  std::string out, rest;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (i < told_in_full) {
      out += told(*cases[i]);
    } else if (i < told_in_full + named_only) {
      rest += fmt::format("- {} {}\n", sign(*cases[i]), markdown_code(cases[i]->id));
    }
  }
  if (!out.empty()) out = "\n### What did not pass\n\n" + out;
  if (cases.size() > told_in_full) {
    const std::size_t more = cases.size() - told_in_full;
    if (more > named_only) rest += fmt::format("- and {} others\n", more - named_only);
    out += folded(fmt::format("{} more", more), rest);
  }
  return out;
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
  return out + not_passed(run) + skipped(run, sum.skipped) + machine(run.context);
}

}  // namespace wireproof::report
