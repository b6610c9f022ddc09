// Several loads as one command: `--sweep connections=1,8,64` and `--find-max 'p99<2ms'`.
// Thread rule: the main thread, before any other exists (each load is a process of its own).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/load_options.h"
#include "reports/model.h"

namespace wireproof::cli {

// Runs cases one after the other.
using RunLoads = std::function<report::RunReport(const std::vector<scenario::Case>&)>;

// A case for each value. Throws UsageError.
std::vector<scenario::Case> sweep_cases(const LoadRequest& request);
// A line a case: rate, percentiles, errors.
std::string sweep_table(const report::RunReport& run);

// Trials until the highest rate that keeps the limits is known; the report holds them all, those
// that did not hold marked as expected, and its first note says what was found. Its status is that
// of the trials' failure only where no rate held at all.
report::RunReport find_highest(const LoadRequest& request, const RunLoads& run);

}  // namespace wireproof::cli
