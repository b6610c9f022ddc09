// A comparison as people and programs read it. Thread rule: pure functions. Names of cases and runs
// come from files: they are made safe for where they are shown.
#pragma once

#include <string>

#include "reports/compare/compare.h"
#include "reports/text.h"

namespace wireproof::compare {

// What got worse first; with options.verbose every figure of every case.
std::string to_text(const Comparison& comparison, const report::TextOptions& options);
// schema: reports/schema/compare.schema.json
std::string to_json(const Comparison& comparison);
// For a pull request or a job's summary.
std::string to_markdown(const Comparison& comparison);

// "passed", "failed in 1 of 20".
std::string ending_text(Ending ending, std::uint64_t times, std::uint64_t repetitions);
// "1 worse, 2 better, 9 same ...", nothing left out but zeros.
std::string counts_text(const Comparison& comparison);
// The last line: whether the new run is worse, and by what.
std::string conclusion(const Comparison& comparison);

}  // namespace wireproof::compare
