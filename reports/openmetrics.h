// The report as OpenMetrics text, which node_exporter's textfile collector reads too: how many
// cases ended how, each case's outcome and duration, findings by rule, connections by how they
// opened and closed. Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "reports/model.h"

namespace wireproof::report {

std::string to_openmetrics(const RunReport& run);

// Any bytes as a label's value, without the quotes around it.
std::string label_value(std::string_view hostile, std::size_t limit = 300);

}  // namespace wireproof::report
