// What has happened on the stepper's wire, in the order in which packets reached the other end:
// the rows of its ladder, the states that the kernel named, and the same as plain lines of a log.
// Plain values: no thread rule.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "tcp/state.h"
#include "wire/engine.h"

namespace wireproof::step {

enum class Fate : std::uint8_t { held, passed, dropped, doubled };
std::string_view name(Fate);

Side sender(const wire::PacketId& packet);
packet::Endpoint endpoint_of(const wire::PacketId& packet, Side side);

// One packet; or, with number 0, a change of state that no packet explains (a timer, a program).
struct Row {
  unsigned number = 0;  // in the order in which packets came to the wire, from 1
  std::uint64_t serial = 0;
  wire::PacketId packet = {};
  wire::Bytes frame = {};
  Fate fate = Fate::held;
  unsigned copies = 0;  // sent again while it was held; these were dropped
  int explains = 0;     // for so many looks its sender's change of state is its doing
  // What the kernel said of each end after this packet was sent, or let through.
  std::array<std::vector<tcp::State>, 2> states = {};
  std::vector<tcp::State>& of(Side side) { return states[static_cast<std::size_t>(side)]; }
  const std::vector<tcp::State>& of(Side side) const {
    return states[static_cast<std::size_t>(side)];
  }
};

struct Conversation {  // one TCP connection, as the wire numbers them
  packet::Endpoint client = {}, server = {};
  std::array<tcp::State, 2> states = {tcp::State::closed, tcp::State::listen};
  // Of the SYNs; windows are scaled where both ends said so (RFC 7323 2.2).
  std::array<std::optional<std::uint8_t>, 2> scale = {};
  tcp::State state(Side side) const { return states[static_cast<std::size_t>(side)]; }
};

class Story {
 public:
  // `keep_copies`: a segment that is sent again while it is held is one more packet; else it is
  // dropped and counted. True: drop it.
  bool arrive(const wire::HeldPacket& held, bool keep_copies);
  void settle(std::uint64_t serial, Fate fate);
  void next_look();  // at wire and kernel: before what is new is told
  // What the kernel says of one end of a connection now.
  void see(unsigned connection, Side side, tcp::State state);
  void say(std::string line) { log_.push_back(std::move(line)); }

  // Those that were settled, in that order; then those that are held, in the order of their coming.
  const std::vector<Row>& rows() const { return rows_; }
  const Row* oldest_held() const;
  const Row* find(unsigned number) const;
  std::size_t held() const;
  const std::map<unsigned, Conversation>& conversations() const { return conversations_; }
  const Conversation* conversation(const Row& row) const;

  // One line for each thing that happened, for scripts.
  const std::vector<std::string>& log() const { return log_; }

 private:
  Row* explanation(unsigned connection, Side side);

  std::vector<Row> rows_;
  std::map<unsigned, Conversation> conversations_;
  std::vector<std::string> log_;
  unsigned count_ = 0;
};

// "client SYN seq 0", "server PSH ACK seq 1 ack 4 length 7"
std::string in_short(const wire::PacketId& packet);

}  // namespace wireproof::step
