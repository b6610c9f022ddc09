// The emulated link between client and server: frames from each of two interfaces go out of the
// other one, by the plan's rules and under its conditions (model.h). Packets that the capture sends
// to itself go no further. Nothing is lost without being counted: stats().lost() other than 0 makes
// a case inconclusive.
//
// Thread rule: a Link has one thread, which forwards; everything here may be called by any other.
// Lifetime: the interfaces must be up from start() to the end; frames are received from start() on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "wire/engine.h"

namespace wireproof::wire {

struct LinkOptions {
  std::string to_client = "to-client", to_server = "to-server";  // lab/lab.h: the inner ends
  unsigned mtu = 1500;
  std::size_t ring_bytes = 2u << 20;  // each; some 1,200 packets at an MTU of 1,500
};

struct Stats {
  LaneStats client_to_server, server_to_client;
  std::uint64_t ring_drops = 0;       // the receive ring was full
  std::uint64_t interface_drops = 0;  // before the ring, in the kernel's queue; after stop() alone
  std::uint64_t send_failures = 0;
  std::uint64_t not_of_this_mtu = 0;  // longer than the interface allows: not forwarded
  std::uint64_t offloaded = 0;        // with an unfinished checksum: not forwarded
  std::uint64_t markers = 0;          // of captures
  std::uint64_t send_retries = 0;
  std::uint64_t decisions_left_out = 0;
  nanoseconds wake_up{0};  // how late timers ring here; what is due is waited for so much less
  std::string failure;     // why forwarding ended by itself, or the last failure to send; or empty
  std::uint64_t lost() const {
    return ring_drops + interface_drops + send_failures + not_of_this_mtu + offloaded +
           client_to_server.overflowed + server_to_client.overflowed;
  }
};

class Link {
 public:
  // In the calling thread's network namespace. Throws SystemError; std::invalid_argument for a plan
  // with problems (validate.h).
  static std::unique_ptr<Link> start(const Plan& plan, const LinkOptions& options = {});
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Forwards what has come, what is delayed and what waits behind others, until the deadline; what
  // is held is discarded, with decisions that say so. Idempotent.
  void stop(Deadline deadline) noexcept;

  void set_conditions(Direction direction, const Conditions& conditions);
  void link_down();
  void link_up();
  std::size_t release(std::string_view name);  // how many packets were held by that name
  std::vector<HeldPacket> held() const;
  bool settle(std::uint64_t serial, Fate fate);  // of one held packet; false: it is not held

  // True as soon as at least `count` packets are held by that name; false at the deadline.
  bool await_held(std::string_view name, std::size_t count, Deadline deadline) const;
  // True as soon as the rule has matched `count` times.
  bool await_match(std::string_view rule, std::uint64_t count, Deadline deadline) const;

  std::uint64_t matched(std::string_view rule) const;
  std::vector<std::string> unmatched() const;  // rules that never matched and may not miss
  std::vector<Decision> decisions() const;
  Stats stats() const;

 private:
  struct Impl;
  explicit Link(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wireproof::wire
