// Says of each frame who judges it: TCP by its connection, so that each connection is wholly with
// one worker; UDP all with one, since answers may come from elsewhere than was asked. What needs
// more than a look (fragments, tunnels, extension headers, ICMP errors) is decoded here, put
// together and unpacked; what comes of it lies in the batch's own memory.
// Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/finding.h"
#include "check/batch.h"
#include "packet/reassembly.h"
#include "tcp/trace_clock.h"

namespace wireproof::check {

// Packets by what became of them.
struct PacketCounts {
  std::uint64_t packets = 0, bytes = 0;       // bytes as on the wire
  std::uint64_t tcp = 0, udp = 0, other = 0;  // ICMP errors go with what they quote
  std::uint64_t filtered_out = 0;
  std::uint64_t fragments = 0, reassembled = 0, decapsulated = 0;
  std::int64_t first_ns = 0, last_ns = 0;
  void add(const PacketCounts& more);
};

class Dispatcher {
 public:
  struct Options {
    unsigned shards = 1;
    bool decapsulate = false;
    double first = 1;  // the first shard's part of the connections; the others have as much each
  };
  explicit Dispatcher(const Options& options);

  // Fills the batch's shares from its block's frames.
  void dispatch(Batch& batch);
  const PacketCounts& counts() const { return counts_; }
  // What fragments show against RFC 791, RFC 8200 and RFC 5722; once, at the end.
  std::vector<Finding> finish();

 private:
  [[gnu::cold, gnu::noinline]] void look_closer(const packet::Frame& frame, Batch& batch,
                                                unsigned depth);
  void fragment(const packet::Packet& packet, Batch& batch, unsigned depth);
  // The frame stays where it is until the batch is judged.
  void to_tcp(packet::Frame& frame, std::uint64_t hash, Batch& batch);
  void to_udp(const packet::Frame& frame, Batch& batch);
  void note_overlaps();

  Options options_;
  std::array<std::uint16_t, 1024> shard_of_{};  // by the upper bits of a hash
  packet::Reassembler reassembler_;
  PacketCounts counts_;
  tcp::TraceClock clock_;
  struct Overlaps {
    std::uint64_t count = 0, different = 0;
    std::vector<std::uint64_t> packets;
  };
  Overlaps overlaps_[2];  // IPv4, IPv6
};

std::span<const Rule> ip_rules();  // sorted by id

}  // namespace wireproof::check
