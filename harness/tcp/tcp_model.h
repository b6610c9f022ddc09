// A small model of two conforming TCP ends and the path between them, for property tests: it plays
// one random connection (sizes, losses, reorderings, duplications, windows, kind of close, place of
// the wrap) in simulated time and gives what a capture would hold. Loss happens behind the capture
// point, so that the capture is whole and the ends must send again.
// Thread rule: one thread at a time. Lifetime: packets point into the play.
#pragma once

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "packet/packet.h"
#include "tcp/connection.h"

namespace wireproof::tcp::testing {

struct PlayOptions {
  std::uint32_t client_isn = 0, server_isn = 0;
  std::uint64_t client_bytes = 0, server_bytes = 0;
  double loss = 0, reorder = 0, duplicate = 0;  // probabilities for each packet
  bool client_first = true;                     // closes first
  bool both_close = false;                      // at the same moment
  bool merge_fin = true;                        // ACK and FIN in one segment where it can be
  bool reset = false;                           // the first closer aborts instead
  bool timestamps = false;
  std::uint32_t window = 65535;
  std::uint32_t mss = 100;
};

struct Play {
  std::vector<packet::Packet> packets;
  std::deque<std::string> payloads;
  bool finished = false;  // both ends closed; else it gave up after too many losses
};

PlayOptions random_options(std::mt19937_64& random);
Play play(const PlayOptions& options, std::mt19937_64& random);

}  // namespace wireproof::tcp::testing
