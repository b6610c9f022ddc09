// Good traces made bad, one field or packet at a time. For tests.
// Pure functions; no thread rule. Lifetime: mutated packets point where the originals do.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "packet/packet.h"

namespace wireproof::tcp::testing {

using Packets = std::vector<packet::Packet>;

struct Mutation {
  std::string name;  // "packet 3: ack+1"
  // Empty, or why a connection with it means the same as before.
  std::string same_meaning;
  std::function<Packets(Packets)> apply;
};

// All mutations of each packet of one connection.
std::vector<Mutation> mutations(const Packets& packets);

}  // namespace wireproof::tcp::testing
