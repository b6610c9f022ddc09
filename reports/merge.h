// Several reports as one: of a run's shards, or of runs of different scenarios.
// Thread rule: pure functions, but for the files.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "reports/json.h"
#include "reports/model.h"

namespace wireproof::report {

struct NamedReport {
  std::string name;  // as the user gave it
  RunReport run;
};

// Cases in the order of the whole run. Refused with a clear word: a case that two reports hold,
// shards that are not all of one run or not all there (unless `partial`), runs of another version,
// commit or isolation. What differs and may, as the machine, is noted.
tl::expected<RunReport, ReadError> merge(std::vector<NamedReport> reports, bool partial);

// Copies the case folders below `from` that `run` names to `to`. Throws SystemError. Returns how
// many were not there.
std::size_t copy_case_folders(const RunReport& run, const std::filesystem::path& from,
                              const std::filesystem::path& to);

}  // namespace wireproof::report
