// `--isolation` in words as a level that works here. Thread rule: forks, so before any thread.
#pragma once

#include <string>

#include "lab/lab.h"

namespace wireproof::cli {

// Throws SystemError where the level is refused here, with its remedy; UsageError for another word.
lab::Isolation isolation_level(const std::string& name);

}  // namespace wireproof::cli
