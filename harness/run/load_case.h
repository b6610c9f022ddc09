// A case whose client is the load generator: server launched, capture on, reference loop, load,
// repetitions, reference again, everything closed, capture off, figures and verdict. Thread rule:
// the case process's main thread; SIGINT and SIGTERM end the load early, and its report is whole.
#pragma once

#include "reports/model.h"
#include "run/case_runner.h"

namespace wireproof::run {

// Throws SystemError where the machine refuses.
void run_load_case(const scenario::Case& one, const CaseSettings& settings,
                   report::CaseReport& report);

}  // namespace wireproof::run
