// The report as Markdown, for a job's summary or a pull request: what did not pass, why, and how to
// run it again. Thread rule: pure functions. Hostile text stands in code spans, escaped, so that it
// is no markup, link or mention.
#pragma once

#include <string>
#include <string_view>

#include "reports/model.h"

namespace wireproof::report {

std::string to_markdown(const RunReport& run);

// Any bytes as a code span of one line.
std::string markdown_code(std::string_view hostile, std::size_t limit = 300);

}  // namespace wireproof::report
