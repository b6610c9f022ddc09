// The exploration as text and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "explore/explore.h"

namespace wireproof::explore {
namespace {

using Json = nlohmann::ordered_json;

std::string counted(std::uint64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string indented(const std::string& text, const char* indent) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    result += indent + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return result;
}

std::string kinds_text(const std::vector<Kind>& kinds) {
  std::string text;
  for (const Kind kind : kinds) text += (text.empty() ? "" : ", ") + std::string(name(kind));
  return text;
}

Json to_json(const Faults& faults) {
  Json list = Json::array();
  for (const Fault& fault : faults) {
    list.push_back(
        {{"kind", name(fault.kind)}, {"from", name(fault.place.from)}, {"nth", fault.place.nth}});
  }
  return list;
}

Json to_json(const Finding& finding) {
  return {{"rule", finding.rule},
          {"blame", name(finding.blame)},
          {"packets", finding.packets},
          {"expected", printable(finding.expected, 2000)},
          {"observed", printable(finding.observed, 2000)}};
}

Json to_json(const Report& report) {
  Json json;
  json["case"] = printable(report.case_id, 1000);
  json["packets"] = {{"undisturbed", report.baseline.size()}, {"explored", report.places.size()}};
  json["faults"] = report.budget;
  for (const Kind kind : report.kinds) json["kinds"].push_back(name(kind));
  json["runs"] = report.runs;
  json["planned"] = report.planned;
  json["retried"] = report.retried;
  json["duration_ms"] = report.duration_ms;
  json["cpu_ms"] = report.cpu_ms;
  json["interrupted"] = report.interrupted;
  if (!report.refusal.empty()) json["refusal"] = report.refusal;
  json["outcomes"] = Json::array();
  for (const Group& group : report.outcomes) {
    json["outcomes"].push_back({{"class", name(group.kind)},
                                {"outcome", printable(group.words, 2000)},
                                {"runs", group.runs},
                                {"example",
                                 {{"name", name(group.example.faults)},
                                  {"faults", to_json(group.example.faults)},
                                  {"scenario", group.example.file},
                                  {"folder", group.example.folder},
                                  {"ladder", group.example.ladder}}}});
  }
  json["violations"] = Json::array();
  for (const Violation& violation : report.violations) {
    Json findings = Json::array();
    for (const Finding& finding : violation.findings) findings.push_back(to_json(finding));
    json["violations"].push_back({{"name", name(violation.faults)},
                                  {"faults", to_json(violation.faults)},
                                  {"scenario", violation.file},
                                  {"folder", violation.folder},
                                  {"findings", std::move(findings)},
                                  {"ladder", violation.ladder}});
  }
  json["not_proven"] = Json::array();
  for (const NotProven& one : report.not_proven) {
    json["not_proven"].push_back({{"name", name(one.faults)},
                                  {"faults", to_json(one.faults)},
                                  {"reason", printable(one.reason, 2000)}});
  }
  return json;
}

}  // namespace

std::string to_text(const Report& report, const std::string& results, bool unicode) {
  const char* times = unicode ? "×" : "x";
  std::string text = fmt::format(
      "{}\n  {} of an undisturbed connection, faults on {}: every set of up to {} of {}\n",
      printable(report.case_id, 500), counted(report.baseline.size(), "packet"),
      counted(report.places.size(), "packet"), report.budget, kinds_text(report.kinds));
  text += fmt::format("  {} in {:.1f} s, {:.1f} s of CPU", counted(report.runs, "run"),
                      report.duration_ms / 1e3, report.cpu_ms / 1e3);
  if (report.retried > 0) text += fmt::format("; {} tried again", report.retried);
  if (report.interrupted)
    text += fmt::format("; interrupted: {} did not run", report.planned - report.runs);
  text += "\n";
  if (!report.refusal.empty()) text += fmt::format("  {}\n", report.refusal);

  text += fmt::format("\n{}\n", counted(report.outcomes.size(), "distinct legal outcome"));
  for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
    const Group& group = report.outcomes[i];
    text += fmt::format("\n{}. {} {}  {}{}\n   for example: {}\n", i + 1, group.runs, times,
                        group.kind == Class::honest ? "an honest error: " : "",
                        printable(group.words, 500), to_words(group.example.faults));
    text += indented(group.example.ladder, "   ");
  }
  if (!report.violations.empty()) {
    text += fmt::format("\n{}\n", counted(report.violations.size(), "violation"));
    constexpr std::size_t in_full = 5;
    for (std::size_t i = 0; i < report.violations.size(); ++i) {
      const Violation& one = report.violations[i];
      text += fmt::format("\n{}. {}\n", i + 1, to_words(one.faults));
      for (const Finding& finding : one.findings) {
        text +=
            fmt::format("   {} ({}): expected {}; observed {}\n", finding.rule, name(finding.blame),
                        printable(finding.expected, 500), printable(finding.observed, 500));
      }
      if (i < in_full) text += indented(one.ladder, "   ");
      text += fmt::format("   again: wireproof run {}/{}\n", printable(results, 500), one.file);
    }
  }
  for (const NotProven& one : report.not_proven) {
    text += fmt::format("\nnot proven: {}: {}\n", to_words(one.faults), printable(one.reason, 500));
  }
  std::uint64_t honest = 0;
  for (const Group& group : report.outcomes)
    if (group.kind == Class::honest) honest += group.runs;
  text += fmt::format("\n{}: {} right, {}, {}, {} not proven\n", counted(report.runs, "run"),
                      report.runs - honest - report.violations.size() - report.not_proven.size(),
                      counted(honest, "honest error"),
                      counted(report.violations.size(), "violation"), report.not_proven.size());
  return text;
}

std::string to_json(const std::vector<Report>& reports) {
  Json json;
  json["schema_version"] = 1;
  json["explorations"] = Json::array();
  for (const Report& report : reports) json["explorations"].push_back(to_json(report));
  return json.dump(2) + "\n";
}

}  // namespace wireproof::explore
