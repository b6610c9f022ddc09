// "expect" and "expected_failures": what the packets, the kernel and the file system must show.
// Thread rule: pure functions.
#pragma once

#include <vector>

#include "scenario/load.h"
#include "scenario/model.h"
#include "scenario/reader.h"

namespace wireproof::scenario {

// `one`: with transport and family read.
Expected read_expected(const Field& field, const Case& one, const Vocabulary& vocabulary,
                       Errors& errors);
std::vector<ExpectedFailure> read_expected_failures(const Field& field, const Expected& expected,
                                                    const Vocabulary& vocabulary, Errors& errors);

}  // namespace wireproof::scenario
