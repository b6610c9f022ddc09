// What a scenario wants of the packets at the two ends of a wire: how many of a kind were sent and
// received, and how far apart. The same words name them as in the wire's rules (wire/match.h).
// Thread rule: pure functions.
#pragma once

#include <span>
#include <vector>

#include "base/finding.h"
#include "packet/packet.h"
#include "scenario/model.h"

namespace wireproof::run {

struct EndsCaptured {
  std::span<const packet::Frame> client, server;
  packet::Address client_address;  // what comes from it goes to the server
};

std::vector<Finding> judge_packets(const std::vector<scenario::PacketsExpected>& expected,
                                   const EndsCaptured& ends);

}  // namespace wireproof::run
