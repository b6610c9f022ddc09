// What `run` and `load` leave behind: the results folder, the report's other forms and a run of the
// history, as options that both have, and their writing. Thread rule: the main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/console.h"
#include "cli/report_outputs.h"
#include "reports/model.h"

namespace wireproof::cli {

struct RunOutputs {
  std::string out = "wireproof-results", label, commit, history;
  ReportOutputs forms;
};

void add_run_output_options(CLI::App& command, RunOutputs& outputs);

// Makes the results folder ready, and tells what cannot be written before minutes of work. Throws
// UsageError, SystemError.
void prepare_outputs(const RunOutputs& outputs, const Console& console);

// What was tested, as given or as the environment of a CI service has it.
void name_run(report::Context& context, const RunOutputs& outputs, const Console& console);

// What could not be written is told on standard error, and the rest is written all the same.
struct Written {
  bool all = true, report = true;  // report: report.json of the results folder
};
Written write_run(const RunOutputs& outputs, const report::RunReport& run, Console& console);

}  // namespace wireproof::cli
