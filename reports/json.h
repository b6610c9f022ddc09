// report.json and case.json, out and in (schema: reports/schema/report.schema.json).
// Thread rule: pure functions. Text that is not UTF-8 is written escaped, never dropped.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "reports/model.h"

namespace wireproof::report {

std::string to_json(const CaseReport& one);
std::string to_json(const RunReport& run);

struct ReadError {
  std::string message, hint;
};
tl::expected<CaseReport, ReadError> case_from_json(std::string_view text);
// A newer or older schema is read, or refused with a clear word.
tl::expected<RunReport, ReadError> run_from_json(std::string_view text);

}  // namespace wireproof::report
