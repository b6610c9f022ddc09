// One case from launch to verdict, in a process of its own: lab, targets, capture, script, kernel's
// word, judgement. Thread rule: the case process's main thread; its capture and output threads are
// owned within. Never throws for what a case did: that is its report.
#pragma once

#include <filesystem>

#include "lab/lab.h"
#include "reports/model.h"
#include "scenario/model.h"

namespace wireproof::run {

struct CaseSettings {
  lab::RunIdentity identity;
  std::filesystem::path results_folder;  // captures and outputs go to <results>/<case folder>
  std::filesystem::path targets_folder;  // {targets}
  std::string run_again_prefix;          // "wireproof run --isolation user scenarios"
};

report::CaseReport run_case(const scenario::Case& one, const CaseSettings& settings);

}  // namespace wireproof::run
