// A checked capture's summary in the terminal, and as the report has it. Thread rule: pure
// functions.
#pragma once

#include <string>

#include "check/pipeline.h"
#include "reports/check_report.h"
#include "reports/style.h"

namespace wireproof::check {

report::CheckSummary report_of(const Totals& totals);
// Several lines. `listed`: the connections stand above it one by one, so only what they do not say.
std::string summary_text(const report::CheckSummary& summary, bool listed,
                         const report::Style& style);
// What the capture is, and what of it could not be judged.
std::string file_text(const report::CheckedFile& file, const report::Style& style);

}  // namespace wireproof::check
