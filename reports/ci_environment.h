// What a CI service's environment says of the run: its name, the revision and branch under test,
// the address of the job. Thread rule: pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "reports/model.h"

namespace wireproof::report {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

// Fills in ci, ci_run, commit and branch, where a service known here set them.
void read_ci(Context& context, const Environment& environment);

}  // namespace wireproof::report
