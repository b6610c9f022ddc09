#include "reports/report.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"

namespace wireproof::report {
namespace {

namespace fs = std::filesystem;

tl::unexpected<ReadError> refuse(std::string message, std::string hint) {
  return tl::unexpected(ReadError{std::move(message), std::move(hint)});
}

void throw_failure(const char* action, const fs::path& path, const std::error_code& failure) {
  if (failure) throw SystemError(action, path.string(), failure.value());
}

bool is_our_case(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string start(64, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  return start.find("\"schema_version\":") != std::string::npos &&
         start.find("\"id\":") != std::string::npos;
}

// A run marks its folder before it writes to it, so that one that was killed is known too.
bool is_ours(const fs::path& folder) {
  std::error_code failure;
  return fs::is_regular_file(folder / marker_file, failure) || read_report(folder).has_value();
}

// The folders below `folder` that a run made: those with a case.json of ours.
std::vector<fs::path> case_folders(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failure;
  for (fs::recursive_directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const fs::path& path = entry->path();
    if (path.filename() == case_file && path.parent_path() != folder && is_our_case(path)) {
      found.push_back(path.parent_path());
    }
  }
  throw_failure("read folder", folder, failure);
  return found;
}

// Removes a case's folder, and the folders above it that are empty then.
void remove_case_folder(const fs::path& root, fs::path folder) {
  std::error_code failure;
  fs::remove_all(folder, failure);
  throw_failure("remove", folder, failure);
  for (folder = folder.parent_path(); folder != root && fs::is_empty(folder, failure) && !failure;
       folder = folder.parent_path()) {
    if (!fs::remove(folder, failure)) return;
  }
}

}  // namespace

void write_report(const fs::path& folder, const RunReport& run) {
  write_file_atomically(folder / report_file, to_json(run));
}

void write_case(const fs::path& case_folder, const CaseReport& one) {
  write_file_atomically(case_folder / case_file, to_json(one));
}

tl::expected<RunReport, ReadError> read_report(const fs::path& path) {
  std::error_code failure;
  const fs::path file = fs::is_directory(path, failure) ? path / report_file : path;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return refuse(fmt::format("cannot open {}: {}", printable(file.string()),
                              std::generic_category().message(errno)),
                  "give the report.json, or the folder, that `wireproof run` wrote");
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  auto run = run_from_json(text);
  if (!run) run.error().message = printable(file.string()) + ": " + run.error().message;
  return run;
}

tl::expected<void, ReadError> prepare_folder(const fs::path& folder) {
  std::error_code failure;
  const fs::file_status status = fs::status(folder, failure);
  if (fs::exists(status)) {
    if (!fs::is_directory(status)) {
      return refuse(fmt::format("{} is not a folder", printable(folder.string())),
                    "name another one with --out");
    }
    const bool empty = fs::is_empty(folder, failure);
    throw_failure("read folder", folder, failure);
    if (!empty && !is_ours(folder)) {
      return refuse(fmt::format("{} holds files, and no report of an earlier run",
                                printable(folder.string())),
                    "name a new or empty folder with --out");
    }
    for (const fs::path& old : case_folders(folder)) remove_case_folder(folder, old);
    fs::remove(folder / report_file, failure);
    throw_failure("remove", folder / report_file, failure);
  }
  write_file_atomically(folder / marker_file,
                        "Results of `wireproof run`: the next run into this folder replaces its "
                        "report and its cases.\n");
  return {};
}

}  // namespace wireproof::report
