// The emulated link in the terminal: what it did to which packet. Thread rule: pure functions.
#pragma once

#include <string>

#include "reports/model.h"
#include "reports/style.h"

namespace wireproof::report {

std::string wire_lines(const CaseReport& one, const Style& style);  // empty without a wire

}  // namespace wireproof::report
