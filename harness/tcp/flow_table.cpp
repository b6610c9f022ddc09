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

FlowTable::FlowTable() : slots_(1024) {}

std::size_t FlowTable::slot_of(const FlowKey& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash(key) & mask;
  while (slots_[at].used && !(slots_[at].key == key)) at = (at + 1) & mask;
  return at;
}

std::uint32_t& FlowTable::at(const FlowKey& key) {
  if (used_ * 10 >= slots_.size() * 6) grow();
  Slot& slot = slots_[slot_of(key)];
  if (!slot.used) {
    slot.used = true;
    slot.key = key;
    slot.value = kNone;
    ++used_;
  }
  return slot.value;
}

std::uint32_t FlowTable::find(const FlowKey& key) const {
  const Slot& slot = slots_[slot_of(key)];
  return slot.used ? slot.value : kNone;
}

void FlowTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.used) slots_[slot_of(slot.key)] = slot;
}

}  // namespace wireproof::tcp
