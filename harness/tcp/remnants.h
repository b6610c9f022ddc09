// Knows again what still comes of connections that were delivered and forgotten: their last
// acknowledgement, a FIN sent again, a late RST. Without it each would look like a connection of
// its own. A direct-mapped table of fixed size: of two that meet in a place, the younger is
// remembered. Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "packet/packet.h"

namespace wireproof::tcp {

class Remnants {
 public:
  struct Ending {
    std::uint64_t hash = 0;  // of the endpoints
    std::array<std::uint32_t, 2>
        next{};  // raw, after the last of the lower and the higher endpoint
    std::int64_t forgotten_after = 0;
  };
  void remember(const Ending& ending);
  // Whether the segment, from the lower endpoint or not, belongs to one of them.
  bool knows(std::uint64_t hash, bool from_lower, const packet::Packet& packet,
             std::int64_t now) const;

 private:
  static constexpr std::size_t kPlaces = std::size_t{1} << 17;
  std::vector<Ending> endings_;  // made at the first one
};

}  // namespace wireproof::tcp
