// Packets as the wire would hold them, for tests of what is made of them.
#pragma once

#include <utility>

#include "step/story.h"

namespace wireproof::step {

inline wire::HeldPacket held_packet(std::uint64_t serial, Side from, std::uint16_t flags,
                                    std::int64_t sequence, std::int64_t acknowledgement = 0,
                                    std::uint32_t length = 0, bool again = false) {
  wire::HeldPacket held;
  held.serial = serial;
  held.name = "step";
  wire::PacketId& packet = held.packet;
  packet.direction =
      from == Side::client ? wire::Direction::client_to_server : wire::Direction::server_to_client;
  packet.number = serial;
  packet.protocol = packet::Protocol::tcp;
  packet.source = {*packet::parse_address("192.0.2.1"), 40000};
  packet.destination = {*packet::parse_address("192.0.2.2"), 5000};
  if (from == Side::server) std::swap(packet.source, packet.destination);
  packet.connection = 1;
  packet.flags = flags;
  packet.payload_length = length;
  packet.sequence = sequence;
  packet.raw_sequence = 1000 + static_cast<std::uint32_t>(sequence);
  if ((flags & packet::flag::ack) != 0) packet.acknowledgement = acknowledgement;
  packet.retransmission = again;
  return held;
}

// SYN and SYN-ACK let through, the ACK dropped, data held.
inline Story short_story() {
  using namespace packet::flag;
  Story story;
  story.next_look();
  story.arrive(held_packet(1, Side::client, syn, 0), false);
  story.see(1, Side::client, tcp::State::syn_sent);
  story.settle(1, Fate::passed);
  story.next_look();
  story.arrive(held_packet(2, Side::server, syn | ack, 0, 1), false);
  story.see(1, Side::server, tcp::State::syn_received);
  story.settle(2, Fate::passed);
  story.next_look();
  story.arrive(held_packet(3, Side::client, ack, 1, 1), false);
  story.arrive(held_packet(4, Side::client, psh | ack, 1, 1, 3), false);
  story.see(1, Side::client, tcp::State::established);
  story.settle(3, Fate::dropped);
  return story;
}

}  // namespace wireproof::step
