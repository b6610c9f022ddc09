// The share of the cases that --shard names: "2/5", the second of five. Thread rule: pure
// functions.
#pragma once

#include <cstddef>
#include <string>

#include "run/runner.h"

namespace wireproof::cli {

// Empty: all cases. Throws UsageError where it is no share of so many cases.
run::Shard read_shard(const std::string& text, std::size_t cases);

}  // namespace wireproof::cli
