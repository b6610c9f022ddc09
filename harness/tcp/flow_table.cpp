#include "tcp/flow_table.h"

#include <cstring>

namespace wireproof::tcp {

namespace {

std::uint64_t word_at(const packet::Address& address, std::size_t at) {
  std::uint64_t word;
  std::memcpy(&word, address.bytes.data() + at, sizeof word);
  return word;
}

}  // namespace

FlowKey flow_key(const packet::Endpoint& a, const packet::Endpoint& b) {
  const auto port_word = [&](std::uint64_t low, std::uint64_t high) {
    return low << 32 | high << 8 | static_cast<std::uint64_t>(a.address.family);
  };
  // Of an IPv4 address the first word is all.
  const std::uint64_t left = word_at(a.address, 0), right = word_at(b.address, 0);
  const std::uint64_t left_rest = word_at(a.address, 8), right_rest = word_at(b.address, 8);
  const bool in_order = left != right             ? left < right
                        : left_rest != right_rest ? left_rest < right_rest
                                                  : a.port <= b.port;
  if (in_order) return {{left, left_rest, right, right_rest, port_word(a.port, b.port)}};
  return {{right, right_rest, left, left_rest, port_word(b.port, a.port)}};
}

bool is_lower(const FlowKey& key, const packet::Endpoint& end) {
  return std::memcmp(key.words.data(), end.address.bytes.data(), 16) == 0 &&
         key.words[4] >> 32 == end.port;
}

// Multiply and fold: every word counts in every bit. Not against collisions made on purpose, which
// cost time, never rightness.
std::uint64_t hash(const FlowKey& key) {
  std::uint64_t state = 0x9E3779B97F4A7C15ull;
  const auto stir = [&](std::uint64_t word) {
    state = (state ^ word) * 0xD6E8FEB86659FD93ull;
    state ^= state >> 32;
  };
  stir(key.words[0]);
  stir(key.words[2]);
  if ((key.words[1] | key.words[3]) != 0) {  // not of IPv4
    stir(key.words[1]);
    stir(key.words[3]);
  }
  stir(key.words[4]);
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
