// A recording as bytes, from one process of a generator to another of the same program on the same
// machine: no format to keep. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "load/generator.h"

namespace wireproof::load {

// All but the plan, which both have.
std::string recording_bytes(const Recording& recording);
// Absent: cut off.
std::optional<Recording> recording_from(std::string_view bytes);

}  // namespace wireproof::load
