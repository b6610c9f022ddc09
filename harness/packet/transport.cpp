#include "packet/transport.h"

#include <algorithm>

#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/tcp_options.h"

namespace wireproof::packet {
namespace {

using Bytes = std::span<const std::uint8_t>;

void malformed(Packet& packet, std::string_view why) {
  if (packet.malformed.empty()) packet.malformed = why;
}

// What follows `header` bytes: as long as the lengths say, captured as far as it was.
void set_payload(Packet& packet, Bytes transport, std::uint32_t header, std::uint32_t stated) {
  packet.payload_length = stated - header;
  if (transport.size() > header) {
    packet.payload = transport.subspan(
        header, std::min<std::size_t>(packet.payload_length, transport.size() - header));
  }
}

Checksum verify_transport(const IpHeader& ip, std::uint8_t protocol, Bytes transport,
                          std::uint32_t stated, std::uint16_t field) {
  if (ip.is_fragment || !ip.final_destination_known || transport.size() < stated) {
    return Checksum::unknown;
  }
  const std::uint64_t pseudo = pseudo_header_sum(ip.source, ip.final_destination, protocol, stated);
  if (checksum_holds(checksum_add(pseudo, transport.first(stated)))) return Checksum::good;
  // Linux leaves the sum with the length; drivers of other systems, for large sends, without.
  const std::uint64_t without_length =
      pseudo_header_sum(ip.source, ip.final_destination, protocol, 0);
  const bool offloaded = field == checksum_fold(pseudo) || field == checksum_fold(without_length);
  return offloaded ? Checksum::partial : Checksum::bad;
}

// The header ends before `needed` bytes: because the capture does, or because the packet does.
void short_header(Packet& packet, const IpHeader& ip, std::uint32_t needed, std::string_view why) {
  if (ip.payload_length < needed) {
    malformed(packet, why);
  } else {
    packet.cut = true;
  }
}

}  // namespace

void read_tcp_options(TcpOptions& options, Bytes header, bool complete) {
  // Nearly every segment of a stream has these and no others (RFC 7323 appendix A): NOP, NOP, TS.
  constexpr std::uint32_t padded_stamps = 0x0101080A;
  const std::uint8_t* at = header.data();
  if (complete && header.size() == 32 && be32(at + 20) == padded_stamps) {
    options.timestamps = {be32(at + 24), be32(at + 28)};
  } else {
    options = decode_tcp_options(header.subspan(20), complete);
  }
}

// 0               8               16                             31
// |          source port          |       destination port        |
// |                        sequence number                        |
// |                     acknowledgement number                    |
// | words | 0 |AE|     flags      |            window             |
// |           checksum            |        urgent pointer         |
void decode_tcp(Packet& packet, const IpHeader& ip, Bytes segment, bool verify) {
  const std::uint8_t* at = segment.data();
  if (segment.size() >= 4) {
    packet.source.port = be16(at);
    packet.destination.port = be16(at + 2);
  }
  if (segment.size() < 20) {
    short_header(packet, ip, 20, "TCP header ends past the IP payload");
    if (segment.size() < 14) return;
  }
  packet.protocol = Protocol::tcp;
  TcpHeader& tcp = packet.tcp;
  tcp.seq = be32(at + 4);
  tcp.ack = be32(at + 8);
  tcp.flags = be16(at + 12) & 0x01FF;
  tcp.header_length = static_cast<std::uint8_t>((at[12] >> 4) * 4);
  if (segment.size() >= 16) tcp.window = be16(at + 14);
  if (segment.size() >= 20) tcp.urgent = be16(at + 18);
  if (tcp.header_length < 20) {
    static constexpr std::string_view texts[] = {
        "TCP data offset 0 is below 5", "TCP data offset 1 is below 5",
        "TCP data offset 2 is below 5", "TCP data offset 3 is below 5",
        "TCP data offset 4 is below 5"};
    return malformed(packet, texts[tcp.header_length / 4]);
  }
  if (tcp.header_length > ip.payload_length) {
    return malformed(packet, "TCP header ends past the IP payload");
  }
  if (segment.size() < tcp.header_length) packet.cut = true;
  if (tcp.header_length > 20 && segment.size() > 20) {
    const std::size_t captured = std::min<std::size_t>(tcp.header_length, segment.size());
    read_tcp_options(tcp.options, segment.first(captured), captured == tcp.header_length);
  }
  set_payload(packet, segment, tcp.header_length, ip.payload_length);
  if (verify && segment.size() >= 18) {
    packet.checksum =
        verify_transport(ip, ip_protocol::tcp, segment, ip.payload_length, be16(at + 16));
  }
}

// 0                               16                             31
// |          source port          |       destination port        |
// |            length             |           checksum            |
void decode_udp(Packet& packet, const IpHeader& ip, Bytes datagram, bool verify) {
  const std::uint8_t* at = datagram.data();
  if (datagram.size() >= 4) {
    packet.source.port = be16(at);
    packet.destination.port = be16(at + 2);
  }
  if (datagram.size() < 8) {
    return short_header(packet, ip, 8, "UDP header ends past the IP payload");
  }
  packet.protocol = Protocol::udp;
  packet.udp_length = be16(at + 4);
  std::uint32_t length = packet.udp_length;
  if (length == 0 && ip.payload_length > 0xFFFF) length = ip.payload_length;  // RFC 2675 4
  if (length < 8) return malformed(packet, "UDP length is below 8");
  if (length > ip.payload_length) {
    if (!ip.is_fragment) malformed(packet, "UDP length exceeds the IP payload");
    length = ip.payload_length;
  }
  set_payload(packet, datagram, 8, length);
  const std::uint16_t checksum = be16(at + 6);
  if (checksum == 0) {
    packet.checksum = Checksum::absent;
  } else if (verify && packet.malformed.empty()) {
    const Bytes covered = datagram.first(std::min<std::size_t>(length, datagram.size()));
    packet.checksum = verify_transport(ip, ip_protocol::udp, covered, length, checksum);
  }
}

namespace {

bool icmp_is_error(bool version_6, std::uint8_t type) {
  if (version_6) return type >= 1 && type <= 4;  // RFC 4443 2.1
  // RFC 1122 3.2.2: unreachable, source quench, redirect, time exceeded, parameter problem.
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

void read_quoted(IcmpHeader& icmp, Bytes quoted) {
  if (quoted.empty()) return;
  const auto length = static_cast<std::uint32_t>(quoted.size());
  const IpHeader ip = quoted[0] >> 4 == 6 ? decode_ipv6(quoted, length, true)
                                          : decode_ipv4(quoted, length, false, true);
  icmp.quoted_source.address = ip.source;
  icmp.quoted_destination.address = ip.destination;
  if (ip.cut || ip.stopped) return;
  switch (ip.protocol) {
    case ip_protocol::tcp:
      icmp.quoted_protocol = Protocol::tcp;
      break;
    case ip_protocol::udp:
      icmp.quoted_protocol = Protocol::udp;
      break;
    case ip_protocol::icmp:
      icmp.quoted_protocol = Protocol::icmp;
      break;
    case ip_protocol::icmpv6:
      icmp.quoted_protocol = Protocol::icmpv6;
      break;
    default:
      icmp.quoted_protocol = Protocol::other;
  }
  if (ip.fragment_offset != 0 || quoted.size() < ip.length + 4) return;
  const Bytes transport = quoted.subspan(ip.length);
  const bool tcp = icmp.quoted_protocol == Protocol::tcp;
  if (!tcp && icmp.quoted_protocol != Protocol::udp) return;
  icmp.quoted_source.port = be16(transport.data());
  icmp.quoted_destination.port = be16(transport.data() + 2);
  if (tcp && transport.size() >= 8) icmp.quoted_tcp_seq = be32(transport.data() + 4);
  if (!tcp && transport.size() >= 6) icmp.quoted_udp_length = be16(transport.data() + 4);
}

}  // namespace

// 0               8               16                             31
// |     type      |     code      |           checksum            |
// |            by type: the next hop's MTU (RFC 1191: its last half) |
// |        of errors: the packet that caused it, or its beginning |
void decode_icmp(Packet& packet, const IpHeader& ip, Bytes message, bool verify) {
  const bool version_6 = ip.protocol == ip_protocol::icmpv6;
  packet.protocol = version_6 ? Protocol::icmpv6 : Protocol::icmp;
  IcmpHeader& icmp = packet.icmp;
  if (message.size() < 8) {
    // Some messages of no interest here are shorter than 8 bytes; type and code they all have.
    if (ip.payload_length < 4) {
      malformed(packet, "ICMP header ends past the IP payload");
    } else if (message.size() < ip.payload_length) {
      packet.cut = true;
    }
    if (message.size() < 2) return;
  }
  const std::uint8_t* at = message.data();
  icmp.type = at[0];
  icmp.code = at[1];
  icmp.is_error = icmp_is_error(version_6, icmp.type);
  if (message.size() >= 8) {
    if (!version_6 && icmp.type == 3 && icmp.code == 4) icmp.mtu = be16(at + 6);
    if (version_6 && icmp.type == 2) {
      icmp.mtu = static_cast<std::uint16_t>(std::min<std::uint32_t>(be32(at + 4), 0xFFFF));
    }
    set_payload(packet, message, 8, std::max(ip.payload_length, 8u));
    if (icmp.is_error) read_quoted(icmp, packet.payload);
  } else if (icmp.is_error) {
    short_header(packet, ip, 8, "ICMP error ends before what it quotes");
  }
  if (!verify || message.size() < 4) return;
  if (version_6) {
    packet.checksum =
        verify_transport(ip, ip_protocol::icmpv6, message, ip.payload_length, be16(at + 2));
  } else if (!ip.is_fragment && message.size() == ip.payload_length) {
    packet.checksum = checksum_holds(checksum_add(0, message)) ? Checksum::good : Checksum::bad;
  }
}

}  // namespace wireproof::packet
