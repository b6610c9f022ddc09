// Makes connections of packets: by 4-tuple and life, with both ends' states inferred.
//
//   Tracker tracker(facts, options, [&](Connection& c) { ... judge(c, facts) ... });
//   for (...) tracker.add(packets);   // one packet, or a batch of some 128, which is quicker
//   tracker.finish();
//
// A connection is delivered to the sink, and forgotten, when
//   - it has closed (or was reset or refused) and TIME_WAIT has passed since, or `lingering`
//   younger
//     ones have closed: what still comes of it afterwards is known by its numbers and counted;
//   - its SYN had no answer for `attempt_ns`, or `attempts` younger ones have none either;
//   - nothing came of it for `idle_ns`, or `open` younger ones are open;
//   - a new life of its endpoints begins;
//   - the capture ends.
// Time is the capture's own; a leap of its clock counts as a minute. So memory grows with the
// connections that are open. The sink is called from within add() and finish(), in order of ends,
// not of beginnings; it may move from its argument, and must not call the tracker.
//
// Thread rule: one thread at a time; trackers share nothing, so one a thread may take a share of
// the connections each (`shard_hash`). Lifetime: packets need only live during add().
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
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
  // Known to be clients' ends, by the capture at the other end of a wire: where both ends open at
  // once, each capture has its own SYN first. Must outlive the tracker.
  const std::set<packet::Endpoint>* clients = nullptr;

  // All that passed is in the capture, in causal order: absence proves something.
  bool whole() const { return starts_before_traffic && ends_after_traffic && dropped == 0; }
};

struct TrackerOptions {
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  static constexpr std::int64_t kSecond = 1'000'000'000;

  std::size_t segments = kAll;  // kept of each connection: half from its beginning; 0: none
  std::int64_t linger_ns = 60 * kSecond;      // TIME_WAIT as Linux has it
  std::int64_t attempt_ns = 130 * kSecond;    // Linux gives up connecting after 127 s
  std::int64_t idle_ns = 3 * 3600 * kSecond;  // keep-alives begin after two hours (RFC 9293 3.8.4)
  std::size_t lingering = 20'000, attempts = 100'000, open = 1'000'000;
  std::size_t payload_bytes = std::size_t{64} << 20;  // kept of all to compare what is sent again
  // Where set, the number of each connection's first packet is appended as it begins, so that
  // connections of several trackers can be numbered together. Must outlive the tracker.
  std::vector<std::uint64_t>* begun = nullptr;
};

// What is to be told of a connection that has closed as most do, if nothing more comes of it.
struct Settled {
  std::uint64_t index = 0;
  std::optional<std::int64_t> handshake_ns;
  Opening opening = Opening::none;
  Closing closing = Closing::none;
  Verdict verdict = Verdict::passed;
  std::array<packet::Endpoint, 2> endpoints;  // client, server
};

// Closed connections linger by the ten thousand. Who needs no more of one than Settled may say so
// while it is still at hand: then it lingers in a small space, is brought back where something
// comes of it, and else `told` gets what was settled, where the sink would have got the connection.
struct Settling {
  std::function<bool(Connection&, Settled&)> settle;  // false: the sink wants all of it
  std::function<void(const Settled&)> told;
};

class Tracker {
 public:
  using Sink = std::function<void(Connection&)>;

  // Without a sink finish() gives all connections.
  explicit Tracker(CaptureFacts facts = {}, TrackerOptions options = {}, Sink sink = {},
                   Settling settling = {});
  ~Tracker();
  Tracker(Tracker&&) noexcept;

  void add(const packet::Packet& packet);  // TCP, and ICMP errors that quote it; others ignored
  void add(std::span<const packet::Packet> packets);
  // Time that passes without packets (live): what is due is delivered.
  void advance(std::int64_t now_ns);
  // The same, by the clock of whoever deals a capture's packets to several trackers and marks them
  // with it (Frame::clock_ns).
  void follow(std::int64_t clock_ns);
  // Ends the capture: delivers what is left or, without a sink, returns all connections in order of
  // their first packets, judged or not.
  std::vector<Connection> finish();

  std::size_t tracked() const;     // connections in memory now
  std::uint64_t remnants() const;  // segments of connections that were delivered already

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same for all packets of a connection, ICMP errors that quote it included; 0 for all others.
std::uint64_t shard_hash(const packet::Packet& packet);

}  // namespace wireproof::tcp
