// "server" and "client": a shipped target, or any command. Thread rule: pure functions.
#pragma once

#include <optional>

#include "scenario/model.h"
#include "scenario/reader.h"

namespace wireproof::scenario {

// Null stands for no program (the script's part): nothing then.
std::optional<Program> read_program(const Field& field, Side role, Transport transport,
                                    milliseconds time_limit, Errors& errors);

}  // namespace wireproof::scenario
