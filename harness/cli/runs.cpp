#include "cli/runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <vector>

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

// The results of several runs below one folder, in the order of their names (2 before 10).
std::vector<fs::path> reports_below(const std::string& name) {
  std::error_code failure;
  if (!fs::is_directory(name, failure) || fs::exists(fs::path(name) / report::report_file, failure))
    return {};
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(name, failure)) {
    if (fs::exists(entry.path() / report::report_file, failure)) found.push_back(entry.path());
  }
  std::ranges::sort(found, [](const fs::path& a, const fs::path& b) {
    return ::strverscmp(a.c_str(), b.c_str()) < 0;
  });
  return found;
}

compare::RunDigest digest_of_file(const fs::path& path, const std::string& hint) {
  const auto run = report::read_report(path);
  if (!run) throw UsageError(run.error().message, run.error().hint + hint);
  return compare::digest_of(*run, path.string());
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
  if (const auto below = reports_below(name); !below.empty()) {
    std::vector<compare::RunDigest> runs;
    for (const fs::path& one : below) runs.push_back(digest_of_file(one, ""));
    return compare::joined(std::move(runs), fmt::format("{} ({} runs)", name, below.size()));
  }
  return digest_of_file(name, is_path(name) ? "" : "; a run of a history needs --history FILE");
}

}  // namespace wireproof::cli
