#include "cli/runs.h"

#include <filesystem>

#include "base/text.h"
#include "cli/command.h"
#include "reports/history/history.h"
#include "reports/report.h"

namespace wireproof::cli {
namespace {

namespace fs = std::filesystem;

// Whether `name` can be nothing but a path.
bool is_path(const std::string& name) {
  std::error_code failure;
  return fs::exists(name, failure) || name.ends_with(".json") || name.starts_with('/') ||
         name.starts_with("./") || name.starts_with("../");
}

compare::RunDigest from_history(const std::string& name, const std::string& file) {
  const history::History history = open_history(file, false);
  const auto id = history.find(name);
  if (id) return history.read(*id);
  const std::string near = nearest(name, history.names());
  throw UsageError(quoted(name) + " is neither a report nor a run of " + printable(file),
                   near.empty() ? "`wireproof history` lists its runs"
                                : "did you mean " + printable(near) + "?");
}

}  // namespace

void add_history_option(CLI::App& command, std::string& file) {
  command.add_option("--history", file, "a file of runs over time (WIREPROOF_HISTORY)")
      ->option_text("FILE");
}

std::string history_file(const std::string& option, const Console& console) {
  return option.empty() ? console.environment("WIREPROOF_HISTORY").value_or("") : option;
}

history::History open_history(const std::string& file, bool create) {
  auto history = history::History::open(file, create);
  if (!history) throw UsageError(history.error().message, history.error().hint);
  return std::move(*history);
}

void add_to_history(const std::string& file, const report::RunReport& run,
                    const std::string& results) {
  open_history(file, true).add(compare::digest_of(run, fs::absolute(results).string()));
}

compare::RunDigest read_run(const std::string& name, const std::string& history,
                            const Console& console) {
  const std::string file = history_file(history, console);
  if (!is_path(name) && !file.empty()) return from_history(name, file);
  const auto run = report::read_report(name);
  if (run) return compare::digest_of(*run, name);
  throw UsageError(run.error().message,
                   is_path(name) ? run.error().hint
                                 : run.error().hint + "; a run of a history needs --history FILE");
}

}  // namespace wireproof::cli
