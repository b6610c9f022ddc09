// The steps of a ramp, each with its own figures: of connections, where a plan opens them in steps,
// or of the rate, between the points of its schedule. Thread rule: pure functions.
#pragma once

#include <vector>

#include "load/generator.h"
#include "load/result.h"

namespace wireproof::load {

// As far as they were measured; empty where the plan has none.
std::vector<LoadStep> steps_of(const Recording& recording);

}  // namespace wireproof::load
