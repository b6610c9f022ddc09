// The telling of two runs beside each other, as options and an exit status that `compare` and
// `versus` share. Thread rule: the main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/console.h"
#include "reports/compare/compare.h"

namespace wireproof::cli {

struct ComparisonOutputs {
  std::string json, markdown, colour = "auto";
  std::vector<std::string> limits;  // --fail-on, as written
  bool verbose = false;
};

void add_comparison_options(CLI::App& command, ComparisonOutputs& outputs);
// The figures that limits may name and the exit statuses, for the end of a command's help.
std::string comparison_footer();

// Before minutes of work. Throws UsageError.
compare::Options read_comparison(const ComparisonOutputs& outputs);

// Compares and tells; the exit status. `options`: what read_comparison() made of `outputs`. Throws
// UsageError where limits judge nothing: a gate that judges nothing must not look open.
int tell_comparison(compare::RunDigest base, compare::RunDigest next,
                    const compare::Options& options, const ComparisonOutputs& outputs,
                    Console& console);

}  // namespace wireproof::cli
