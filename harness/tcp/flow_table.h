// From a pair of endpoints, in either order, to the place of its newest connection: open addressing
// with linear probing over eight-byte slots, since this look-up is a great part of a packet's cost.
// The keys themselves stand with the connections.
// Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "packet/packet.h"

namespace wireproof::tcp {

// Both endpoints in 36 bytes and the family, the lower one first.
struct FlowKey {
  std::array<std::uint64_t, 5> words{};
  // Written out: the default compares by a call of memcmp.
  friend bool operator==(const FlowKey& a, const FlowKey& b) {
    return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1]) | (a.words[2] ^ b.words[2]) |
            (a.words[3] ^ b.words[3]) | (a.words[4] ^ b.words[4])) == 0;
  }
};
FlowKey flow_key(const packet::Endpoint& a, const packet::Endpoint& b);
std::uint64_t hash(const FlowKey& key);
bool is_lower(const FlowKey& key, const packet::Endpoint& end);  // the first of its two

// Which connection a packet belongs to.
struct Route {
  FlowKey key;
  std::uint64_t hash = 0;
};
inline Route route_of(const packet::Endpoint& a, const packet::Endpoint& b) {
  const FlowKey key = flow_key(a, b);
  return {key, hash(key)};
}

class FlowTable {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  FlowTable() : slots_(1024) {}

  // `same(value)`: whether the connection at that place has the key. kNone when none has.
  template <typename Same>
  std::uint32_t find(std::uint64_t hash, const Same& same) const {
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t at = tag & mask(); slots_[at].value != kNone; at = (at + 1) & mask())
      if (slots_[at].tag == tag && same(slots_[at].value)) return slots_[at].value;
    return kNone;
  }
  void insert(std::uint64_t hash, std::uint32_t value);  // its key must not be there
  void replace(std::uint64_t hash, std::uint32_t old_value, std::uint32_t new_value);
  void erase(std::uint64_t hash, std::uint32_t value);
  void prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[static_cast<std::uint32_t>(hash) & mask()]);
  }
  std::size_t size() const { return used_; }

 private:
  struct Slot {
    std::uint32_t tag = 0, value = kNone;  // tag: the hash's lower half
  };
  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t place_of(std::uint64_t hash, std::uint32_t value) const;
  void grow();

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace wireproof::tcp
