// What a workload cannot be, whoever wrote it. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenario/model.h"

namespace wireproof::scenario {

struct Contradiction {
  std::string key;  // of the "load" object: where a scenario is wrong
  std::string message, hint;
};
std::optional<Contradiction> contradiction(const Workload& workload, Transport transport);

// All of it, with repetitions, time to drain, and some to spare.
milliseconds time_limit_of(const Workload& workload);

// \n \r \t \0 \\ and \xHH as a command line writes them.
std::string unescaped(std::string_view text);

}  // namespace wireproof::scenario
