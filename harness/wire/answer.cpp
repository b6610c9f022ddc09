#include "wire/answer.h"

#include <algorithm>

#include "packet/build.h"
#include "packet/ip.h"

namespace wireproof::wire {
namespace {

namespace build = packet::build;
using packet::flag::ack, packet::flag::fin, packet::flag::rst, packet::flag::syn;

// The link header of `frame`, back to where it came from or on its way, around `ip_packet`.
Bytes framed(View frame, const packet::Packet& packet, View ip_packet, bool back) {
  Bytes out(frame.begin(), frame.begin() + packet.ip_offset);
  if (back) std::swap_ranges(out.begin(), out.begin() + 6, out.begin() + 6);
  out.insert(out.end(), ip_packet.begin(), ip_packet.end());
  return out;
}

Bytes tcp_packet(const packet::Endpoint& from, const packet::Endpoint& to,
                 const build::TcpFields& fields) {
  return build::ip(from.address, to.address, packet::ip_protocol::tcp,
                   build::tcp(from, to, fields));
}

std::uint32_t sequence_length(const packet::Packet& packet) {
  return packet.payload_length + packet.tcp.has(syn) + packet.tcp.has(fin);
}

}  // namespace

std::optional<Bytes> rst_to_sender(View frame, std::int64_t sequence_offset) {
  const packet::Packet packet = decoded(frame);
  if (packet.protocol != packet::Protocol::tcp) return std::nullopt;
  const auto offset = static_cast<std::uint32_t>(sequence_offset);
  build::TcpFields fields;
  fields.window = 0;
  if (packet.tcp.has(ack)) {
    fields.seq = packet.tcp.ack + offset;
    fields.flags = rst;
  } else {
    fields.seq = offset;
    fields.ack = packet.tcp.seq + sequence_length(packet);
    fields.flags = rst | ack;
  }
  return framed(frame, packet, tcp_packet(packet.destination, packet.source, fields), true);
}

std::optional<Bytes> rst_to_receiver(View frame, bool passed, std::int64_t sequence_offset) {
  const packet::Packet packet = decoded(frame);
  if (packet.protocol != packet::Protocol::tcp) return std::nullopt;
  build::TcpFields fields;
  fields.window = 0;
  fields.seq = packet.tcp.seq + static_cast<std::uint32_t>(sequence_offset) +
               (passed ? sequence_length(packet) : 0);
  fields.flags = rst;
  if (packet.tcp.has(ack)) {
    fields.ack = packet.tcp.ack;
    fields.flags = rst | ack;
  }
  return framed(frame, packet, tcp_packet(packet.source, packet.destination, fields), false);
}

namespace {

struct TypeCode {
  std::uint8_t type = 0, code = 0;
};

TypeCode numbers(const AnswerIcmp& answer, bool version_6) {
  switch (answer.error) {  // RFC 792 and RFC 1812 5.2.7; RFC 4443 3
    case IcmpError::explicit_numbers:
      return {answer.type, answer.code};
    case IcmpError::net_unreachable:
      return version_6 ? TypeCode{1, 0} : TypeCode{3, 0};
    case IcmpError::host_unreachable:
      return version_6 ? TypeCode{1, 3} : TypeCode{3, 1};
    case IcmpError::port_unreachable:
      return version_6 ? TypeCode{1, 4} : TypeCode{3, 3};
    case IcmpError::prohibited:
      return version_6 ? TypeCode{1, 1} : TypeCode{3, 13};
    case IcmpError::packet_too_big:
      return version_6 ? TypeCode{2, 0} : TypeCode{3, 4};
    case IcmpError::time_exceeded:
      return version_6 ? TypeCode{3, 0} : TypeCode{11, 0};
  }
  return {};
}

// The whole message with its IP header: RFC 1812 4.3.2.3, RFC 4443 2.4 c.
constexpr std::size_t most_ipv4 = 576, most_ipv6 = 1280;

}  // namespace

std::optional<Bytes> icmp_error(View frame, const AnswerIcmp& answer) {
  const packet::Packet packet = decoded(frame);
  if (packet.ip_offset == 0 || packet.transport_offset == 0 || packet.icmp.is_error)
    return std::nullopt;
  const bool version_6 = packet.source.address.family == packet::Family::ipv6;
  const packet::Address from = answer.from && answer.from->family == packet.source.address.family
                                   ? *answer.from
                                   : packet.destination.address;
  const View original = frame.subspan(packet.ip_offset);
  const std::size_t room = version_6 ? most_ipv6 - 40 - 8 : most_ipv4 - 20 - 8;
  const TypeCode type_code = numbers(answer, version_6);
  const Bytes message = build::icmp(from, packet.source.address, type_code.type, type_code.code,
                                    answer.mtu, original.first(std::min(original.size(), room)));
  const std::uint8_t protocol = version_6 ? packet::ip_protocol::icmpv6 : packet::ip_protocol::icmp;
  build::IpFields fields;
  fields.dont_fragment = false;
  return framed(frame, packet, build::ip(from, packet.source.address, protocol, message, fields),
                true);
}

}  // namespace wireproof::wire
