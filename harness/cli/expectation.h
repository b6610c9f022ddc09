// `--expect 'opening=three-way closing=four-way|three-segment'` in words and back. Thread rule:
// pure function.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "tcp/judge.h"

namespace wireproof::cli {

// Keys: opening, closing, closed_first, half_close; alternatives between '|'. The error says what
// is wrong and what would be right.
tl::expected<tcp::Expectation, std::string> parse_expectation(std::string_view text);

}  // namespace wireproof::cli
