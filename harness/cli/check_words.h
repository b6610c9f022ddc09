// What `check` and `watch` have in common: the words they take, and how they end. Thread rule: the
// main thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "check/check.h"

namespace wireproof::cli {

// Throw UsageError with what is wrong with the words; empty ones expect and leave out nothing.
tcp::Expectation expectation_of(const std::string& words);
std::optional<check::Where> where_of(const std::string& words);
// The exit status of what happened; a refusal becomes UsageError.
int status_of(const std::function<check::Outcome()>& run);

}  // namespace wireproof::cli
