#include "reports/history/course.h"
#include "reports/json_writer.h"

namespace wireproof::history {
namespace {

using report::JsonWriter;

constexpr int history_schema_version = 1;

void text(JsonWriter& json, std::string_view key, std::string_view value) {
  json.key(key);
  json.string(value);
}

void write_run(JsonWriter& json, const RunEntry& entry) {
  json.begin_object(true);
  json.key("id");
  json.number(entry.id);
  text(json, "started_at", entry.run.started_at);
  text(json, "label", entry.run.label);
  text(json, "commit", entry.run.commit);
  text(json, "branch", entry.run.branch);
  text(json, "ci", entry.run.ci);
  text(json, "ci_run", entry.run.ci_run);
  text(json, "machine", entry.run.machine);
  text(json, "version", entry.run.version);
  json.key("interrupted");
  json.boolean(entry.run.interrupted);
  json.key("duration_ms");
  json.number(entry.run.duration_ms);
  json.key("cases");
  json.begin_object();
  for (const auto& [ending, count] : entry.endings) {
    json.key(name(ending));
    json.number(count);
  }
  json.end_object();
  json.end_object();
}

void write_course(JsonWriter& json, const Course& course) {
  json.begin_object();
  text(json, "case", course.case_id);
  text(json, "figure", course.figure->name);
  json.key("points");
  json.begin_array();
  for (const CoursePoint& point : course.points) {
    json.item();
    json.begin_object(true);
    json.key("run");
    json.number(point.run);
    json.key("median");
    json.exact_number(point.median);
    json.key("repetitions");
    json.number(point.repetitions);
    json.end_object();
  }
  json.end_array();
  json.key("changes");
  json.begin_array();
  for (const ChangePoint& change : course.changes) {
    json.item();
    json.begin_object(true);
    json.key("run");
    json.number(course.points[change.at].run);
    json.key("before");
    json.exact_number(change.before);
    json.key("after");
    json.exact_number(change.after);
    json.key("p");
    json.exact_number(change.p);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

}  // namespace

std::string to_json(const std::vector<Course>& courses, const std::vector<RunEntry>& runs) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("schema_version");
  json.number(history_schema_version);
  json.key("runs");
  json.begin_array();
  for (const RunEntry& entry : runs) {
    json.item();
    write_run(json, entry);
  }
  json.end_array();
  json.key("courses");
  json.begin_array();
  for (const Course& course : courses) {
    json.item();
    write_course(json, course);
  }
  json.end_array();
  json.end_object();
  out.push_back('\n');
  return out;
}

}  // namespace wireproof::history
