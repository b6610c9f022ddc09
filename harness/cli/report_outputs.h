// The forms a report is written in besides report.json, as options that `run`, `load` and `report`
// share: one option a form, each with the file that it goes to. Thread rule: the main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/console.h"
#include "reports/merge.h"
#include "reports/model.h"

namespace wireproof::cli {

struct ReportOutputs {
  std::string json, html, junit, markdown, openmetrics, mermaid, text;
  std::vector<report::NamedReport> beside;  // whose loads --html can lay over this run's
  bool any() const;
  // Those that are files; "-" is standard output.
  std::vector<std::string> files() const;
  bool to_standard_output() const;
};

// Throws a validation error while parsing where a form is wanted that this build has not.
void add_output_options(CLI::App& command, ReportOutputs& outputs);

// Throws UsageError where two forms want the same file, or standard output.
void check_outputs(const ReportOutputs& outputs);

// Tells what cannot be written before minutes of work; older files stay as they are. Throws
// SystemError.
void try_outputs(const ReportOutputs& outputs);

// Writes what was asked for, each file whole or not at all; `results` is the results folder. What
// cannot be written is told on standard error, and the rest is written all the same. False:
// something could not.
bool write_outputs(const ReportOutputs& outputs, const report::RunReport& run,
                   const std::filesystem::path& results, Console& console);

}  // namespace wireproof::cli
