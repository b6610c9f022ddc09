// Whether the published schema and the writer say the same: no key that the schema lacks, none that
// it has and nobody writes, and each value as it says. (CI also asks a validator not written here.)
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "reports/check_report.h"
#include "reports/json.h"
#include "reports/sample.h"

namespace wireproof::report {
namespace {

using Json = nlohmann::json;

const Json& schema() {
  static const Json parsed =
      Json::parse(std::ifstream(WIREPROOF_SOURCE_DIR "/reports/schema/report.schema.json"));
  return parsed;
}

const Json& check_schema() {
  static const Json parsed =
      Json::parse(std::ifstream(WIREPROOF_SOURCE_DIR "/reports/schema/check.schema.json"));
  return parsed;
}

// As much of JSON Schema as report.schema.json uses; a keyword it does not know is an error.
class Walker {
 public:
  std::vector<std::string> errors;
  std::set<const Json*> used;  // properties that a value was found for

  void check(const Json& value, const Json& rule, const std::string& path) {
    for (const auto& [keyword, argument] : rule.items()) {
      if (!holds(keyword, argument, value, rule, path)) {
        errors.push_back(path + " breaks " + keyword + ": " + value.dump().substr(0, 80));
      }
    }
  }

 private:
  bool holds(const std::string& keyword, const Json& argument, const Json& value, const Json& rule,
             const std::string& path) {
    static const std::set<std::string> words = {"$schema", "$id", "$defs", "title", "description"};
    if (words.contains(keyword)) return true;
    if (keyword == "$ref") {
      check(value, target(argument), path);
      return true;
    }
    if (keyword == "unevaluatedProperties") {  // only false, beside a $ref to "properties"
      const Json& fields = target(rule["$ref"])["properties"];
      for (const auto& [key, inner] : value.items()) {
        if (fields.contains(key) ||
            (rule.contains("properties") && rule["properties"].contains(key)))
          continue;
        errors.push_back(path + "." + key + " is not in the schema");
      }
      return true;
    }
    if (keyword == "type") return has_type(value, argument);
    if (keyword == "const") return value == argument;
    if (keyword == "enum")
      return std::find(argument.begin(), argument.end(), value) != argument.end();
    if (keyword == "minimum") return value >= argument;
    if (keyword == "maximum") return value <= argument;
    if (keyword == "minItems") return value.size() >= argument.get<std::size_t>();
    if (keyword == "maxItems") return value.size() <= argument.get<std::size_t>();
    if (keyword == "pattern") {
      return std::regex_search(value.get<std::string>(), std::regex(argument.get<std::string>()));
    }
    if (keyword == "required") {
      return std::all_of(argument.begin(), argument.end(),
                         [&](const Json& key) { return value.contains(key.get<std::string>()); });
    }
    if (keyword == "items") {
      for (std::size_t i = 0; i < value.size(); ++i) {
        check(value[i], argument, path + "[" + std::to_string(i) + "]");
      }
      return true;
    }
    if (keyword == "properties") {
      for (const auto& [key, inner] : argument.items()) {
        if (!value.contains(key)) continue;
        used.insert(&inner);
        check(value[key], inner, path + "." + key);
      }
      return true;
    }
    if (keyword == "additionalProperties") {
      for (const auto& [key, inner] : value.items()) {
        if (rule.contains("properties") && rule["properties"].contains(key)) continue;
        if (argument == Json(false)) {
          errors.push_back(path + "." + key + " is not in the schema");
        } else {
          check(inner, argument, path + "." + key);
        }
      }
      return true;
    }
    return false;
  }

  // "report.schema.json#/$defs/x" or "#/$defs/x"; the latter may be of either file.
  static const Json& target(const std::string& reference) {
    const Json::json_pointer pointer(reference.substr(reference.find('#') + 1));
    return schema().contains(pointer) ? schema().at(pointer) : check_schema().at(pointer);
  }

  static bool has_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    return type == "number" && value.is_number();
  }
};

// Every "properties" entry below `rule`, with a name for it.
void properties(const Json& rule, const std::string& path,
                std::vector<std::pair<const Json*, std::string>>& all) {
  if (!rule.is_object()) return;
  for (const auto& [keyword, inner] : rule.items()) {
    if (keyword == "properties") {
      for (const auto& [key, property] : inner.items())
        all.emplace_back(&property, path + "." + key);
    } else if (inner.is_object()) {
      properties(inner, path + "/" + keyword, all);
    }
  }
}

std::vector<std::string> errors_of(const Json& report) {
  Walker walker;
  walker.check(report, schema(), "report");
  return walker.errors;
}

TEST(ReportSchema, HoldsForEveryReportOfTheTests) {
  for (const RunReport& run : {sample::run(), sample::every_field(), RunReport{}}) {
    EXPECT_EQ(errors_of(Json::parse(to_json(run))), std::vector<std::string>{});
  }
  RunReport hostile;
  hostile.cases = {sample::hostile_case(), CaseReport{}};
  EXPECT_EQ(errors_of(Json::parse(to_json(hostile))), std::vector<std::string>{});
}

TEST(ReportSchema, HasNoPropertyThatIsNeverWritten) {
  Walker walker;
  walker.check(Json::parse(to_json(sample::every_field())), schema(), "report");
  Json one = Json::parse(to_json(sample::failed_case()));
  walker.check(one, schema()["$defs"]["case"], "case");
  EXPECT_EQ(walker.errors, std::vector<std::string>{});
  std::vector<std::pair<const Json*, std::string>> all;
  properties(schema(), "", all);
  EXPECT_GT(all.size(), 200u);
  for (const auto& [property, path] : all) EXPECT_TRUE(walker.used.contains(property)) << path;
}

TEST(CheckSchema, HoldsForWhatCheckPrints) {
  CheckReport report;
  report.files = {{"a.pcap", "ethernet", 11, "cut in packet 12", "pcapng", "zstd", 3, 2}};
  const CaseReport tcp = sample::every_field().cases[0], udp = sample::every_field().cases[1];
  report.connections = {{"a.pcap", tcp.connections[0]}};
  report.exchanges = {{"a.pcap", udp.exchanges[0]}};
  report.findings = tcp.findings;
  report.verdict = Verdict::failed;
  CheckSummary& summary = report.summary;
  for (const auto count :
       {&CheckSummary::packets, &CheckSummary::fragments, &CheckSummary::reassembled,
        &CheckSummary::decapsulated, &CheckSummary::cut, &CheckSummary::filtered_out,
        &CheckSummary::late_segments, &CheckSummary::connections}) {
    summary.*count = 7;
  }
  summary.opening["three-way"] = summary.closing["reset"] = summary.verdict["failed"] = 7;
  summary.rules.push_back({"a.rule", "RFC 1", Severity::should, 5, 6, 1, {2, 3}});
  summary.slowest_handshakes.push_back({4, 1'000'000, "10.0.0.1:1", "10.0.0.2:80"});
  const Json json = Json::parse(to_json(report));
  Walker walker;
  walker.check(json, check_schema(), "check");
  EXPECT_EQ(walker.errors, std::vector<std::string>{});
  std::vector<std::pair<const Json*, std::string>> all;
  properties(check_schema(), "", all);
  for (const auto& [property, path] : all) EXPECT_TRUE(walker.used.contains(property)) << path;

  Json broken = json;
  broken["connections"][0]["more"] = 1;
  walker.check(broken, check_schema(), "check");
  EXPECT_EQ(walker.errors,
            std::vector<std::string>{"check.connections[0].more is not in the schema"});
}

TEST(ReportSchema, NoticesWhatIsWrong) {
  const Json good = Json::parse(to_json(sample::run()));
  const auto broken = [&](auto change) {
    Json copy = good;
    change(copy);
    return !errors_of(copy).empty();
  };
  EXPECT_TRUE(broken([](Json& j) { j["more"] = 1; }));
  EXPECT_TRUE(broken([](Json& j) { j["schema_version"] = 2; }));
  EXPECT_TRUE(broken([](Json& j) { j["cases"][0].erase("id"); }));
  EXPECT_TRUE(broken([](Json& j) { j["cases"][0]["status"] = "good"; }));
  EXPECT_TRUE(broken([](Json& j) { j["cases"][0]["connections"][0]["segments"][0]["from"] = 1; }));
  EXPECT_TRUE(broken([](Json& j) { j["cases"][0]["connections"][0]["client"]["port"] = 65'536; }));
  EXPECT_TRUE(broken([](Json& j) { j["cases"][0]["started_at"] = "today"; }));
  EXPECT_TRUE(broken([](Json& j) { j["context"]["load_average"].push_back(1); }));
}

}  // namespace
}  // namespace wireproof::report
