// One case from launch to verdict, in a process of its own: lab, targets, capture, script, kernel's
// word, judgement. Thread rule: the case process's main thread; its capture and output threads are
// owned within. Never throws for what a case did: that is its report.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "lab/lab.h"
#include "load/generator.h"
#include "reports/model.h"
#include "scenario/model.h"
#include "witness/kernel_events.h"

namespace wireproof::run {

struct CaseSettings {
  lab::RunIdentity identity;
  std::filesystem::path results_folder;
  std::string folder;                    // of this case, relative to results_folder
  std::filesystem::path targets_folder;  // {targets}
  std::string run_again_prefix;          // "wireproof run --isolation user scenarios"
  bool strict = false;                   // should-rules fail too
  // The kernel's tracepoints, and which of its slots is this case's; or why they are not heard.
  std::shared_ptr<witness::KernelEvents> kernel_events = nullptr;
  unsigned kernel_events_slot = 0;
  std::string no_kernel_events = "tracepoints: not asked for";
  // Of a load case, about once a second, called in the case's own process.
  std::function<void(const load::Tick&)> load_progress = {};
};

// Whether a case of this kind is one whose sockets the kernel's tracepoints tell of.
bool hears_kernel_events(const scenario::Case& one);

report::CaseReport run_case(const scenario::Case& one, const CaseSettings& settings);

// What every report of a case carries, whether it could be run or not.
report::CaseReport describe_case(const scenario::Case& one, const CaseSettings& settings);

}  // namespace wireproof::run
