#include "packet/build.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/ip.h"
#include "packet/link.h"

namespace wireproof::packet::build {
namespace {

void append(Bytes& out, View part) { out.insert(out.end(), part.begin(), part.end()); }

template <typename Number>
void append_be(Bytes& out, Number value) {
  out.resize(out.size() + sizeof value);
  store_be(out.data() + out.size() - sizeof value, value);
}

Bytes padded(const Bytes& options, std::size_t unit) {
  Bytes out = options;
  out.resize((out.size() + unit - 1) / unit * unit);
  return out;
}

std::size_t address_size(const Address& address) { return address.family == Family::ipv6 ? 16 : 4; }

void append_address(Bytes& out, const Address& address) {
  append(out, View(address.bytes).first(address_size(address)));
}

std::uint16_t transport_checksum(const Address& from, const Address& to, std::uint8_t protocol,
                                 View bytes) {
  const auto length = static_cast<std::uint32_t>(bytes.size());
  const auto sum = checksum_add(pseudo_header_sum(from, to, protocol, length), bytes);
  return static_cast<std::uint16_t>(~checksum_fold(sum));
}

}  // namespace

Bytes text(std::string_view characters) { return Bytes(characters.begin(), characters.end()); }

Bytes join(std::initializer_list<View> parts) {
  Bytes out;
  for (const View part : parts) append(out, part);
  return out;
}

Endpoint endpoint(std::string_view address, std::uint16_t port) {
  const auto parsed = parse_address(address);
  if (!parsed) throw std::invalid_argument("not an IP address: " + std::string(address));
  return {*parsed, port};
}

Bytes option_mss(std::uint16_t mss) {
  Bytes out = {2, 4};
  append_be(out, mss);
  return out;
}

Bytes option_window_scale(std::uint8_t shift) { return {3, 3, shift}; }

Bytes option_sack_permitted() { return {4, 2}; }

Bytes option_timestamps(std::uint32_t value, std::uint32_t echo_reply) {
  Bytes out = {8, 10};
  append_be(out, value);
  append_be(out, echo_reply);
  return out;
}

Bytes option_sack(std::initializer_list<TcpOptions::SackBlock> blocks) {
  Bytes out = {5, static_cast<std::uint8_t>(2 + 8 * blocks.size())};
  for (const auto& block : blocks) {
    append_be(out, block.left);
    append_be(out, block.right);
  }
  return out;
}

Bytes tcp(const Endpoint& from, const Endpoint& to, const TcpFields& fields, View payload) {
  const Bytes options = padded(fields.options, 4);
  const auto words = static_cast<std::uint8_t>(5 + options.size() / 4);
  Bytes out;
  out.reserve(20 + options.size() + payload.size());
  append_be(out, from.port);
  append_be(out, to.port);
  append_be(out, fields.seq);
  append_be(out, fields.ack);
  append_be(out, static_cast<std::uint16_t>(fields.data_offset.value_or(words) << 12 |
                                            (fields.flags & 0x0FFF)));
  append_be(out, fields.window);
  append_be(out, std::uint16_t{0});
  append_be(out, fields.urgent);
  append(out, options);
  append(out, payload);
  std::uint16_t checksum = transport_checksum(from.address, to.address, ip_protocol::tcp, out);
  if (fields.offloaded) {
    checksum = checksum_fold(pseudo_header_sum(from.address, to.address, ip_protocol::tcp,
                                               static_cast<std::uint32_t>(out.size())));
  }
  store_be(out.data() + 16, fields.checksum.value_or(checksum));
  return out;
}

Bytes udp(const Endpoint& from, const Endpoint& to, View payload, const UdpFields& fields) {
  Bytes out;
  append_be(out, from.port);
  append_be(out, to.port);
  append_be(out, fields.length.value_or(static_cast<std::uint16_t>(8 + payload.size())));
  append_be(out, std::uint16_t{0});
  append(out, payload);
  std::uint16_t checksum = transport_checksum(from.address, to.address, ip_protocol::udp, out);
  if (checksum == 0) checksum = 0xFFFF;  // RFC 768: zero would say that there is none
  store_be(out.data() + 6, fields.checksum.value_or(checksum));
  return out;
}

Bytes icmp(const Address& from, const Address& to, std::uint8_t type, std::uint8_t code,
           std::uint32_t rest, View body) {
  Bytes out = {type, code, 0, 0};
  append_be(out, rest);
  append(out, body);
  const std::uint16_t checksum =
      from.family == Family::ipv6
          ? transport_checksum(from, to, ip_protocol::icmpv6, out)
          : static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, out)));
  store_be(out.data() + 2, checksum);
  return out;
}

namespace {

Bytes ipv4(const Address& from, const Address& to, std::uint8_t protocol, View payload,
           const IpFields& fields) {
  const Bytes options = padded(fields.options, 4);
  const std::size_t header = 20 + options.size();
  Bytes out = {static_cast<std::uint8_t>(0x40 | header / 4), fields.traffic_class};
  append_be(out, fields.length.value_or(static_cast<std::uint16_t>(header + payload.size())));
  append_be(out, static_cast<std::uint16_t>(fields.id));
  const bool fragment = fields.more_fragments || fields.fragment_offset != 0;
  append_be(out, static_cast<std::uint16_t>((fields.dont_fragment && !fragment ? 0x4000 : 0) |
                                            (fields.more_fragments ? 0x2000 : 0) |
                                            fields.fragment_offset / 8));
  append(out, Bytes{fields.ttl, protocol, 0, 0});
  append_address(out, from);
  append_address(out, to);
  append(out, options);
  const auto checksum = static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, out)));
  store_be(out.data() + 10, fields.checksum.value_or(checksum));
  append(out, payload);
  return out;
}

Bytes ipv6(const Address& from, const Address& to, std::uint8_t protocol, View payload,
           const IpFields& fields) {
  const bool fragment = fields.more_fragments || fields.fragment_offset != 0;
  Bytes fragment_header;
  if (fragment) {
    fragment_header = {protocol, 0};
    append_be(fragment_header, static_cast<std::uint16_t>((fields.fragment_offset & 0xFFF8) |
                                                          (fields.more_fragments ? 1 : 0)));
    append_be(fragment_header, fields.id);
  }
  const std::uint8_t after_options = fragment ? ip_protocol::fragment : protocol;
  const std::size_t length = fields.options.size() + fragment_header.size() + payload.size();
  Bytes out = {static_cast<std::uint8_t>(0x60 | fields.traffic_class >> 4),
               static_cast<std::uint8_t>(fields.traffic_class << 4), 0, 0};
  append_be(out, fields.length.value_or(static_cast<std::uint16_t>(length)));
  append(out, Bytes{fields.options.empty() ? after_options : fields.first_extension, fields.ttl});
  append_address(out, from);
  append_address(out, to);
  append(out, fields.options);
  append(out, fragment_header);
  append(out, payload);
  return out;
}

}  // namespace

Bytes ip(const Address& from, const Address& to, std::uint8_t protocol, View payload,
         const IpFields& fields) {
  return from.family == Family::ipv6 ? ipv6(from, to, protocol, payload, fields)
                                     : ipv4(from, to, protocol, payload, fields);
}

namespace {

std::uint16_t type_of(View ip_packet) {
  return !ip_packet.empty() && ip_packet[0] >> 4 == 6 ? ether_type::ipv6 : ether_type::ipv4;
}

}  // namespace

Bytes ethernet(View ip_packet, std::initializer_list<VlanTag> tags) {
  Bytes out(12);
  for (const VlanTag& tag : tags) {
    append_be(out, tag.type);
    append_be(out, tag.id);
  }
  append_be(out, type_of(ip_packet));
  append(out, ip_packet);
  return out;
}

Bytes link(LinkType type, View ip_packet) {
  const std::uint16_t ether_type = type_of(ip_packet);
  const bool version_6 = ether_type == ether_type::ipv6;
  Bytes out;
  switch (type) {
    case LinkType::ethernet:
      return ethernet(ip_packet);
    case LinkType::null: {
      const std::uint32_t family = version_6 ? 10 : 2;  // in this machine's order
      out.resize(4);
      std::memcpy(out.data(), &family, sizeof family);
      break;
    }
    case LinkType::loop:
      append_be(out, std::uint32_t{version_6 ? 24u : 2u});
      break;
    case LinkType::ppp:
      out = {0xFF, 0x03, 0x00, static_cast<std::uint8_t>(version_6 ? 0x57 : 0x21)};
      break;
    case LinkType::cooked_v1:
      out.resize(14);
      out[3] = 1;  // ARPHRD_ETHER
      append_be(out, ether_type);
      break;
    case LinkType::cooked_v2:
      append_be(out, ether_type);
      out.resize(20);
      out[9] = 1;
      break;
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      break;
  }
  append(out, ip_packet);
  return out;
}

Bytes tcp_frame(const Endpoint& from, const Endpoint& to, const TcpFields& fields, View payload) {
  return ethernet(ip(from.address, to.address, ip_protocol::tcp, tcp(from, to, fields, payload)));
}

Bytes udp_frame(const Endpoint& from, const Endpoint& to, View payload, const UdpFields& fields) {
  return ethernet(ip(from.address, to.address, ip_protocol::udp, udp(from, to, payload, fields)));
}

Frame frame(View bytes, std::uint64_t number, std::int64_t time_ns, LinkType type) {
  return {number, time_ns, type, static_cast<std::uint32_t>(bytes.size()), bytes};
}

}  // namespace wireproof::packet::build
