// What the kernel's tracepoints told, joined to the packets and held against them.
// Thread rule: pure functions.
#pragma once

#include <vector>

#include "reports/model.h"

namespace wireproof::run {

// Gives each of witness.events its connection and packet, and on one host its side; then counts in
// witness.compared each end whose states both told. A finding where the kernel did not tell what
// the packets show: that may be less (a listener's SYN_RECEIVED comes late, or never, and
// TIME_WAIT has no event), never other than it, nor in another order. `clients` and `servers`: the
// connections as the captures at these ends show them; on one host the same.
std::vector<Finding> compare_events(const std::vector<report::ConnectionReport>& clients,
                                    const std::vector<report::ConnectionReport>& servers,
                                    report::WitnessReport& witness);

}  // namespace wireproof::run
