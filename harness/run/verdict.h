// From findings to a case's status: what is allowed, what was listed to fail, what a stalled
// machine leaves open. Thread rule: pure functions.
#pragma once

#include <chrono>

#include "reports/model.h"
#include "scenario/model.h"

namespace wireproof::run {

// Longer than this and a missed deadline says nothing about the programs under test.
inline constexpr std::chrono::milliseconds tolerated_stall{250};

// Whether ACK and FIN of a close merge is a matter of some 40 ms (the delayed ACK): where the
// machine was later than this with anything, a program that closed at once need not show it.
inline constexpr std::chrono::milliseconds merging_stall{5};

// Sets status, expected_failure and reason of `report` from its findings. A status of error or
// skipped that is there already stays.
void decide(report::CaseReport& report, const scenario::Case& one,
            std::chrono::milliseconds longest_stall, bool strict);

}  // namespace wireproof::run
