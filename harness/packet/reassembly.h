// Puts fragmented IP packets together again (RFC 791 3.2, RFC 8200 4.5), whatever they carry.
// Memory is bounded: the packet begun first is given up where there are too many, too much, or it
// is too old. Fragments that overlap are told; of IPv6 such a packet is dropped, as RFC 5722 wants,
// of IPv4 the bytes that came first stand.
// Thread rule: one thread at a time. Fragments need only live during add().
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "packet/packet.h"

namespace wireproof::packet {

class Reassembler {
 public:
  struct Limits {
    std::size_t packets = 4096, bytes = std::size_t{32} << 20;
    std::int64_t age_ns = 60'000'000'000;  // RFC 8200 4.5; RFC 1122 3.3.2 wants 60 to 120 s
  };
  struct Overlap {
    Family family = Family::none;
    std::uint64_t packet = 0, first_packet = 0;  // the fragment, and the one that began the packet
    bool same_bytes = false;                     // what they share does not differ
  };

  Reassembler() : Reassembler(Limits{}) {}
  explicit Reassembler(const Limits& limits) : limits_(limits) {}

  // The whole packet that this fragment completes, from its IP header on and with the fragment's
  // number and time; good until the next call.
  std::optional<Frame> add(const Packet& fragment);
  std::vector<Overlap> take_overlaps();  // those since the last call

  std::size_t pending() const { return pending_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t completed() const { return completed_; }
  std::uint64_t given_up() const { return given_up_; }  // pending ones are not among them

 private:
  struct Key {
    Address source, destination;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;  // of IPv6 0: the identification alone counts
    auto operator<=>(const Key&) const = default;
  };
  struct Pending {
    std::vector<std::uint8_t> header;  // of the first fragment, up to its part of the packet
    std::vector<std::uint8_t> data;
    std::vector<bool> there;  // each eight bytes of it
    std::size_t units = 0;    // of `there`, those that are
    std::optional<std::uint32_t> total;
    std::uint32_t captured_to = 0xFFFFFFFF;  // the first byte that the capture cut off
    std::uint64_t first_packet = 0, serial = 0;
    std::int64_t begun_ns = 0;
    bool dropped = false;  // an overlap: the rest is swallowed
  };
  using Table = std::map<Key, Pending>;

  static std::size_t cost(const Pending& pending);
  bool overlaps(Pending& pending, const Packet& fragment, std::span<const std::uint8_t> part);
  void insert(Pending& pending, const Packet& fragment, std::span<const std::uint8_t> part);
  std::optional<Frame> assemble(const Pending& pending, const Packet& last);
  void make_room(std::int64_t now_ns);
  void erase(Table::iterator at);

  Limits limits_;
  Table pending_;
  std::deque<std::pair<std::uint64_t, Key>> order_;  // oldest first; may name some that are gone
  std::size_t bytes_ = 0;
  std::uint64_t last_serial_ = 0, completed_ = 0, given_up_ = 0;
  std::vector<Overlap> overlaps_;
  std::vector<std::uint8_t> whole_;
};

}  // namespace wireproof::packet
