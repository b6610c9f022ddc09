// What came of one run, and whether it may be so: legal by the rules, every end at rest, and the
// application's bytes right or an error told honestly. Plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/model.h"

namespace wireproof::explore {

enum class Class : std::uint8_t {
  right,       // the bytes are right
  honest,      // the connection broke, and the client said so
  violation,   // neither
  not_proven,  // an error of the machine, or no verdict
};
std::string_view name(Class);  // "right", "honest-error", "violation", "not-proven"

struct Outcome {
  Class kind = Class::right;
  // Runs with the same words have the same outcome.
  std::string words;  // "three-way, four-way, client first; client exit status 0; ..."
  std::vector<Finding> violations;  // what is against it
  std::string reason;               // of not_proven
};

Outcome outcome_of(const report::CaseReport& one);

}  // namespace wireproof::explore
