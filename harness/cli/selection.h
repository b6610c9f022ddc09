// Which cases a command line means: scenario files loaded, filtered, and the user's own programs
// put in. Thread rule: pure functions but for the files they read.
#pragma once

#include <string>
#include <vector>

#include "cli/layout.h"
#include "scenario/model.h"

namespace wireproof::cli {

struct SelectionRequest {
  std::vector<std::string> paths;  // none: the shipped scenarios
  std::string filter;
  std::string server, client;  // commands of the user's, or empty
};

struct Selection {
  std::vector<scenario::Case> cases;
  std::vector<std::string> paths;  // as given, or the shipped ones
  std::vector<std::string> notes;  // cases left out, and why
};

// Throws UsageError, with every error of every scenario file in its text, where a file is bad, two
// cases have the same id, or no case is left.
Selection select_cases(const SelectionRequest& request, const Layout& layout);
// A command of the user's, taken apart: "--server 'CMD {address} {port}'". Throws UsageError.
std::vector<std::string> command_of(Side side, const std::string& text);
// Throws UsageError where a case wants a reference program and these are not installed.
void refuse_missing_targets(const Selection& selection, const Layout& layout);

}  // namespace wireproof::cli
