// One case in the terminal: what it tried, what programs and connections did, and, where it did not
// pass, how it ends: the rule, what was wanted and seen, where to look, and how to run it again.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "reports/style.h"
#include "reports/text.h"
#include "reports/text_load.h"
#include "reports/text_traffic.h"
#include "reports/text_wire.h"
#include "reports/time_text.h"
#include "reports/utf8.h"

namespace wireproof::report {
namespace {

constexpr std::size_t label_columns = 10, findings_shown = 10, events_shown = 40;
constexpr std::size_t output_shown = 400, lines_shown = 12;

std::string heading(const CaseReport& one, const Style& style) {
  const std::string id = style.safe(one.id, 1000);
  const std::string time = duration_text(one.duration_ms);
  std::string out = fmt::format("{} {}", style.paint(tone_of(one), style.sign(one)),
                                style.paint(tone_of(one), words_of(one)));
  const std::size_t used = 2 + words_of(one).size();
  if (used + display_width(id) + time.size() + 4 <= style.width()) {
    out += fmt::format("  {}  {}\n", style.paint(Tone::strong, id), style.paint(Tone::dim, time));
  } else {
    out += fmt::format("  {}\n", style.paint(Tone::dim, time));
    out += style.entry(2, "", 0, id, Tone::strong);
  }
  out += style.entry(2, "", 0, style.safe(one.title));
  out += style.entry(2, "", 0,
                     {style.safe(one.scenario_line == 0
                                     ? one.scenario_file
                                     : fmt::format("{}:{}", one.scenario_file, one.scenario_line)),
                      style.safe(one.transport), style.safe(one.family), style.safe(one.topology)},
                     Tone::dim);
  return out;
}

// A program's output line by line; of a long one the end, where its last words are.
std::string output_lines(std::string_view label, std::string_view text, const Style& style) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const std::size_t left_out = lines.size() > lines_shown ? lines.size() - lines_shown : 0;
  std::string out;
  if (left_out > 0) {
    out += style.entry(4, label, label_columns - 2, fmt::format("({} lines before)", left_out),
                       Tone::dim);
  }
  for (std::size_t i = left_out; i < lines.size(); ++i) {
    out += style.entry(4, i == 0 ? label : "", label_columns - 2,
                       style.safe(lines[i], output_shown), Tone::dim);
  }
  return out;
}

std::string reasons(const CaseReport& one, const Style& style) {
  std::string out;
  if (!one.reason.empty()) out += style.entry(2, "why", label_columns, style.safe(one.reason));
  if (!one.hint.empty()) out += style.entry(2, "remedy", label_columns, style.safe(one.hint));
  for (const std::string& earlier : one.earlier_attempts) {
    out += style.entry(2, "before", label_columns, style.safe(earlier), Tone::dim);
  }
  for (const scenario::ExpectedFailure& failure : one.expected_failures) {
    out += style.entry(2, "expected", label_columns,
                       style.safe(fmt::format("{}: {}", failure.rule, failure.why)), Tone::accent);
  }
  return out;
}

std::string programs(const CaseReport& one, const Style& style, bool outputs) {
  std::string out;
  for (const TargetReport& target : one.targets) {
    std::string command;
    for (const std::string& word : target.command) command += (command.empty() ? "" : " ") + word;
    if (command.empty()) command = target.name;
    out += style.entry(2, name(target.role), label_columns,
                       style.safe(fmt::format("{}: {}", command, target.exit)));
    if (!outputs) continue;
    out += output_lines("output", target.output, style);
    out += output_lines("errors", target.error_output, style);
  }
  return out;
}

// A failed case shows the step that missed; a verbose one all of them.
std::string steps(const CaseReport& one, const Style& style, bool all) {
  std::string out;
  for (std::size_t i = 0; i < one.steps.size(); ++i) {
    const script::StepRecord& step = one.steps[i];
    if (!all && step.ok) continue;
    const double ms = static_cast<double>(step.end_ns - step.start_ns) / 1e6;
    out += style.entry(2, fmt::format("step {}", i + 1), label_columns,
                       fmt::format("{}  ({})", style.safe(step.shown), duration_text(ms)),
                       step.ok ? Tone::plain : Tone::bad);
    if (!step.why.empty())
      out += style.entry(2, "", label_columns, style.safe(step.why), Tone::dim);
    if (step.ok) continue;
    out += style.entry(4, "wanted", label_columns - 2, style.safe(step.wanted));
    out += style.entry(4, "seen", label_columns - 2, style.safe(step.seen));
  }
  if (all && one.steps_left_out > 0) {
    out += style.entry(2, "", label_columns, counted(one.steps_left_out, "step") + " left out");
  }
  return out;
}

std::string event_text(const witness::KernelEvent& event, std::int64_t start_ns) {
  std::string text = fmt::format(
      "{:9.3f} ms  {}  ", static_cast<double>(event.time_ns - start_ns) / 1e6, name(event.side));
  if (event.from && event.to) {
    text += fmt::format("{} -> {}", tcp::name(*event.from), tcp::name(*event.to));
  } else {
    text += name(event.kind);
  }
  if (event.connection != 0) text += fmt::format("  (tcp {}", event.connection);
  if (event.packet != 0) text += fmt::format(", packet {}", event.packet);
  return event.connection != 0 ? text + ")" : text;
}

// The second witness: which of its voices were heard, and what it told by itself.
std::string kernel_lines(const CaseReport& one, const Style& style, bool detail) {
  const WitnessReport& kernel = one.witness;
  if (kernel.heard.empty()) return {};
  std::string heard;
  for (const std::string& voice : kernel.heard) heard += (heard.empty() ? "" : ", ") + voice;
  std::string out = style.entry(
      2, "kernel", label_columns,
      style.safe(fmt::format("{} compared, {}; heard: {}", counted(kernel.compared, "fact"),
                             counted(kernel.disagreements, "disagreement"), heard)));
  if (!kernel.not_heard.empty())
    out +=
        style.entry(2, "", label_columns, style.safe("not heard: " + kernel.not_heard), Tone::dim);
  if (!detail || kernel.events.empty()) return out;
  const std::int64_t start = one.connections.empty() ? kernel.events.front().time_ns
                                                     : one.connections[0].connection.first_time_ns;
  for (std::size_t i = 0; i < std::min(kernel.events.size(), events_shown); ++i) {
    out += style.entry(4, i == 0 ? "told" : "", label_columns - 2,
                       event_text(kernel.events[i], start), Tone::dim);
  }
  const std::uint64_t all = kernel.events.size() + kernel.events_left_out;
  if (all > events_shown) {
    out += style.entry(4, "", label_columns - 2, fmt::format("and {} more", all - events_shown));
  }
  return out;
}

std::string findings(const CaseReport& one, const Style& style) {
  std::vector<const Finding*> sorted;
  for (const Finding& finding : one.findings) sorted.push_back(&finding);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Finding* a, const Finding* b) { return weighs_more(*a, *b); });
  std::string out;
  for (std::size_t i = 0; i < std::min(sorted.size(), findings_shown); ++i) {
    out += finding_text(*sorted[i], style);
  }
  const std::uint64_t all = one.findings.size() + one.findings_left_out;
  if (all > findings_shown) {
    out += style.entry(2, "", label_columns,
                       "and " + counted(all - findings_shown, "finding") + " more");
  }
  return out;
}

std::string where_to_look(const CaseReport& one, const Style& style, const TextOptions& options) {
  std::string out;
  const std::string root = options.results.empty() ? "" : options.results + "/";
  for (const CaptureReport& capture : one.captures) {
    if (capture.file.empty()) continue;
    std::string text = root + capture.file;
    const std::uint64_t lost =
        capture.dropped_by_kernel + capture.dropped_by_interface + capture.dropped_by_limit;
    if (lost > 0) {
      text += fmt::format(" ({} {} lost)", counted(lost, "packet"), lost == 1 ? "was" : "were");
    }
    out += style.entry(2, "capture", label_columns, style.safe(text));
  }
  if (!one.run_again.empty())
    out += style.entry(2, "again", label_columns, style.safe(one.run_again));
  return out;
}

}  // namespace

std::string case_text(const CaseReport& one, const TextOptions& options) {
  const Style style(options);
  const bool detail = options.verbose || one.status != Status::passed;
  std::string out = heading(one, style);
  if (options.verbose && !one.story.empty())
    out += style.entry(2, "", 0, style.safe(one.story, 4000));
  for (const std::string& block :
       {reasons(one, style), programs(one, style, detail) + steps(one, style, options.verbose),
        one.load ? load_lines(*one.load, style) : std::string(), traffic_lines(one, style),
        traffic_ladders(one, style, options.connection), wire_lines(one, style),
        kernel_lines(one, style, options.verbose), findings(one, style),
        where_to_look(one, style, options)}) {
    if (!block.empty()) out += "\n" + block;
  }
  if (options.verbose) {
    for (const std::string& note : one.notes)
      out += style.entry(2, "note", label_columns, style.safe(note), Tone::dim);
  }
  return out;
}

}  // namespace wireproof::report
