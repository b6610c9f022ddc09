#include "packet/ip.h"

#include <algorithm>

#include "packet/bytes.h"
#include "packet/checksum.h"

namespace wireproof::packet {
namespace {

using Bytes = std::span<const std::uint8_t>;

Address address_at(Family family, const std::uint8_t* at) {
  Address address;
  address.family = family;
  std::copy_n(at, family == Family::ipv4 ? 4 : 16, address.bytes.begin());
  return address;
}

void stop(IpHeader& ip, std::string_view why) {
  ip.malformed = why;
  ip.stopped = true;
}

// RFC 8200 4.4: with segments left, the pseudo-header has the last address. Type 0 (RFC 5095
// deprecates it) and 2 list addresses in order; type 4 (RFC 8754) in reverse order.
void read_routing(IpHeader& ip, Bytes header) {
  const unsigned type = header[2], segments_left = header[3];
  if (segments_left == 0) return;
  if ((type == 0 || type == 2) && header.size() >= 24) {
    ip.final_destination = address_at(Family::ipv6, header.data() + header.size() - 16);
  } else if (type == 4 && header.size() >= 24) {
    ip.final_destination = address_at(Family::ipv6, header.data() + 8);
  } else {
    ip.final_destination_known = false;
  }
}

// RFC 2675: the payload length of a jumbogram, also as Linux writes it for TSO beyond 64 KiB.
std::uint32_t jumbo_length(Bytes options) {
  std::size_t at = 2;
  while (at + 2 <= options.size()) {
    if (options[at] == 0) {  // Pad1
      ++at;
      continue;
    }
    const std::size_t length = options[at + 1];
    if (options[at] == 0xC2 && length == 4 && at + 6 <= options.size()) {
      return be32(options.data() + at + 2);
    }
    at += 2 + length;
  }
  return 0;
}

bool is_extension(std::uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::hop_by_hop:
    case ip_protocol::routing:
    case ip_protocol::fragment:
    case ip_protocol::ah:
    case ip_protocol::destination:
    case ip_protocol::mobility:
    case ip_protocol::hip:
    case ip_protocol::shim6:
      return true;
    default:
      return false;
  }
}

// The bytes of an extension header (RFC 8200 4, RFC 4302 2.2); its first two were captured.
std::size_t extension_length(std::uint8_t protocol, const std::uint8_t* at) {
  if (protocol == ip_protocol::fragment) return 8;
  if (protocol == ip_protocol::ah) return (std::size_t{at[1]} + 2) * 4;
  return (std::size_t{at[1]} + 1) * 8;
}

// Walks extension headers from ip.length on; `end` is where the packet ends by its length fields.
void walk_extensions(IpHeader& ip, Bytes bytes, std::uint64_t end, bool quoted) {
  while (is_extension(ip.protocol)) {
    // A later fragment carries no more headers of its own: what follows is data.
    if (ip.is_fragment && ip.fragment_offset != 0) return;
    const std::uint64_t at = ip.length;
    const bool two_captured = bytes.size() >= at + 2;
    const std::uint64_t length =
        two_captured ? extension_length(ip.protocol, bytes.data() + at) : 8;
    if (at + length > end && !quoted) return stop(ip, "IPv6 extension header ends past the packet");
    if (bytes.size() < at + length) {
      ip.cut = true;
      return;
    }
    const Bytes header = bytes.subspan(at, length);
    if (ip.protocol == ip_protocol::fragment) {
      const std::uint16_t word = be16(header.data() + 2);
      ip.fragment_offset = word & 0xFFF8;
      ip.more_fragments = (word & 1) != 0;
      ip.id = be32(header.data() + 4);
      // Atomic fragments (RFC 6946) are whole: no fragment to put together.
      ip.is_fragment = ip.fragment_offset != 0 || ip.more_fragments;
    } else if (ip.protocol == ip_protocol::routing) {
      read_routing(ip, header);
    }
    const bool was_fragment_header = ip.protocol == ip_protocol::fragment;
    ip.protocol = header[0];
    ip.length += static_cast<std::uint32_t>(length);
    if (was_fragment_header) ip.fragment_data = ip.length;
  }
}

}  // namespace

// 0       4       8              16    19                       31
// |version| words | DSCP    |ECN|          total length          |
// |        identification       |flags|      fragment offset     |
// |      TTL      |  protocol   |        header checksum         |
// |             source, destination, options                     |
IpHeader decode_ipv4(Bytes bytes, std::uint32_t on_wire, bool verify, bool quoted) {
  IpHeader ip;
  if (bytes.size() < 20) {
    ip.cut = true;
    if (on_wire < 20 && !quoted) stop(ip, "IPv4 header ends past the frame");
    return ip;
  }
  const std::uint8_t* at = bytes.data();
  ip.source = address_at(Family::ipv4, at + 12);
  ip.destination = ip.final_destination = address_at(Family::ipv4, at + 16);
  ip.traffic_class = at[1];
  ip.id = be16(at + 4);
  const std::uint16_t fragment = be16(at + 6);
  ip.dont_fragment = (fragment & 0x4000) != 0;
  ip.more_fragments = (fragment & 0x2000) != 0;
  ip.fragment_offset = static_cast<std::uint16_t>((fragment & 0x1FFF) * 8);
  ip.is_fragment = ip.more_fragments || ip.fragment_offset != 0;
  ip.ttl = at[8];
  ip.protocol = at[9];
  ip.length = (at[0] & 0x0Fu) * 4u;
  if (at[0] >> 4 != 4) {
    stop(ip, "IPv4 version field is not 4");
    return ip;
  }
  if (ip.length < 20) {
    stop(ip, "IPv4 header length is below 20");
    return ip;
  }
  std::uint32_t total = be16(at + 2);
  // Linux writes 0 for what TSO cuts into segments later, longer than 16 bits can say.
  if (total == 0) total = on_wire;
  if (total < ip.length) {
    stop(ip, "IPv4 total length is below the header's");
    return ip;
  }
  if (total > on_wire && !quoted) ip.malformed = "IPv4 total length exceeds the frame";
  ip.payload_length = total - ip.length;
  ip.fragment_data = ip.length;
  if (bytes.size() < ip.length) {
    ip.cut = true;
    return ip;
  }
  if (verify && !quoted) {
    const bool good = checksum_holds(checksum_add(0, bytes.first(ip.length)));
    // Zero: left to hardware as well (some drivers' TSO).
    ip.checksum = good ? Checksum::good : be16(at + 10) == 0 ? Checksum::partial : Checksum::bad;
  }
  if (ip.protocol == ip_protocol::ah) {
    const std::uint32_t before = ip.length;
    walk_extensions(ip, bytes, total, quoted);
    ip.payload_length -= std::min(ip.payload_length, ip.length - before);
  }
  return ip;
}

// 0       4          12                                          31
// |version| traffic class |            flow label                 |
// |         payload length         |  next header |   hop limit   |
// |               source, destination (16 bytes each)             |
IpHeader decode_ipv6(Bytes bytes, std::uint32_t on_wire, bool quoted) {
  IpHeader ip;
  if (bytes.size() < 40) {
    ip.cut = true;
    if (on_wire < 40 && !quoted) stop(ip, "IPv6 header ends past the frame");
    return ip;
  }
  const std::uint8_t* at = bytes.data();
  ip.source = address_at(Family::ipv6, at + 8);
  ip.destination = ip.final_destination = address_at(Family::ipv6, at + 24);
  ip.traffic_class = static_cast<std::uint8_t>(be16(at) >> 4);
  ip.ttl = at[7];
  ip.protocol = at[6];
  ip.length = 40;
  ip.dont_fragment = true;  // by routers, ever (RFC 8200 5)
  if (at[0] >> 4 != 6) {
    stop(ip, "IPv6 version field is not 6");
    return ip;
  }
  std::uint64_t end = std::uint64_t{40} + be16(at + 4);
  if (end == 40) {
    if (ip.protocol == ip_protocol::hop_by_hop && bytes.size() >= 48) {
      const std::size_t length = std::min(bytes.size() - 40, extension_length(0, at + 40));
      end += jumbo_length(bytes.subspan(40, length));
    } else if (ip.protocol == ip_protocol::tcp || ip.protocol == ip_protocol::udp) {
      end = std::max<std::uint64_t>(on_wire, 40);  // neither can be empty: TSO, as in IPv4
    }
  }
  if (end > on_wire && !quoted) ip.malformed = "IPv6 payload length exceeds the frame";
  end = std::min<std::uint64_t>(end, 0xFFFFFFFF);
  walk_extensions(ip, bytes, end, quoted);
  ip.payload_length = end > ip.length ? static_cast<std::uint32_t>(end - ip.length) : 0;
  return ip;
}

}  // namespace wireproof::packet
