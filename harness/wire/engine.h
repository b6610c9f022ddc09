// The link without its sockets: frames and the time go in, frames come out when they are due. The
// same plan, frames and times give the same outcome, so that everything is tested on a simulated
// clock. Thread rule: one thread at a time. Lifetime: nothing of an arrival is kept but copies.
//
//   arrival -> conversation, number -> rules -+-> conditions -> schedule -> outlet
//                                             |       ^
//                                             +-> waiting room (held, behind others, to be joined)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/passage.h"

namespace wireproof::wire {

// Where frames go. `direction` is that of their travel.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void lend(Direction direction, View frame) = 0;  // of the arrival: its memory stays
  virtual void give(Direction direction, Bytes frame) = 0;
};

struct Arrival {
  Direction direction = Direction::client_to_server;
  View frame = {};
  Time at{0};
  std::int64_t time_ns = 0;  // the same moment of CLOCK_REALTIME
};

struct LaneStats {                               // of one direction, in frames
  std::uint64_t received = 0, housekeeping = 0;  // the former includes the latter
  std::uint64_t forwarded = 0;                   // with copies, fragments and answers
  std::uint64_t dropped_by_rule = 0, dropped_by_condition = 0;
  std::uint64_t overflowed = 0;  // no memory left for what waits in the link: its own fault
};

struct EngineOptions {
  unsigned mtu = 1500;           // of the interfaces: what is joined must fit
  std::int64_t realtime_ns = 0;  // CLOCK_REALTIME at time 0
  std::size_t most_waiting_bytes = 256u << 20;
  std::size_t most_decisions = 1'000'000;
};

struct HeldPacket {
  std::uint64_t serial = 0;
  std::string name;
  PacketId packet;
  Bytes frame = {};  // as it would go on
};
enum class Fate : std::uint8_t { pass, drop, duplicate };

class Engine {
 public:
  // The plan must have no problems (validate.h); throws std::invalid_argument naming the first.
  explicit Engine(const Plan& plan, const EngineOptions& options = {});

  void accept(const Arrival& arrival, Outlet& out);
  // Sends all that is due by `now`.
  void advance(Time now, Outlet& out);
  std::optional<Time> next_due() const;

  // Steps of a scenario. Of `both` directions each gets the conditions.
  void set_conditions(Direction direction, const Conditions& conditions);
  void set_link(bool up, Time now);
  std::size_t release(std::string_view name, Time now, Outlet& out);
  // What becomes of one held packet; false: it is not held.
  bool settle(std::uint64_t serial, Fate fate, Time now, Outlet& out);
  // The end, first half: what waits behind others or to be joined goes on. (It may be delayed.)
  void stop_waiting(Time now, Outlet& out);
  // Second half: what is still here (held, or due later) is discarded, each with a decision.
  void finish(Time now);

  std::vector<HeldPacket> held() const;
  std::size_t held(std::string_view name) const;
  std::uint64_t matched(std::string_view rule) const;  // 0 for unknown names too
  std::vector<std::string> unmatched() const;          // but for those that may miss
  const std::vector<Decision>& decisions() const { return decisions_; }
  std::uint64_t decisions_left_out() const { return decisions_left_out_; }
  const LaneStats& stats(Direction direction) const { return lane(direction).stats; }
  bool in_flight() const { return schedule_[0].size() + schedule_[1].size() > 0; }

 private:
  struct Lane {
    explicit Lane(const Plan& plan, Direction direction);
    Impairment impairment;
    LaneStats stats = {};
    std::uint64_t numbered = 0;
  };
  struct RuleState {
    Rule rule;
    std::uint64_t fitted = 0, matched = 0;
  };
  struct Context {  // of one packet among the rules
    Passage& passage;
    packet::Packet& packet;
    Time now;
    Outlet& out;
    std::vector<Waiting> behind_it = {};  // what it releases
  };
  class Perform;

  Lane& lane(Direction direction) { return lanes_[static_cast<std::size_t>(direction)]; }
  const Lane& lane(Direction direction) const {
    return lanes_[static_cast<std::size_t>(direction)];
  }
  bool try_join(Passage& passage, Time now, Outlet& out);
  bool apply_rules(Context& context);  // false: the packet goes no further now
  void count_for_hold(std::size_t rule, Context& context);
  // Into the conditions, and those that waited for it to pass.
  void enter(Passage passage, Time now, Outlet& out);
  void pass_on(Passage& passage, Time now, Outlet& out);
  bool exceeds_mtu(Passage& passage, Time now, Outlet& out);
  void transmit(Passage& passage, Time now, Outlet& out);
  void dispatch(Passage& passage, Time due, Time now, bool last, Outlet& out);
  void answer(const Passage& passage, Direction direction, Bytes frame, Time now, Outlet& out);
  void let_go(std::vector<Waiting> released, Cause cause, std::string_view by, Time now,
              Outlet& out);
  void decide(Time now, Cause cause, std::string_view name, Deed deed, std::string detail,
              const PacketId& packet);
  void wait(Waiting waiting);

  EngineOptions options_;
  std::array<Lane, 2> lanes_;
  std::vector<RuleState> rules_;
  Conversations conversations_;
  WaitingRoom waiting_;
  std::array<Schedule, 2> schedule_;
  bool up_ = true;
  std::vector<Decision> decisions_;
  std::uint64_t decisions_left_out_ = 0;
};

}  // namespace wireproof::wire
