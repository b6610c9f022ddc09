#include "tcp/remnants.h"

namespace wireproof::tcp {

void Remnants::remember(const Ending& ending) {
  if (endings_.empty()) endings_.resize(kPlaces);
  endings_[ending.hash >> 32 & (kPlaces - 1)] = ending;
}

// What is left over repeats the end of what was sent, or takes no number at all.
bool Remnants::knows(std::uint64_t hash, bool from_lower, const packet::Packet& packet,
                     std::int64_t now) const {
  constexpr std::uint32_t kNear = 1u << 20;
  if (endings_.empty() || packet.tcp.has(packet::flag::syn)) return false;
  const Ending& ending = endings_[hash >> 32 & (kPlaces - 1)];
  if (ending.hash != hash || now > ending.forgotten_after) return false;
  if (packet.tcp.has(packet::flag::rst)) return true;
  const std::uint32_t next = ending.next[from_lower ? 0 : 1];
  const std::uint32_t end =
      packet.tcp.seq + packet.payload_length + (packet.tcp.has(packet::flag::fin) ? 1u : 0u);
  return next - end < kNear;
}

}  // namespace wireproof::tcp
