// JUnit XML as GitLab, Jenkins and GitHub's actions read it. Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "reports/model.h"

namespace wireproof::report {

// A suite a folder of scenarios, a test case a case. What was tested being wrong is a failure; the
// harness or machine, and evidence that does not say, are errors of type "error" and
// "inconclusive"; what could not be tried is skipped, and so is a case that failed as it is
// expected to, with that as its message: the format has no better word, and neither passed.
// `results` is the results folder as paths to captures should begin.
std::string to_junit(const RunReport& run, std::string_view results = "wireproof-results");

// Any bytes as XML text or attribute: what XML 1.0 forbids, or a terminal would obey, becomes \xHH;
// of more than `limit` bytes the first and the last are kept.
std::string xml_text(std::string_view hostile, std::size_t limit = 16 << 10);

}  // namespace wireproof::report
