#include "reports/compare/writers.h"
#include "reports/json_writer.h"

namespace wireproof::compare {
namespace {

using report::JsonWriter;

constexpr int compare_schema_version = 1;

void text(JsonWriter& json, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  json.key(key);
  json.string(value);
}

template <class Number>
void number(JsonWriter& json, std::string_view key, Number value) {
  json.key(key);
  json.number(value);
}

// JsonWriter keeps three decimals, which is too few for ratios and p.
void fine(JsonWriter& json, std::string_view key, double value) {
  json.key(key);
  json.exact_number(value);
}

void write_run(JsonWriter& json, std::string_view key, const RunDigest& run) {
  json.key(key);
  json.begin_object();
  json.key("shown");
  json.string(run.shown);
  text(json, "label", run.label);
  text(json, "commit", run.commit);
  text(json, "branch", run.branch);
  text(json, "started_at", run.started_at);
  text(json, "version", run.version);
  text(json, "machine", run.machine);
  json.end_object();
}

void write_ending(JsonWriter& json, std::string_view key, Ending ending, std::uint64_t times,
                  std::uint64_t repetitions) {
  json.key(key);
  json.begin_object(true);
  text(json, "ending", name(ending));
  number(json, "times", times);
  number(json, "repetitions", repetitions);
  json.end_object();
}

void write_rules(JsonWriter& json, std::string_view key, const std::vector<RuleChange>& rules) {
  json.key(key);
  json.begin_array();
  for (const RuleChange& rule : rules) {
    json.item();
    json.begin_object(true);
    text(json, "rule", rule.rule);
    text(json, "severity", name(rule.severity));
    json.end_object();
  }
  json.end_array();
}

void write_figure(JsonWriter& json, const FigureChange& change) {
  constexpr std::string_view units[] = {"ms", "/s", "ratio"};
  json.begin_object(true);
  text(json, "figure", change.figure->name);
  text(json, "unit", units[static_cast<std::size_t>(change.figure->unit)]);
  text(json, "opinion", name(change.opinion));
  number(json, "base_runs", change.base_runs);
  number(json, "new_runs", change.new_runs);
  if (change.pairs > 0) {
    json.key("in_pairs");
    json.boolean(true);
  }
  fine(json, "base_median", change.base_median);
  fine(json, "new_median", change.new_median);
  if (change.ratio) fine(json, "ratio", *change.ratio);
  if (change.interval) {
    fine(json, "ratio_low", change.interval->low);
    fine(json, "ratio_high", change.interval->high);
  }
  fine(json, "greater_share", change.greater);
  fine(json, "p", change.p);
  fine(json, "adjusted_p", change.adjusted_p);
  if (change.runs_wanted > 0) number(json, "runs_wanted", change.runs_wanted);
  json.end_object();
}

void write_case(JsonWriter& json, const CaseChange& one) {
  json.begin_object();
  text(json, "id", one.id);
  json.key("worse");
  json.boolean(one.worse);
  if (one.in_base) {
    write_ending(json, "base", one.base_ending, one.base_times, one.base_repetitions);
  }
  if (one.in_new) write_ending(json, "new", one.new_ending, one.new_times, one.new_repetitions);
  write_rules(json, "newly_broken", one.newly_broken);
  write_rules(json, "mended", one.mended);
  json.key("figures");
  json.begin_array();
  for (const FigureChange& change : one.figures) {
    json.item();
    write_figure(json, change);
  }
  json.end_array();
  json.end_object();
}

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key);
  json.begin_array();
  for (const std::string& each : texts) {
    json.item();
    json.string(each);
  }
  json.end_array();
}

}  // namespace

std::string to_json(const Comparison& comparison) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  number(json, "schema_version", compare_schema_version);
  json.key("regression");
  json.boolean(comparison.regression());
  write_run(json, "base", comparison.base);
  write_run(json, "new", comparison.next);
  write_texts(json, "notes", comparison.notes);
  json.key("limits_broken");
  json.begin_array();
  for (const BrokenLimit& broken : comparison.broken) {
    json.item();
    json.begin_object(true);
    text(json, "limit", broken.limit);
    text(json, "case", broken.case_id);
    text(json, "what", broken.what);
    json.end_object();
  }
  json.end_array();
  write_texts(json, "limits_not_judged", comparison.unjudged);
  json.key("figures");
  json.begin_object(true);
  number(json, "compared", comparison.figures);
  number(json, "worse", comparison.worse);
  number(json, "better", comparison.better);
  number(json, "same", comparison.same);
  number(json, "not_told_apart", comparison.not_told_apart);
  number(json, "too_few_runs", comparison.too_few);
  json.end_object();
  json.key("cases");
  json.begin_array();
  for (const CaseChange& one : comparison.cases) {
    json.item();
    write_case(json, one);
  }
  json.end_array();
  json.end_object();
  out.push_back('\n');
  return out;
}

}  // namespace wireproof::compare
