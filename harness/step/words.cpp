#include "step/words.h"

#include <fmt/format.h>

#include "base/text.h"
#include "packet/decode.h"

namespace wireproof::step {
namespace {

using packet::flag::ack;
using packet::flag::fin;
using packet::flag::rst;
using packet::flag::syn;

std::string bytes(std::uint64_t count) {
  return fmt::format("{} byte{}", count, count == 1 ? "" : "s");
}

// What the segment is for (RFC 9293 3.5, 3.6).
std::string purpose(const wire::PacketId& packet) {
  const bool acks = (packet.flags & ack) != 0;
  if ((packet.flags & rst) != 0) return "the connection is broken off; nothing answers this";
  if ((packet.flags & syn) != 0) {
    return acks ? "agrees to the connection, and asks for its own direction"
                : "asks for a connection";
  }
  if ((packet.flags & fin) != 0) {
    return packet.payload_length > 0 ? "its last data; it has nothing more to send"
                                     : "it has nothing more to send";
  }
  if (packet.payload_length > 0) return "data: " + bytes(packet.payload_length);
  if (acks) return "an acknowledgement alone";
  return "an empty segment";
}

std::string sequence_meaning(const wire::PacketId& packet) {
  if (!packet.sequence) return "the wire has not seen its SYN";
  const std::int64_t first = *packet.sequence;
  const std::int64_t last = first + packet.payload_length - 1;
  const bool ends = (packet.flags & fin) != 0;
  if ((packet.flags & syn) != 0) return fmt::format("it numbers from {}", packet.raw_sequence);
  std::string text;
  if (packet.payload_length == 1) text = fmt::format("byte {} of its stream", first);
  if (packet.payload_length > 1) text = fmt::format("bytes {} to {} of its stream", first, last);
  if (ends) {
    return text + fmt::format("{}the FIN counts as one: {}", text.empty() ? "" : "; ", last + 1);
  }
  return text.empty() ? fmt::format("its next byte will be {}", first) : text;
}

std::string acknowledgement_meaning(const wire::PacketId& packet) {
  if (!packet.acknowledgement) return "the wire has not seen the other SYN";
  const std::int64_t next = *packet.acknowledgement;
  if (next == 1) return "it has the other's SYN, and wants byte 1";
  return fmt::format("it has everything before {}", next);
}

std::string options_text(const packet::TcpOptions& options) {
  std::string text;
  const auto add = [&](std::string one) { text += (text.empty() ? "" : ", ") + std::move(one); };
  if (options.mss) add(fmt::format("takes segments of {} bytes", *options.mss));
  if (options.sack_permitted) add("takes selective acknowledgements");
  if (options.window_scale)
    add(fmt::format("scales its window by {}", 1u << (*options.window_scale & 15u)));
  if (options.timestamps) add("timestamps");
  if (options.sack_count > 0) add(fmt::format("has {} blocks beyond a gap", options.sack_count));
  if (options.fast_open) add("fast open");
  if (options.mptcp) add("Multipath TCP");
  return text;
}

Field window_field(const packet::TcpHeader& tcp, Side from, const Conversation* conversation) {
  const bool scaled = conversation != nullptr && conversation->scale[0] && conversation->scale[1] &&
                      (tcp.flags & syn) == 0;
  const std::uint32_t room =
      scaled ? std::uint32_t{tcp.window}
                   << (*conversation->scale[static_cast<std::size_t>(from)] & 15u)
             : tcp.window;
  return {"window", std::to_string(tcp.window),
          room == 0 ? "no room: the other must wait" : "room for " + bytes(room)};
}

}  // namespace

Told in_words(const Row& row, const Conversation* conversation) {
  const wire::PacketId& packet = row.packet;
  Told told;
  const Side from = sender(packet);
  packet::Frame frame;
  frame.bytes = row.frame;
  frame.wire_length = static_cast<std::uint32_t>(row.frame.size());
  const packet::Packet decoded = packet::decode(frame, false);
  if (packet.protocol != packet::Protocol::tcp) {
    told.headline = fmt::format("{} (no TCP)", in_short(packet));
    told.fields.push_back({"to", to_string(packet.destination), ""});
    return told;
  }
  told.headline = fmt::format("{} from the {}: {}{}", packet::flags_text(packet.flags), name(from),
                              purpose(packet), packet.retransmission ? ", again" : "");
  const auto number = [](const std::optional<std::int64_t>& relative, std::uint32_t raw) {
    return relative ? std::to_string(*relative) : std::to_string(raw);
  };
  told.fields.push_back(
      {"sequence", number(packet.sequence, packet.raw_sequence), sequence_meaning(packet)});
  if ((packet.flags & ack) != 0) {
    told.fields.push_back({"acknowledges",
                           number(packet.acknowledgement, packet.raw_acknowledgement),
                           acknowledgement_meaning(packet)});
  }
  told.fields.push_back(window_field(decoded.tcp, from, conversation));
  if (const std::string options = options_text(decoded.tcp.options); !options.empty()) {
    told.fields.push_back({"options", "", options});
  }
  if (!decoded.payload.empty()) {
    const std::string_view payload(reinterpret_cast<const char*>(decoded.payload.data()),
                                   decoded.payload.size());
    told.fields.push_back({"payload", "", quoted(payload, 60)});
  }
  if (row.copies > 0) {
    told.fields.push_back({"sent again", std::to_string(row.copies),
                           "nobody has acknowledged it; these copies were dropped"});
  }
  return told;
}

}  // namespace wireproof::step
