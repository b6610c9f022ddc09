#include "packet/decode.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <type_traits>

#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/ip.h"
#include "packet/link.h"
#include "packet/transport.h"

namespace wireproof::packet {
namespace {

using Bytes = std::span<const std::uint8_t>;

// RFC 826, for IPv4 over six-byte hardware addresses: sender and target.
void decode_arp(Packet& packet, Bytes arp) {
  packet.protocol = Protocol::arp;
  if (arp.size() < 28) {
    packet.cut = true;
    return;
  }
  if (be16(arp.data() + 2) != ether_type::ipv4 || arp[4] != 6 || arp[5] != 4) return;
  packet.source.address.family = packet.destination.address.family = Family::ipv4;
  std::copy_n(arp.data() + 14, 4, packet.source.address.bytes.begin());
  std::copy_n(arp.data() + 24, 4, packet.destination.address.bytes.begin());
}

void decode_ip(Packet& packet, Bytes bytes, std::uint32_t on_wire, bool verify) {
  const bool version_4 = packet.ether_type == ether_type::ipv4;
  const IpHeader ip =
      version_4 ? decode_ipv4(bytes, on_wire, verify, false) : decode_ipv6(bytes, on_wire, false);
  packet.protocol = Protocol::other;
  packet.ip_protocol = ip.protocol;
  packet.source.address = ip.source;
  packet.destination.address = ip.destination;
  packet.ttl = ip.ttl;
  packet.ecn = ip.traffic_class & 3;
  packet.dscp = ip.traffic_class >> 2;
  packet.ip_id = ip.id;
  packet.dont_fragment = ip.dont_fragment;
  packet.is_fragment = ip.is_fragment;
  packet.fragment_offset = ip.fragment_offset;
  packet.more_fragments = ip.more_fragments;
  packet.ip_checksum = ip.checksum;
  packet.cut = ip.cut;
  packet.malformed = ip.malformed;
  if (ip.cut || ip.stopped) return;

  packet.transport_offset = packet.ip_offset + ip.length;
  if (ip.is_fragment) {
    packet.fragment_data = packet.ip_offset + ip.fragment_data;
    packet.fragment_length = ip.payload_length + ip.length - ip.fragment_data;
  }
  const Bytes rest = bytes.subspan(ip.length);
  const Bytes transport = rest.first(std::min<std::size_t>(rest.size(), ip.payload_length));
  packet.payload_length = ip.payload_length;
  if (!ip.is_fragment || ip.fragment_offset == 0) {
    switch (ip.protocol) {
      case ip_protocol::tcp:
        packet.payload_length = 0;
        return decode_tcp(packet, ip, transport, verify);
      case ip_protocol::udp:
        packet.payload_length = 0;
        return decode_udp(packet, ip, transport, verify);
      case ip_protocol::icmp:
        if (version_4) return decode_icmp(packet, ip, transport, verify);
        break;
      case ip_protocol::icmpv6:
        if (!version_4) return decode_icmp(packet, ip, transport, verify);
        break;
      default:
        break;
    }
  }
  packet.payload = transport;
}

// In place: assignment would make another and copy it.
void renew(Packet& packet) {
  static_assert(std::is_trivially_destructible_v<Packet>);
  std::construct_at(&packet);
}

// The frame that nearly all are, by a short way: Ethernet without tags, IPv4 without options, no
// fragment, TCP; whole, and with good checksums. False: it is another one, for the long way, which
// is what says what this may leave out.
bool decode_plain(Packet& packet, const Frame& frame, bool verify) {
  constexpr std::size_t ip_at = 14, tcp_at = ip_at + 20;
  constexpr std::uint16_t fragment_bits = 0x3FFF;
  const Bytes bytes = frame.bytes;
  const std::uint8_t* const ip = bytes.data() + ip_at;
  if (frame.link != LinkType::ethernet || bytes.size() < tcp_at + 20 ||
      be16(bytes.data() + 12) != ether_type::ipv4 || ip[0] != 0x45 ||
      (be16(ip + 6) & fragment_bits) != 0 || ip[9] != ip_protocol::tcp) {
    return false;
  }
  const std::size_t total = be16(ip + 2);
  const std::uint8_t* const tcp = bytes.data() + tcp_at;
  const std::size_t header = (tcp[12] >> 4) * std::size_t{4};
  if (total > bytes.size() - ip_at || header < 20 || total < 20 + header) return false;
  const Bytes segment = bytes.subspan(tcp_at, total - 20);
  if (verify) {
    const auto load = [](const std::uint8_t* at) {  // as it lies in memory
      std::uint32_t word;
      std::memcpy(&word, at, sizeof word);
      return std::uint64_t{word};
    };
    const std::uint64_t addresses = load(ip + 12) + load(ip + 16);
    const std::uint64_t rest = load(ip) + load(ip + 4) + load(ip + 8);
    if (!checksum_holds(addresses + rest)) return false;
    std::uint8_t tail[4] = {0, ip_protocol::tcp};
    store_be(tail + 2, static_cast<std::uint16_t>(segment.size()));
    if (!checksum_holds(checksum_add(addresses + load(tail), segment))) return false;
  }
  if (!packet.plain) {
    renew(packet);
    packet.plain = true;
  } else if (packet.tcp.header_length > 20) {
    packet.tcp.options = {};
  }
  // From here on all that a plain packet can differ in from a new one, and from another plain one.
  packet.frame = frame;
  packet.ip_checksum = packet.checksum = verify ? Checksum::good : Checksum::unknown;
  packet.protocol = Protocol::tcp;
  packet.ip_protocol = ip_protocol::tcp;
  packet.ether_type = ether_type::ipv4;
  packet.source.address.family = packet.destination.address.family = Family::ipv4;
  std::memcpy(packet.source.address.bytes.data(), ip + 12, 4);
  std::memcpy(packet.destination.address.bytes.data(), ip + 16, 4);
  packet.source.port = be16(tcp);
  packet.destination.port = be16(tcp + 2);
  packet.ttl = ip[8];
  packet.ecn = ip[1] & 3;
  packet.dscp = ip[1] >> 2;
  packet.ip_id = be16(ip + 4);
  packet.dont_fragment = (ip[6] & 0x40) != 0;
  packet.ip_offset = ip_at;
  packet.transport_offset = tcp_at;
  packet.tcp.seq = be32(tcp + 4);
  packet.tcp.ack = be32(tcp + 8);
  packet.tcp.flags = be16(tcp + 12) & 0x01FF;
  packet.tcp.window = be16(tcp + 14);
  packet.tcp.urgent = be16(tcp + 18);
  packet.tcp.header_length = static_cast<std::uint8_t>(header);
  if (header > 20) read_tcp_options(packet.tcp.options, segment.first(header), true);
  packet.payload_length = static_cast<std::uint32_t>(segment.size() - header);
  packet.payload = packet.payload_length != 0 ? segment.subspan(header) : Bytes{};
  return true;
}

}  // namespace

Packet decode(const Frame& frame, bool verify_checksums) {
  Packet packet;
  decode(frame, verify_checksums, packet);
  return packet;
}

void decode(const Frame& frame, bool verify_checksums, Packet& packet) {
  if (decode_plain(packet, frame, verify_checksums)) return;
  renew(packet);
  packet.frame = frame;
  const LinkHeader link = decode_link(frame);
  packet.vlan_tags = link.vlan_tags;
  packet.ether_type = link.type;
  packet.cut = link.cut;
  packet.malformed = link.malformed;
  if (link.cut || !link.malformed.empty()) return;

  const Bytes rest = frame.bytes.subspan(link.length);
  // A frame cannot be shorter than what was captured of it, whatever the file says.
  const auto whole = std::max<std::size_t>(frame.wire_length, frame.bytes.size());
  const auto on_wire = static_cast<std::uint32_t>(whole - link.length);
  if (link.type == ether_type::ipv4 || link.type == ether_type::ipv6) {
    packet.ip_offset = static_cast<std::uint32_t>(link.length);
    decode_ip(packet, rest, on_wire, verify_checksums);
  } else if (link.type == ether_type::arp) {
    decode_arp(packet, rest);
  } else if (link.type != 0) {
    packet.protocol = Protocol::other;
    packet.payload_length = on_wire;
    packet.payload = rest;
  }
}

}  // namespace wireproof::packet
