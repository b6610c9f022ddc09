#include "tcp/flow_table.h"

#include <cstring>

namespace wireproof::tcp {

FlowKey flow_key(const packet::Endpoint& a, const packet::Endpoint& b) {
  FlowKey key;
  std::array<std::uint64_t, 2> left{}, right{};
  std::memcpy(left.data(), a.address.bytes.data(), 16);
  std::memcpy(right.data(), b.address.bytes.data(), 16);
  const bool in_order = left != right ? left < right : a.port <= b.port;
  const auto& low = in_order ? left : right;
  const auto& high = in_order ? right : left;
  const std::uint64_t low_port = in_order ? a.port : b.port;
  const std::uint64_t high_port = in_order ? b.port : a.port;
  key.words = {low[0], low[1], high[0], high[1],
               low_port << 32 | high_port << 8 | static_cast<std::uint64_t>(a.address.family)};
  return key;
}

bool is_lower(const FlowKey& key, const packet::Endpoint& end) {
  return std::memcmp(key.words.data(), end.address.bytes.data(), 16) == 0 &&
         key.words[4] >> 32 == end.port;
}

// Multiply and fold: every word counts in every bit. Not against collisions made on purpose, which
// cost time, never rightness.
std::uint64_t hash(const FlowKey& key) {
  std::uint64_t state = 0x9E3779B97F4A7C15ull;
  for (const std::uint64_t word : key.words) {
    state = (state ^ word) * 0xD6E8FEB86659FD93ull;
    state ^= state >> 32;
  }
  return state;
}

void FlowTable::insert(std::uint64_t hash, std::uint32_t value) {
  if (used_ * 2 >= slots_.size()) grow();
  const auto tag = static_cast<std::uint32_t>(hash);
  std::size_t at = tag & mask();
  while (slots_[at].value != kNone) at = (at + 1) & mask();
  slots_[at] = {tag, value};
  ++used_;
}

std::size_t FlowTable::place_of(std::uint64_t hash, std::uint32_t value) const {
  std::size_t at = static_cast<std::uint32_t>(hash) & mask();
  while (slots_[at].value != value) at = (at + 1) & mask();
  return at;
}

void FlowTable::replace(std::uint64_t hash, std::uint32_t old_value, std::uint32_t new_value) {
  slots_[place_of(hash, old_value)].value = new_value;
}

// What follows in the same run moves up, so that no probe ends before its key (Knuth 6.4, R).
void FlowTable::erase(std::uint64_t hash, std::uint32_t value) {
  std::size_t hole = place_of(hash, value);
  for (std::size_t at = (hole + 1) & mask(); slots_[at].value != kNone; at = (at + 1) & mask()) {
    const std::size_t home = slots_[at].tag & mask();
    const bool between = ((at - home) & mask()) < ((at - hole) & mask());
    if (between) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = {};
  --used_;
}

void FlowTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.value == kNone) continue;
    std::size_t at = slot.tag & mask();
    while (slots_[at].value != kNone) at = (at + 1) & mask();
    slots_[at] = slot;
  }
}

}  // namespace wireproof::tcp
