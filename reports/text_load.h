// A load run's figures in the terminal: what was asked, what came of it, how far it is to be
// trusted. Thread rule: pure functions.
#pragma once

#include <string>

#include "reports/model.h"
#include "reports/style.h"

namespace wireproof::report {

std::string load_lines(const load::LoadResult& load, const Style& style);

}  // namespace wireproof::report
