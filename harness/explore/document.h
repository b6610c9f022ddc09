// A scenario file made into one whose connection meets given faults on a wire: the text that is run
// here is the text that `wireproof run` runs again. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "explore/faults.h"
#include "scenario/model.h"

namespace wireproof::explore {

struct Programs {  // in the scenario's place
  std::optional<std::vector<std::string>> server = {}, client = {};
};

// `source`: the scenario file's text, of which `one` is a case. In the result
//   the matrix has that case alone, the topology is wire, the faults are rules of it,
//   waits are long enough for what is sent again,
//   what is expected of an undisturbed connection is left out (how it opens and closes, limits),
//   and every end must come to rest: no socket but LISTEN and TIME_WAIT.
// The error, in words, where no such thing can be made of it.
tl::expected<std::string, std::string> document(std::string_view source, const scenario::Case& one,
                                                const Faults& faults, const Programs& programs);

}  // namespace wireproof::explore
