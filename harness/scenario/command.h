// A person's own program in place of a scenario's: `--server 'CMD {address} {port}'`.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/finding.h"
#include "scenario/model.h"

namespace wireproof::scenario {

// Words as a POSIX shell takes them apart (blanks, '...', "...", \), with nothing expanded: no $,
// no globs, no operators. What is wrong is told in words.
tl::expected<std::vector<std::string>, std::string> split_command(std::string_view text);

// Puts `command` in the place of the case's program of that side. What was expected of that program
// alone (its exit status, its output, its known faults) goes with it; a server may be killed. Where
// the script plays that side, nothing can be replaced: why, in words.
tl::expected<void, std::string> replace_program(Case& one, Side side,
                                                std::vector<std::string> command);

}  // namespace wireproof::scenario
