// What a step is given and what it hands back: its times, and its miss where it has one.
// Plain values: no thread rule.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/finding.h"

namespace wireproof::script {

struct Timing {
  Deadline::Clock::time_point start;
  milliseconds within;  // as the step says it, for messages
  Deadline deadline;    // of the step, or of the case where that is earlier
  Deadline limit;       // of the case

  nanoseconds elapsed() const { return Deadline::Clock::now() - start; }
  // The case's time limit comes before the step's own deadline.
  bool cut() const { return deadline.moment() >= limit.moment(); }
};

struct Miss {
  const Rule* rule;  // of rules.h
  std::string wanted, seen;
  std::optional<Side> by;  // whose program it is blamed on, where that side has one
  bool cut = false;        // it was ended by the case's time limit, before the step's own deadline
};

struct Outcome {
  std::string seen;  // of a step that did as it should: what a read saw
  std::optional<Miss> miss;

  static Outcome ok(std::string seen = {}) { return {std::move(seen), std::nullopt}; }
  static Outcome missed(const Rule& rule, std::string wanted, std::string seen,
                        std::optional<Side> by, bool cut = false) {
    return {{}, Miss{&rule, std::move(wanted), std::move(seen), by, cut}};
  }
};

}  // namespace wireproof::script
