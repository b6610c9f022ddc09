// From captured frames to judged connections and datagram exchanges: the packets of the case, with
// what the kernel sends by itself (neighbour discovery, MLD, ARP) counted as housekeeping.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "packet/packet.h"
#include "reports/model.h"
#include "scenario/model.h"
#include "tcp/tracker.h"
#include "udp/exchange.h"

namespace wireproof::run {

struct Observation {
  std::vector<report::ConnectionReport> connections;
  std::vector<udp::Exchange> exchanges;
  std::vector<Finding>
      findings;  // of datagrams, and of the case as a whole; connections have theirs
  std::uint64_t housekeeping = 0, foreign = 0;
};

// `only_port`: where the namespace is shared with others (isolation none), packets of other ports
// are foreign and left out.
Observation observe(std::span<const packet::Frame> frames, const scenario::Case& one,
                    const tcp::CaptureFacts& facts, std::optional<std::uint16_t> only_port);

// What both ends of a link must have captured alike: returns the difference in words, or empty.
std::string difference_of_ends(std::span<const packet::Frame> client,
                               std::span<const packet::Frame> server);

}  // namespace wireproof::run
