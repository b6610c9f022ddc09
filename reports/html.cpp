#include "reports/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "reports/field_writer.h"
#include "reports/json.h"
#include "reports/viewer_page.h"

namespace wireproof::report {
namespace {

// What the page's summary needs of a case, so that it opens without reading them all.
struct SummaryRow {
  const CaseReport& one;
};

}  // namespace

template <>
inline constexpr bool on_one_line<SummaryRow> = true;

namespace {

std::string_view program_of(const CaseReport& one, Side role) {
  const auto found = std::find_if(one.targets.begin(), one.targets.end(),
                                  [&](const TargetReport& target) { return target.role == role; });
  return found == one.targets.end() ? std::string_view{} : found->name;
}

// Each rule once, the one that weighs most first.
std::vector<std::string> rules_of(const CaseReport& one) {
  std::vector<const Finding*> sorted;
  for (const Finding& finding : one.findings) sorted.push_back(&finding);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Finding* a, const Finding* b) { return weighs_more(*a, *b); });
  std::vector<std::string> rules;
  for (const Finding* finding : sorted) {
    if (std::find(rules.begin(), rules.end(), finding->rule) == rules.end())
      rules.push_back(finding->rule);
  }
  return rules;
}

void describe(FieldWriter& visit, const SummaryRow& row) {
  const CaseReport& one = row.one;
  visit("id", one.id);
  visit("status", one.status);
  visit("expected_failure", one.expected_failure);
  visit("duration_ms", one.duration_ms);
  visit("title", one.title);
  visit.rare("reason", one.reason);
  visit("tags", one.tags);
  visit("parameters", one.parameters);
  visit("transport", one.transport);
  visit("family", one.family);
  visit("topology", one.topology);
  visit("attempts", one.attempts);
  visit("client", program_of(one, Side::client));
  visit("server", program_of(one, Side::server));
  visit("rules", rules_of(one));
  if (const Finding* main = main_finding(one)) visit("main", *main);
}

struct Summary {
  const RunReport& run;
  std::string_view results;
};

void describe(FieldWriter& visit, const Summary& summary) {
  const RunReport& run = summary.run;
  visit("context", run.context);
  visit.totals(run);
  visit("duration_ms", run.duration_ms);
  visit("interrupted", run.interrupted);
  visit("notes", run.notes);
  visit("results", summary.results);
  std::vector<SummaryRow> rows;
  rows.reserve(run.cases.size());
  for (const CaseReport& one : run.cases) rows.push_back({one});
  visit("rows", rows);
}

void append_block(std::string& out, std::string_view id, std::string json) {
  fmt::format_to(std::back_inserter(out), "<script type=\"application/json\" id=\"{}\">", id);
  out += json_for_html(std::move(json));
  out += "</script>\n";
}

}  // namespace

bool has_viewer() { return viewer_page.has_value(); }

std::string json_for_html(std::string json) {
  // Only ever within a string, where an escape means the same.
  std::size_t at = json.find('<');
  if (at == std::string::npos) return json;
  std::string safe;
  safe.reserve(json.size() + 64);
  std::size_t from = 0;
  for (; at != std::string::npos; from = at + 1, at = json.find('<', from)) {
    safe.append(json, from, at - from).append("\\u003c");
  }
  return safe.append(json, from);
}

std::string to_html(const RunReport& run, std::string_view results,
                    std::span<const NamedReport> beside) {
  const ViewerPage page = viewer_page.value_or(ViewerPage{});
  std::string out;
  out.reserve(page.before.size() + page.after.size() + (run.cases.size() + 1) * (16 << 10));
  out += page.before;
  std::string summary;
  FieldWriter(summary).document(Summary{run, results});
  append_block(out, "report", std::move(summary));
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    append_block(out, fmt::format("case-{}", i), to_json(run.cases[i]));
  }
  std::size_t loads = 0;
  for (const auto& [name, other] : beside) {
    for (const CaseReport& one : other.cases) {
      if (!one.load) continue;
      append_block(out, fmt::format("beside-{}", loads), to_json(one));
      append_block(
          out, fmt::format("beside-{}-of", loads++),
          nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
  }
  out += page.after;
  return out;
}

}  // namespace wireproof::report
