// What a person or a script waits for or means: a packet, a state, or the end. Plain values and
// pure functions.
//
//   3                       the packet of that number
//   [client|server] FLAGS   a packet with all these flags: SYN, SYN-ACK, FIN ...
//   [client|server] data    a packet with payload
//   [client|server] STATE   the kernel says so of that end (of either, where none is named)
//   end                     nothing is held and nothing moves: the client has ended
//   nothing                 any packet
#pragma once

#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "step/story.h"

namespace wireproof::step {

struct Wish {
  std::optional<Side> side = {};
  std::optional<unsigned> number = {};
  std::uint16_t flags = 0;
  bool data = false;
  std::optional<tcp::State> state = {};
  bool end = false;

  bool is_packet() const { return !state && !end; }
  bool fits(const Row& row) const;
  bool holds(const Story& story) const;  // of a state
};

tl::expected<Wish, std::string> wish_of(std::span<const std::string> words);
std::string to_string(const Wish& wish);

}  // namespace wireproof::step
