// What the link did, to which packet, and why: for reports, and for ladders that draw it where it
// happened. Plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "packet/packet.h"
#include "wire/conversation.h"
#include "wire/model.h"

namespace wireproof::wire {

// A packet as its sender sent it.
struct PacketId {
  Direction direction = Direction::client_to_server;
  std::uint64_t number = 0;  // among those of its direction, from 1, housekeeping not counted
  std::int64_t time_ns = 0;  // CLOCK_REALTIME, as it came to the link
  packet::Protocol protocol = packet::Protocol::none;
  packet::Endpoint source, destination;
  std::uint32_t payload_length = 0;
  unsigned connection = 0;
  // TCP: as on the wire, and relative to the initial numbers where the link has seen them.
  std::uint16_t flags = 0;
  std::uint32_t raw_sequence = 0, raw_acknowledgement = 0;
  std::optional<std::int64_t> sequence = {}, acknowledgement = {};
  bool retransmission = false;
  std::uint8_t icmp_type = 0, icmp_code = 0;
  std::uint32_t ip_id = 0;
};
PacketId identify(const packet::Packet& packet, const Standing& standing, Direction direction,
                  std::uint64_t number);
// "client -> server #3 192.0.2.1:4711 > 192.0.2.2:80 FIN ACK seq 12 ack 8 length 0"
std::string to_string(const PacketId& packet);
std::string_view name(Direction direction);

// script: a step of the scenario, or a person.
enum class Cause : std::uint8_t { rule, condition, script };
enum class Deed : std::uint8_t {
  passed,
  dropped,
  held,
  released,
  duplicated,
  delayed,
  reordered,
  corrupted,
  changed,
  truncated,
  answered,
  split,
  joined,
  fragmented,
  not_applicable,  // the rule matched and could not do it; the detail says why
  link_down,
  link_up,
};
std::string_view name(Cause cause);
std::string_view name(Deed deed);

struct Decision {
  std::int64_t time_ns = 0;  // CLOCK_REALTIME
  Cause cause = Cause::rule;
  std::string name;  // the rule's; or "loss", "queue", "mtu" ...; or the step's: "release"
  Deed deed = Deed::dropped;
  std::string detail = {};
  PacketId packet = {};  // number 0: none
};
// Without the time, and so the same for the same seed and packets but for ports and raw numbers.
std::string to_string(const Decision& decision);

// Which frame of a capture at the sender's end is this packet: of those with the same headers the
// one nearest in time. Returns its place in `frames`.
std::optional<std::size_t> find_in_capture(const PacketId& packet,
                                           std::span<const packet::Frame> frames);

}  // namespace wireproof::wire
