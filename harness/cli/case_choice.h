// Which case of a report a word on the command line means. Thread rule: pure functions.
#pragma once

#include <string>

#include "reports/model.h"

namespace wireproof::cli {

// The case of that id; else the only one whose id holds the word. Throws UsageError, with the near
// ones named.
const report::CaseReport& find_case(const report::RunReport& run, const std::string& word);

// Throws UsageError where the case has no connection or exchange of that index.
void check_connection(const report::CaseReport& one, std::uint64_t connection);

// The results folder of a report that was named by its file or its folder.
std::string results_folder_of(const std::string& report);

}  // namespace wireproof::cli
