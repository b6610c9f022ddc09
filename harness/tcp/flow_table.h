// From a pair of endpoints, in either order, to the number of its newest connection: open
// addressing with linear probing, since this look-up is most of the cost of a packet.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "packet/packet.h"

namespace wireproof::tcp {

// Both endpoints in 36 bytes and the family, the lower one first.
struct FlowKey {
  std::array<std::uint64_t, 5> words{};
  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};
FlowKey flow_key(const packet::Endpoint& a, const packet::Endpoint& b);
std::uint64_t hash(const FlowKey& key);

class FlowTable {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  FlowTable();
  // The place of the key's value, made (as kNone) when it was not there. Valid until the next call.
  std::uint32_t& at(const FlowKey& key);
  std::uint32_t find(const FlowKey& key) const;  // kNone when it is not there
  std::size_t size() const { return used_; }

 private:
  struct Slot {
    FlowKey key;
    std::uint32_t value = kNone;
    bool used = false;
  };
  std::size_t slot_of(const FlowKey& key) const;
  void grow();

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace wireproof::tcp
