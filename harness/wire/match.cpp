#include "wire/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace wireproof::wire {
namespace {

// Later fragments have no transport header: they are of the protocol that IP's header names.
packet::Protocol protocol_of(const packet::Packet& packet) {
  if (packet.fragment_offset == 0) return packet.protocol;
  switch (packet.ip_protocol) {
    case 1:
      return packet::Protocol::icmp;
    case 6:
      return packet::Protocol::tcp;
    case 17:
      return packet::Protocol::udp;
    case 58:
      return packet::Protocol::icmpv6;
    default:
      return packet.protocol;
  }
}

bool fits_protocol(Protocol wanted, packet::Protocol is) {
  switch (wanted) {
    case Protocol::any:
      return true;
    case Protocol::tcp:
      return is == packet::Protocol::tcp;
    case Protocol::udp:
      return is == packet::Protocol::udp;
    case Protocol::icmp:
      return is == packet::Protocol::icmp;
    case Protocol::icmpv6:
      return is == packet::Protocol::icmpv6;
    case Protocol::arp:
      return is == packet::Protocol::arp;
  }
  return false;
}

bool is_icmp(packet::Protocol protocol) {
  return protocol == packet::Protocol::icmp || protocol == packet::Protocol::icmpv6;
}

bool fits_tcp(const Match& on, const packet::Packet& packet, const Standing& standing) {
  const bool tcp = packet.protocol == packet::Protocol::tcp;
  if (on.flags_all_of != 0 || on.flags_none_of != 0) {
    if (!tcp || !packet.tcp.has(on.flags_all_of) || (packet.tcp.flags & on.flags_none_of) != 0)
      return false;
  }
  if (on.sending != Sending::any &&
      (!tcp || standing.retransmission != (on.sending == Sending::retransmission)))
    return false;
  if (on.sequence) {
    if (!standing.sequence || *standing.sequence < 0) return false;
    const auto begin = static_cast<std::uint64_t>(*standing.sequence);
    const std::uint64_t last = begin + (standing.length > 0 ? standing.length - 1 : 0);
    if (last < on.sequence->from || begin > on.sequence->to) return false;
  }
  if (on.acknowledgement) {
    if (!standing.acknowledgement || *standing.acknowledgement < 0 ||
        !on.acknowledgement->contains(static_cast<std::uint64_t>(*standing.acknowledgement)))
      return false;
  }
  if (on.window && (!tcp || !on.window->contains(packet.tcp.window))) return false;
  return !on.acknowledges_fin || standing.acknowledges_fin;
}

bool fits_payload(const Match& on, const packet::Packet& packet) {
  if (on.payload_length && !on.payload_length->contains(packet.payload_length)) return false;
  const auto& payload = packet.payload;
  if (!on.payload_prefix.empty() &&
      (payload.size() < on.payload_prefix.size() ||
       !std::equal(on.payload_prefix.begin(), on.payload_prefix.end(), payload.begin())))
    return false;
  return on.payload_contains.empty() ||
         std::search(payload.begin(), payload.end(), on.payload_contains.begin(),
                     on.payload_contains.end()) != payload.end();
}

}  // namespace

bool is_housekeeping(const packet::Packet& packet) {
  if (packet.ip_offset == 0) return true;
  // Neighbour discovery 133 to 137 (RFC 4861), listener discovery 130 to 132 and 143 (RFC 3810).
  const std::uint8_t type = packet.icmp.type;
  if (packet.protocol == packet::Protocol::icmpv6)
    return (type >= 130 && type <= 137) || type == 143;
  return packet.ip_protocol == 2;  // IGMP
}

bool fits(const Match& on, const packet::Packet& packet, const Standing& standing,
          Direction direction) {
  if (on.direction != Direction::both && on.direction != direction) return false;
  if (!fits_protocol(on.protocol, protocol_of(packet))) return false;
  if (is_housekeeping(packet) && on.protocol != Protocol::arp && !on.icmp_type) return false;
  if (on.client_port && *on.client_port != standing.client_port) return false;
  if (on.server_port && *on.server_port != standing.server_port) return false;
  if (on.connection && *on.connection != standing.connection) return false;
  if (on.icmp_type && (!is_icmp(packet.protocol) || packet.icmp.type != *on.icmp_type))
    return false;
  if (on.icmp_code && (!is_icmp(packet.protocol) || packet.icmp.code != *on.icmp_code))
    return false;
  return fits_tcp(on, packet, standing) && fits_payload(on, packet);
}

namespace {

std::string_view words(Protocol protocol) {
  switch (protocol) {
    case Protocol::any:
      return "packets";
    case Protocol::tcp:
      return "TCP segments";
    case Protocol::udp:
      return "UDP datagrams";
    case Protocol::icmp:
      return "ICMP messages";
    case Protocol::icmpv6:
      return "ICMPv6 messages";
    case Protocol::arp:
      return "ARP messages";
  }
  return "packets";
}

std::string text(const Bytes& bytes) {
  return quoted(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

std::string describe(const Match& on) {
  std::string all(words(on.protocol));
  const auto add = [&](const auto& part) { fmt::format_to(std::back_inserter(all), ", {}", part); };
  const auto number = [&](std::string_view name, const auto& value) {
    if (value) add(fmt::format("{} {}", name, *value));
  };
  const auto range = [&](std::string_view name, const std::optional<Range>& value) {
    if (value) add(fmt::format("{} {}", name, to_string(*value)));
  };
  if (on.direction != Direction::both)
    all += on.direction == Direction::client_to_server ? " from the client" : " from the server";
  if (on.flags_all_of != 0) add("with " + packet::flags_text(on.flags_all_of));
  if (on.flags_none_of != 0) add("without " + packet::flags_text(on.flags_none_of));
  if (on.sending == Sending::first) add("sent first");
  if (on.sending == Sending::retransmission) add("sent again");
  range("length", on.payload_length);
  if (!on.payload_prefix.empty()) add("that begin with " + text(on.payload_prefix));
  if (!on.payload_contains.empty()) add("that contain " + text(on.payload_contains));
  range("seq", on.sequence);
  range("ack", on.acknowledgement);
  if (on.acknowledges_fin) add("that acknowledge a FIN");
  range("window", on.window);
  number("type", on.icmp_type);
  number("code", on.icmp_code);
  number("client port", on.client_port);
  number("server port", on.server_port);
  number("connection", on.connection);
  return all;
}

}  // namespace wireproof::wire
