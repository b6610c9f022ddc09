// The emulated link in the terminal: what it did to which packet. Thread rule: pure functions.
#pragma once

#include <string>
#include <vector>

#include "reports/model.h"
#include "reports/style.h"
#include "tcp/ladder.h"

namespace wireproof::report {

// What the link did to the segments of one connection, for its ladder.
std::vector<tcp::LadderNote> wire_notes(const CaseReport& one, std::uint64_t connection,
                                        const Style& style);

std::string wire_lines(const CaseReport& one, const Style& style);  // empty without a wire

}  // namespace wireproof::report
