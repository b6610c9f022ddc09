// What a connection's SYN, FIN and RST segments alone tell, for captures whose kernel filter keeps
// all others away. Three of a handshake's and a close's segments are among them, and their numbers
// speak for those that are not:
//
//   client                     server
//   SYN        seq c      -->
//              <--  SYN-ACK    seq s, ack c+1
//   ACK                   -->              not seen: whatever the client sends later has it in it
//   ...                   <->  ...         not seen
//   FIN        seq f      -->              f - c - 1 bytes were sent; acknowledges the SYN-ACK
//              <--  ACK                    not seen
//              <--  FIN        seq g, ack f+1: all of them came, and the FIN
//   ACK                   -->              not seen: only the kernel can tell
//
// So four-way and three-segment closes look alike, and no rule about data or pure ACKs is judged.
// Plain values and pure functions: no thread rule.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "packet/packet.h"
#include "tcp/connection.h"

namespace wireproof::tcp {

// In the language of pcap-filter(7), of IPv4 and IPv6. What carries TCP behind IPv6 extension
// headers passes whole, and so does all ICMP: there is little of either.
inline constexpr std::string_view outline_filter =
    "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0 or icmp or "
    "(ip6 and ip6[6] = 6 and ip6[53] & 7 != 0) or (ip6 and ip6[6] != 6 and ip6[6] != 17)";

// SYN, FIN or RST is set, or an ICMP error.
bool in_outline(const packet::Packet& packet);

struct OutlineEnd {
  packet::Endpoint endpoint;
  std::uint32_t isn = 0;
  std::uint32_t fin = 0;                         // the FIN's own sequence number
  std::uint32_t first_fin_ack = 0, fin_ack = 0;  // of its FINs, the first and the last
  std::uint32_t rst = 0, rst_ack = 0;            // of its first RST
  std::uint32_t syns = 0, fins = 0, rsts = 0;    // segments
  bool fin_has_ack = false, rst_has_ack = false;
  bool isn_changed = false, fin_moved = false;
};

struct Outline {
  std::array<OutlineEnd, 2> ends;  // [0] client: the sender of the first SYN
  std::int64_t first_ns = 0, last_ns = 0;
  std::optional<std::uint32_t> syn_ack;     // what the server's SYN acknowledges
  std::optional<std::uint32_t> before_isn;  // of the client's last attempt from the same ports
  bool simultaneous = false;                // both ends sent a SYN alone
  bool icmp_error = false;
  OutlineEnd& end(Side side) { return ends[static_cast<std::size_t>(side)]; }
  const OutlineEnd& end(Side side) const { return ends[static_cast<std::size_t>(side)]; }
};

enum class OutlineClosing : std::uint8_t {
  none,
  orderly,       // the second FIN acknowledges the first: four segments, or three
  simultaneous,  // neither FIN acknowledges the other
  reset,
  reset_after_fins,
  unfinished,  // one FIN
  refused,
};
std::string_view name(OutlineClosing);  // "four-way or three-segment"

struct OutlineJudgement {
  // `inconclusive`: the SYN was answered, and nothing shows that the client had the answer.
  Opening opening = Opening::none;
  OutlineClosing closing = OutlineClosing::none;
  ClosedFirst closed_first = ClosedFirst::nobody;
  bool sound = true;  // no must-rule is broken
  bool handshake_proven = false;
  // But for the last ACK: it is, unless the kernel has a socket that still waits for it.
  bool close_proven = false;
  std::vector<Finding> findings;  // of rules that such a capture can break
};
OutlineJudgement judge(const Outline& outline);

}  // namespace wireproof::tcp
