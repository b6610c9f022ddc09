// Makes connections of packets: by 4-tuple and life, with both ends' states inferred.
// Thread rule: one thread at a time. Lifetime: packets need only live during add(), but for
// payloads: the tracker keeps what it must compare (retransmissions repeat the same bytes).
#pragma once

#include <memory>
#include <vector>

#include "packet/packet.h"
#include "tcp/connection.h"

namespace wireproof::tcp {

// What is known of the capture besides its packets.
struct CaptureFacts {
  bool starts_before_traffic = false;  // live cases: the capture was proven on before any packet
  bool ends_after_traffic = false;     // it went on past the last packet
  bool checksums_valid = true;         // false on lo: transmit offload cannot be turned off there
  std::uint64_t dropped = 0;           // by the kernel, or the interface
  // Something before the capture point may drop, hold, double or spoil packets (rules on a wire):
  // what is missing or twice is then no fault of an end.
  bool lossy_path = false;

  // All that passed is in the capture, in causal order: absence proves something.
  bool whole() const { return starts_before_traffic && ends_after_traffic && dropped == 0; }
};

class Tracker {
 public:
  explicit Tracker(CaptureFacts facts = {});
  ~Tracker();
  Tracker(Tracker&&) noexcept;

  void add(const packet::Packet& packet);  // TCP, and ICMP errors that quote it; others ignored
  // Ends the capture: all connections, in order of their first packets, judged or not.
  std::vector<Connection> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wireproof::tcp
