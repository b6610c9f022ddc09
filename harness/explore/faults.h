// What may befall the first packets of a connection, and every combination of it within a budget.
// Plain values and pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/finding.h"

namespace wireproof::explore {

// swap: the packet goes behind the next one of its direction, or waits for it so long that its
// sender sends it again.
enum class Kind : std::uint8_t { drop, twice, swap };
inline constexpr Kind all_kinds[] = {Kind::drop, Kind::twice, Kind::swap};
std::string_view name(Kind);  // "drop", "double", "swap"

// The nth packet that one side sends, from 1, retransmissions counted.
struct Place {
  Side from = Side::client;
  unsigned nth = 1;
  friend bool operator==(const Place&, const Place&) = default;
};
struct Fault {
  Place place;
  Kind kind = Kind::drop;
  friend bool operator==(const Fault&, const Fault&) = default;
};
using Faults = std::vector<Fault>;  // of different places, in their order

std::string name(const Fault& fault);        // "drop-client-2"
std::string name(const Faults& faults);      // "drop-client-2+double-server-1"; "none"
std::string to_words(const Faults& faults);  // "the client's 2nd packet dropped, ..."

// The places of a connection's first `count` packets, as `order` (who sent each) has them; beyond
// it both sides take turns, for what is sent again.
std::vector<Place> places(std::span<const Side> order, std::size_t count);

// All sets of at most `budget` faults, smaller ones first; the first is empty.
std::vector<Faults> combinations(std::span<const Place> places, std::span<const Kind> kinds,
                                 unsigned budget);
// How many these are, without making them; stops counting at `most`.
std::uint64_t count_combinations(std::size_t places, std::size_t kinds, unsigned budget,
                                 std::uint64_t most);

}  // namespace wireproof::explore
