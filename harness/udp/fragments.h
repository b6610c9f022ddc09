// Puts fragmented UDP datagrams together again (RFC 791 3.2, RFC 8200 4.5). Memory is bounded: the
// oldest unfinished datagram is given up when there are too many, or when it is too old.
// Thread rule: one thread at a time. Packets need only live during add().
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "packet/packet.h"

namespace wireproof::udp {

// A datagram of several fragments, or what came of it.
struct Reassembled {
  packet::Endpoint source, destination;  // ports 0 when the first fragment never came
  std::uint64_t packet = 0;              // the last frame that added to it
  std::int64_t time_ns = 0;
  std::uint32_t ip_id = 0;
  std::uint32_t fragments = 0;
  std::uint32_t length = 0;  // payload; where incomplete, what came of it
  bool complete = false, overlap = false;
  packet::Checksum checksum = packet::Checksum::unknown;
  std::string_view malformed;
  std::vector<std::uint8_t> payload;  // empty where bytes are missing
};

class Fragments {
 public:
  // True: the packet is a fragment of a UDP datagram (or may be), and is kept here.
  static bool is_one(const packet::Packet& packet);
  // The datagram that this fragment finished, or one that is given up for it.
  std::vector<Reassembled> add(const packet::Packet& packet);
  std::vector<Reassembled> finish();  // those never completed

 private:
  struct Key {
    packet::Address source, destination;
    std::uint32_t id = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Piece {
    std::uint32_t begin = 0, end = 0;
    std::vector<std::uint8_t> bytes;  // fewer than end - begin where the capture cut them
  };
  struct Pending {
    Reassembled result;
    std::vector<Piece> pieces;  // by begin, not overlapping
    std::optional<std::uint32_t> total;
    std::uint32_t header_at = 0;  // of UDP, in the whole
    bool first_seen = false, is_udp = false;
    std::int64_t begun_ns = 0;
    std::uint64_t serial = 0;
  };

  static void add_piece(Pending& pending, Piece piece);
  static bool is_whole(const Pending& pending);
  static Reassembled complete(Pending&& pending);
  static Reassembled give_up(Pending&& pending);

  std::map<Key, Pending> pending_;
  std::deque<std::pair<std::uint64_t, Key>> order_;  // oldest first; may name some that are gone
  std::uint64_t last_serial_ = 0;
};

}  // namespace wireproof::udp
