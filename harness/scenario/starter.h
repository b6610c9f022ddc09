// The first scenario for somebody's own server, with comments: what `wireproof init` writes.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <vector>

#include "scenario/model.h"

namespace wireproof::scenario {

// `command`: the server's, with {address} and {port} (or {path}) where they belong; where it names
// none of them they are put at its end. Under 30 lines, and load_text() takes it.
std::string starter_scenario(std::vector<std::string> command,
                             Transport transport = Transport::tcp);

}  // namespace wireproof::scenario
