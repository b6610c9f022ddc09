// All rules of all parts, sorted by id. Thread rule: pure function.
#pragma once

#include <vector>

#include "base/finding.h"

namespace wireproof::cli {

std::vector<Rule> all_rules();

}  // namespace wireproof::cli
