#include "cli/run_outputs.h"

#include <ostream>
#include <stdexcept>

#include "base/text.h"
#include "cli/command.h"
#include "cli/runs.h"
#include "reports/ci_environment.h"
#include "reports/report.h"

namespace wireproof::cli {

void add_run_output_options(CLI::App& command, RunOutputs& outputs) {
  command.add_option("--out", outputs.out, "results folder (wireproof-results)")
      ->option_text("DIR");
  add_output_options(command, outputs.forms);
  command.add_option("--label", outputs.label, "a name for the run, to find it by")
      ->option_text("NAME");
  command.add_option("--commit", outputs.commit, "the revision under test (CI's is found)")
      ->option_text("ID");
  add_history_option(command, outputs.history);
}

void prepare_outputs(const RunOutputs& outputs, const Console& console) {
  // Before anything of an earlier run is removed.
  try_outputs(outputs.forms);
  const auto prepared = report::prepare_folder(outputs.out);
  if (!prepared) throw UsageError(prepared.error().message, prepared.error().hint);
  const std::string history = history_file(outputs.history, console);
  if (!history.empty()) open_history(history, true);
}

void name_run(report::Context& context, const RunOutputs& outputs, const Console& console) {
  report::read_ci(context, console.environment);
  if (!outputs.commit.empty()) context.commit = outputs.commit;
  context.label = outputs.label;
}

Written write_run(const RunOutputs& outputs, const report::RunReport& run, Console& console) {
  Written written;
  const auto attempt = [&](auto&& write) {
    try {
      write();
      return true;
    } catch (const std::runtime_error& error) {
      console.err << "wireproof: " << printable(error.what(), 2000) << '\n';
      written.all = false;
      return false;
    }
  };
  written.report = attempt([&] { report::write_report(outputs.out, run); });
  if (!write_outputs(outputs.forms, run, outputs.out, console)) written.all = false;
  const std::string history = history_file(outputs.history, console);
  if (!history.empty()) attempt([&] { add_to_history(history, run, outputs.out); });
  return written;
}

}  // namespace wireproof::cli
