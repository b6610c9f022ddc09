// A results folder on disk: report.json, and a case.json in each case's folder. Files are whole or
// not there. Thread rule: pure functions, but for the files.
#pragma once

#include <filesystem>
#include <tl/expected.hpp>

#include "reports/json.h"
#include "reports/model.h"

namespace wireproof::report {

inline constexpr const char* report_file = "report.json";
inline constexpr const char* case_file = "case.json";
inline constexpr const char* marker_file = ".wireproof-results";

// Throws SystemError naming the file (a full disk included); an older report is then as it was.
void write_report(const std::filesystem::path& folder, const RunReport& run);
void write_case(const std::filesystem::path& case_folder, const CaseReport& one);

// `path`: a report.json, or a folder that holds one.
tl::expected<RunReport, ReadError> read_report(const std::filesystem::path& path);

// Makes `folder` fit for a new run and proves that it can be written to. A missing or empty one is
// marked as ours; in one of ours the older report and its case folders are removed, so that nothing
// stale misleads, and nothing else is; any other is refused. Throws SystemError.
tl::expected<void, ReadError> prepare_folder(const std::filesystem::path& folder);

}  // namespace wireproof::report
