// A case's connections and exchanges in the terminal: a line each, and ladders. Thread rule: pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reports/model.h"
#include "reports/style.h"

namespace wireproof::report {

std::string connection_line(const ConnectionReport& one, const Style& style);
std::string exchange_line(const udp::Exchange& exchange, const Style& style);
// `whole`: the case, where a wire has something to say of the connection.
std::string connection_ladder(const ConnectionReport& one, const Style& style,
                              const CaseReport* whole = nullptr);
// A rule that did not hold: its source, what was wanted and seen, and the packets.
std::string finding_text(const Finding& finding, const Style& style);

std::string traffic_lines(const CaseReport& one, const Style& style);
// The ladders of what did not pass; where all did, of the first; or of the one that is wanted.
std::string traffic_ladders(const CaseReport& one, const Style& style,
                            const std::optional<std::uint64_t>& wanted);

}  // namespace wireproof::report
