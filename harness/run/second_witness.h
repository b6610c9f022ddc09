// The kernel's word against the packets': states at the scenario's moments and at the end, and the
// counts of each socket's last TCP_INFO. A disagreement is a finding. Thread rule: pure functions.
#pragma once

#include <optional>
#include <vector>

#include "reports/model.h"
#include "scenario/model.h"

namespace wireproof::run {

// Fills witness.compared and .disagreements. Only for a capture that lost nothing. `quiet`: the
// final sockets were read when nothing moved any more. `only`: what one end says of itself, for
// connections of its own capture, where the ends saw different packets.
std::vector<Finding> compare_witnesses(const std::vector<report::ConnectionReport>& connections,
                                       report::WitnessReport& witness, bool quiet,
                                       std::optional<Side> only = std::nullopt);

// The scenario's `kernel` list against what was read at the end. A TIME_WAIT that is missing proves
// nothing where the packets show a RST that ended it: an old duplicate's, from a peer that is
// CLOSED already (RFC 1337).
std::vector<Finding> judge_final_states(const std::vector<scenario::FinalState>& expected,
                                        const std::vector<witness::TcpSocket>& sockets,
                                        std::uint16_t server_port,
                                        const std::vector<report::ConnectionReport>& connections);

}  // namespace wireproof::run
