// What `check` and `watch` have in common: the words they take, and how they end. Thread rule: the
// main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "check/check.h"

namespace wireproof::cli {

// What both take of connections and packets: --filter, --where, --expect, --decapsulate.
struct SelectionWords {
  std::string where, expect;
};
// `words`, `filter` and `decapsulate` live as long as the command.
void add_selection_options(CLI::App& command, SelectionWords& words, std::string& filter,
                           bool& decapsulate);
// Throw UsageError with what is wrong with the words; empty ones expect and leave out nothing.
tcp::Expectation expectation_of(const std::string& words);
std::optional<check::Where> where_of(const std::string& words);
// The exit status of what happened; a refusal becomes UsageError.
int status_of(const std::function<check::Outcome()>& run);

}  // namespace wireproof::cli
