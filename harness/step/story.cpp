#include "step/story.h"

#include <fmt/format.h>

#include <algorithm>

#include "packet/decode.h"

namespace wireproof::step {
namespace {

using packet::flag::fin;
using packet::flag::rst;
using packet::flag::syn;

bool is_copy(const wire::PacketId& one, const wire::PacketId& of) {
  return one.retransmission && one.direction == of.direction && one.connection == of.connection &&
         one.raw_sequence == of.raw_sequence && one.payload_length == of.payload_length &&
         one.flags == of.flags;
}

packet::Packet decoded(const wire::Bytes& frame) {
  packet::Frame whole;
  whole.wire_length = static_cast<std::uint32_t>(frame.size());
  whole.bytes = frame;
  return packet::decode(whole, false);
}

}  // namespace

std::string_view name(Fate fate) {
  switch (fate) {
    case Fate::held:
      return "held";
    case Fate::passed:
      return "passed";
    case Fate::dropped:
      return "dropped";
    case Fate::doubled:
      return "doubled";
  }
  return "";
}

Side sender(const wire::PacketId& packet) {
  return packet.direction == wire::Direction::client_to_server ? Side::client : Side::server;
}

packet::Endpoint endpoint_of(const wire::PacketId& packet, Side side) {
  return sender(packet) == side ? packet.source : packet.destination;
}

std::string in_short(const wire::PacketId& packet) {
  std::string text(name(sender(packet)));
  if (packet.protocol != packet::Protocol::tcp) {
    const bool icmp =
        packet.protocol == packet::Protocol::icmp || packet.protocol == packet::Protocol::icmpv6;
    return text + (icmp ? fmt::format(" ICMP type {} code {}", packet.icmp_type, packet.icmp_code)
                        : fmt::format(" packet of {} bytes", packet.payload_length));
  }
  text += " " + packet::flags_text(packet.flags);
  if (packet.sequence) text += fmt::format(" seq {}", *packet.sequence);
  if (packet.acknowledgement) text += fmt::format(" ack {}", *packet.acknowledgement);
  if (packet.payload_length > 0) text += fmt::format(" length {}", packet.payload_length);
  return text;
}

bool Story::arrive(const wire::HeldPacket& held, bool keep_copies) {
  if (!keep_copies) {
    for (Row& row : rows_) {
      if (row.number == 0 || row.fate != Fate::held || !is_copy(held.packet, row.packet)) continue;
      ++row.copies;
      say(fmt::format("again {} {}", row.number, in_short(row.packet)));
      return true;
    }
  }
  Row row;
  row.number = ++count_;
  row.serial = held.serial;
  row.packet = held.packet;
  row.frame = held.frame;
  if ((held.packet.flags & (syn | fin | rst)) != 0) row.explains = 2;
  if (held.packet.protocol == packet::Protocol::tcp && held.packet.connection != 0) {
    Conversation& conversation = conversations_[held.packet.connection];
    conversation.client = endpoint_of(held.packet, Side::client);
    conversation.server = endpoint_of(held.packet, Side::server);
    if ((held.packet.flags & syn) != 0) {
      conversation.scale[static_cast<std::size_t>(sender(held.packet))] =
          decoded(held.frame).tcp.options.window_scale;
    }
  }
  say(fmt::format("held {} {}", row.number, in_short(row.packet)));
  rows_.push_back(std::move(row));
  return false;
}

void Story::settle(std::uint64_t serial, Fate fate) {
  const auto at = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
    return row.number != 0 && row.fate == Fate::held && row.serial == serial;
  });
  if (at == rows_.end()) return;
  at->fate = fate;
  say(fmt::format("{} {}", name(fate), at->number));
  // Behind the last one that was settled: held ones stay below.
  const auto first_held = std::find_if(rows_.begin(), rows_.end(), [](const Row& row) {
    return row.number != 0 && row.fate == Fate::held;
  });
  if (first_held < at) std::rotate(first_held, at, at + 1);
}

void Story::next_look() {
  for (Row& row : rows_) row.explains = std::max(0, row.explains - 1);
}

// The packet whose doing a change at this end is: the end's own SYN, FIN or RST that has just come
// to the wire, else the last one that was let through to it.
Row* Story::explanation(unsigned connection, Side side) {
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
    if (row->number == 0 || row->packet.connection != connection) continue;
    if (row->explains > 0 && sender(row->packet) == side) return &*row;
  }
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
    if (row->number == 0 || row->packet.connection != connection) continue;
    if (row->fate == Fate::held) continue;
    const bool reached = row->fate != Fate::dropped && sender(row->packet) != side;
    return reached ? &*row : nullptr;
  }
  return nullptr;
}

void Story::see(unsigned connection, Side side, tcp::State state) {
  Conversation& conversation = conversations_[connection];
  tcp::State& known = conversation.states[static_cast<std::size_t>(side)];
  if (known == state) return;
  known = state;
  say(conversations_.size() > 1
          ? fmt::format("state {} {} connection {}", name(side), tcp::name(state), connection)
          : fmt::format("state {} {}", name(side), tcp::name(state)));
  if (Row* row = explanation(connection, side)) {
    row->of(side).push_back(state);
    if (sender(row->packet) == side) row->explains = 0;
    return;
  }
  Row row;
  row.packet.connection = connection;
  row.fate = Fate::passed;
  row.of(side).push_back(state);
  const auto first_held = std::find_if(rows_.begin(), rows_.end(), [](const Row& one) {
    return one.number != 0 && one.fate == Fate::held;
  });
  rows_.insert(first_held, std::move(row));
}

const Row* Story::oldest_held() const {
  for (const Row& row : rows_)
    if (row.number != 0 && row.fate == Fate::held) return &row;
  return nullptr;
}

const Row* Story::find(unsigned number) const {
  for (const Row& row : rows_)
    if (row.number != 0 && row.number == number) return &row;
  return nullptr;
}

std::size_t Story::held() const {
  return static_cast<std::size_t>(std::count_if(rows_.begin(), rows_.end(), [](const Row& row) {
    return row.number != 0 && row.fate == Fate::held;
  }));
}

const Conversation* Story::conversation(const Row& row) const {
  const auto at = conversations_.find(row.packet.connection);
  return at == conversations_.end() ? nullptr : &at->second;
}

}  // namespace wireproof::step
