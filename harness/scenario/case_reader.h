// The top of a scenario file, for one combination of its matrix. Thread rule: pure functions.
#pragma once

#include <span>
#include <string_view>

#include "scenario/load.h"
#include "scenario/matrix.h"
#include "scenario/reader.h"

namespace wireproof::scenario {

// All keys that stand at the top of a file.
std::span<const std::string_view> top_keys();

// `root`: expanded. The case's id and parameters are the caller's to fill in.
Case read_case(const Node& root, const Vocabulary& vocabulary, Errors& errors);

}  // namespace wireproof::scenario
