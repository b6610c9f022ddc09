#include "packet/decode.h"

#include <algorithm>

#include "packet/bytes.h"
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

}  // namespace

Packet decode(const Frame& frame, bool verify_checksums) {
  Packet packet;
  packet.frame = frame;
  const LinkHeader link = decode_link(frame);
  packet.vlan_tags = link.vlan_tags;
  packet.ether_type = link.type;
  packet.cut = link.cut;
  packet.malformed = link.malformed;
  if (link.cut || !link.malformed.empty()) return packet;

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
  return packet;
}

}  // namespace wireproof::packet
