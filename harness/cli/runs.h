// Runs that a command line names: a report on disk, or one that a history holds.
// Thread rule: the main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/console.h"
#include "reports/compare/digest.h"
#include "reports/history/history.h"

namespace wireproof::cli {

// --history FILE; else WIREPROOF_HISTORY of the environment.
void add_history_option(CLI::App& command, std::string& file);
// The file that the option, else the environment names; empty: none.
std::string history_file(const std::string& option, const Console& console);

// Throws UsageError where the file is no history.
history::History open_history(const std::string& file, bool create);

// `results`: the folder that the run's report is in.
void add_to_history(const std::string& file, const report::RunReport& run,
                    const std::string& results);

// `name`: report.json or its folder, or one with the folders of several runs, whose repetitions are
// taken together; else, in the history, "#12", a label, or the start of a
// commit (the latest run of that name). Throws UsageError.
compare::RunDigest read_run(const std::string& name, const std::string& history,
                            const Console& console);

}  // namespace wireproof::cli
