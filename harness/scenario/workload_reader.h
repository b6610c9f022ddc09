// "load" and "limits" of a scenario file. Thread rule: pure functions.
#pragma once

#include <optional>
#include <vector>

#include "scenario/model.h"
#include "scenario/reader.h"

namespace wireproof::scenario {

Workload read_workload(const Field& field, const Case& one, Errors& errors);
// One text, or a list of them.
std::vector<Limit> read_limits(const Field& field, Errors& errors);

}  // namespace wireproof::scenario
