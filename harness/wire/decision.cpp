#include "wire/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "packet/decode.h"

namespace wireproof::wire {

PacketId identify(const packet::Packet& packet, const Standing& standing, Direction direction,
                  std::uint64_t number) {
  PacketId id;
  id.direction = direction;
  id.number = number;
  id.time_ns = packet.frame.time_ns;
  id.protocol = packet.protocol;
  id.source = packet.source;
  id.destination = packet.destination;
  id.payload_length = packet.payload_length;
  id.connection = standing.connection;
  id.ip_id = packet.ip_id;
  if (packet.protocol == packet::Protocol::tcp) {
    id.flags = packet.tcp.flags;
    id.raw_sequence = packet.tcp.seq;
    id.raw_acknowledgement = packet.tcp.ack;
    id.sequence = standing.sequence;
    id.acknowledgement = standing.acknowledgement;
    id.retransmission = standing.retransmission;
  }
  id.icmp_type = packet.icmp.type;
  id.icmp_code = packet.icmp.code;
  return id;
}

std::string_view name(Direction direction) {
  switch (direction) {
    case Direction::client_to_server:
      return "client -> server";
    case Direction::server_to_client:
      return "server -> client";
    case Direction::both:
      return "both directions";
  }
  return "?";
}

std::string to_string(const PacketId& packet) {
  if (packet.number == 0) return std::string(name(packet.direction));
  std::string text =
      fmt::format("{} #{} {} > {}", name(packet.direction), packet.number,
                  packet::to_string(packet.source), packet::to_string(packet.destination));
  switch (packet.protocol) {
    case packet::Protocol::tcp:
      text += " " + packet::flags_text(packet.flags);
      text += packet.sequence ? fmt::format(" seq {}", *packet.sequence)
                              : fmt::format(" raw seq {}", packet.raw_sequence);
      if (packet.acknowledgement) text += fmt::format(" ack {}", *packet.acknowledgement);
      break;
    case packet::Protocol::udp:
      text += " UDP";
      break;
    case packet::Protocol::icmp:
    case packet::Protocol::icmpv6:
      text += fmt::format(" ICMP type {} code {}", packet.icmp_type, packet.icmp_code);
      break;
    default:
      break;
  }
  text += fmt::format(" length {}", packet.payload_length);
  if (packet.retransmission) text += " again";
  return text;
}

std::string_view name(Cause cause) {
  switch (cause) {
    case Cause::rule:
      return "rule";
    case Cause::condition:
      return "condition";
    case Cause::script:
      return "script";
  }
  return "?";
}

std::string_view name(Deed deed) {
  switch (deed) {
    case Deed::passed:
      return "passed";
    case Deed::dropped:
      return "dropped";
    case Deed::held:
      return "held";
    case Deed::released:
      return "released";
    case Deed::duplicated:
      return "duplicated";
    case Deed::delayed:
      return "delayed";
    case Deed::reordered:
      return "reordered";
    case Deed::corrupted:
      return "corrupted";
    case Deed::changed:
      return "changed";
    case Deed::truncated:
      return "truncated";
    case Deed::answered:
      return "answered";
    case Deed::split:
      return "split";
    case Deed::joined:
      return "joined";
    case Deed::fragmented:
      return "fragmented";
    case Deed::not_applicable:
      return "not applicable";
    case Deed::link_down:
      return "link down";
    case Deed::link_up:
      return "link up";
  }
  return "?";
}

std::string to_string(const Decision& decision) {
  std::string text = fmt::format("{}: {} \"{}\": {}", to_string(decision.packet),
                                 name(decision.cause), decision.name, name(decision.deed));
  if (!decision.detail.empty()) text += ", " + decision.detail;
  return text;
}

std::optional<std::size_t> find_in_capture(const PacketId& packet,
                                           std::span<const packet::Frame> frames) {
  // The link and the capture see it within moments of each other; captures are in order of time.
  constexpr std::int64_t furthest = 2'000'000'000;
  const auto begin =
      std::ranges::lower_bound(frames, packet.time_ns - furthest, {}, &packet::Frame::time_ns);
  std::optional<std::size_t> best;
  std::int64_t nearest = furthest;
  for (auto i = static_cast<std::size_t>(begin - frames.begin()); i < frames.size(); ++i) {
    const std::int64_t apart = std::abs(frames[i].time_ns - packet.time_ns);
    if (apart >= nearest && frames[i].time_ns > packet.time_ns) break;
    if (best && apart >= nearest) continue;
    const packet::Packet seen = packet::decode(frames[i], false);
    if (seen.protocol != packet.protocol || seen.source != packet.source ||
        seen.destination != packet.destination || seen.payload_length != packet.payload_length ||
        seen.ip_id != packet.ip_id)
      continue;
    if (seen.protocol == packet::Protocol::tcp &&
        (seen.tcp.flags != packet.flags || seen.tcp.seq != packet.raw_sequence ||
         (seen.tcp.has(packet::flag::ack) && seen.tcp.ack != packet.raw_acknowledgement)))
      continue;
    if (seen.icmp.type != packet.icmp_type || seen.icmp.code != packet.icmp_code) continue;
    best = i;
    nearest = apart;
  }
  return best;
}

}  // namespace wireproof::wire
