#include "reports/json.h"

#include <fmt/format.h>

#include "base/text.h"
#include "reports/field_reader.h"
#include "reports/field_writer.h"

namespace wireproof::report {
namespace {

using Json = nlohmann::json;

template <class T>
std::string document(const T& value, std::size_t expected_bytes) {
  std::string out;
  out.reserve(expected_bytes);
  FieldWriter(out).document(value);
  out.push_back('\n');
  return out;
}

std::optional<ReadError> check_version(const Json& root) {
  const auto found = root.find("schema_version");
  if (found == root.end() || !found->is_number_integer()) {
    return ReadError{"this JSON is not a report of wireproof: it has no schema_version",
                     "give the report.json, or the folder, that `wireproof run` wrote"};
  }
  const auto version = found->get<std::int64_t>();
  if (version > schema_version) {
    return ReadError{fmt::format("the report has schema version {}, newer than the {} known here",
                                 version, schema_version),
                     "read it with the wireproof that wrote it, or a newer one"};
  }
  if (version < 1) {
    return ReadError{fmt::format("the report has schema version {}, which never was", version),
                     "is the file damaged?"};
  }
  return std::nullopt;
}

template <class T>
tl::expected<T, ReadError> from_json(std::string_view text, std::string_view must_have) {
  Json root;
  try {
    root = Json::parse(text);
  } catch (const Json::parse_error& error) {
    return tl::unexpected(
        ReadError{fmt::format("this is not whole JSON, from byte {} on", error.byte),
                  "reports are written whole: was the file cut or edited?"});
  }
  if (!root.is_object() || !root.contains(must_have)) {
    return tl::unexpected(
        ReadError{fmt::format("this JSON is not a report: it has no \"{}\"", must_have),
                  "give the report.json, or the folder, that `wireproof run` wrote"});
  }
  if (const auto error = check_version(root)) return tl::unexpected(*error);
  T value;
  FieldReader reader(root);
  reader.document(value);
  if (!reader.error().empty()) {
    return tl::unexpected(ReadError{reader.error(), "was the file edited by hand?"});
  }
  return value;
}

// The script's positions are in the case's own file, which is written once.
void restore_files(CaseReport& one) {
  for (script::StepRecord& step : one.steps) step.position.file = one.scenario_file;
}

}  // namespace

void FieldReader::wrong(std::string_view wanted) {
  if (!error_.empty()) return;
  const std::string path = path_.empty() ? "the report" : printable(path_.substr(1));
  error_ = fmt::format("{}: wanted {}, found {}", path, wanted,
                       printable(at_->dump(-1, ' ', false, Json::error_handler_t::replace), 60));
}

std::string to_json(const CaseReport& one) { return document(one, 16 << 10); }

std::string to_json(const RunReport& run) {
  return document(run, (run.cases.size() + 1) * (16 << 10));
}

tl::expected<CaseReport, ReadError> case_from_json(std::string_view text) {
  auto one = from_json<CaseReport>(text, "id");
  if (one) restore_files(*one);
  return one;
}

tl::expected<RunReport, ReadError> run_from_json(std::string_view text) {
  auto run = from_json<RunReport>(text, "cases");
  if (run) {
    for (CaseReport& one : run->cases) restore_files(one);
  }
  return run;
}

}  // namespace wireproof::report
