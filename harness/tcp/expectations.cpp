// What somebody expects of a connection, compared with what was seen. What follows from an opening
// or a closing that was missed is not said again.
#include <fmt/format.h>

#include <algorithm>

#include "tcp/rule_functions.h"

namespace wireproof::tcp::rule {
namespace {

std::string path_text(const std::vector<State>& states) {
  std::string text;
  for (const State state : states) {
    if (!text.empty()) text += " -> ";
    text += name(state);
  }
  return text;
}

// The initial CLOSED or LISTEN may be left out of what is expected.
bool same_path(const std::vector<State>& wanted, const std::vector<State>& seen) {
  const bool initial =
      seen.size() > 1 && (seen.front() == State::closed || seen.front() == State::listen);
  return std::equal(wanted.begin(), wanted.end(), seen.begin(), seen.end()) ||
         (initial && std::equal(wanted.begin(), wanted.end(), seen.begin() + 1, seen.end()));
}

std::vector<std::uint64_t> change_packets(const Connection& c, Side side) {
  std::vector<std::uint64_t> packets;
  for (const Transition& change : c.transitions)
    if (change.side == side && (packets.empty() || packets.back() != change.packet)) {
      packets.push_back(change.packet);
    }
  return packets;
}

std::vector<std::uint64_t> known(std::initializer_list<std::optional<std::uint64_t>> packets) {
  std::vector<std::uint64_t> list;
  for (const auto& packet : packets)
    if (packet) list.push_back(*packet);
  return list;
}

bool unsure(const Trial& trial) {
  const Closing closing = trial.connection.closing;
  return !trial.whole && (closing == Closing::not_captured || closing == Closing::inconclusive ||
                          closing == Closing::unfinished || closing == Closing::none ||
                          trial.connection.has(Odd::hole_acked));
}

}  // namespace

void expect_opening(const Trial& trial, const Rule& rule, Findings& findings) {
  if (!opening_missed(trial)) return;
  const Connection& c = trial.connection;
  std::string wanted;
  for (const Opening opening : trial.expected.opening) {
    wanted += fmt::format("{}{}", wanted.empty() ? "" : " or ", name(opening));
  }
  std::string seen(name(c.opening));
  Blame who = Blame::both;
  if (c.opening == Opening::refused) {
    seen += fmt::format(": RST in {}", packet_text(c.end(Side::server).rst_packet));
    who = Blame::server;
  } else if (c.opening == Opening::unanswered) {
    seen +=
        fmt::format(": SYN sent {} times, no answer", 1 + c.end(Side::client).syn_retransmissions);
    who = Blame::server;
  } else if (c.opening == Opening::half_open) {
    seen += fmt::format(": SYN-ACK in {}, no right ACK after it",
                        packet_text(c.end(Side::server).syn_packet));
    who = Blame::client;
  }
  Finding& finding = add(findings, rule, who,
                         known({c.end(Side::client).syn_packet, c.end(Side::server).syn_packet,
                                c.end(Side::server).rst_packet}),
                         std::move(wanted), std::move(seen));
  finding.inconclusive = c.opening == Opening::not_captured || c.opening == Opening::inconclusive;
}

void expect_closed_first(const Trial& trial, const Rule& rule, Findings& findings) {
  const auto& wanted = trial.expected.closed_first;
  const Connection& c = trial.connection;
  if (!wanted || *wanted == c.closed_first || opening_missed(trial) || closing_missed(trial)) {
    return;
  }
  const auto who = [](ClosedFirst closed) {
    return closed == ClosedFirst::nobody ? std::string("nobody") : std::string(name(closed));
  };
  add(findings, rule, Blame::both,
      known({c.end(Side::client).fin_packet, c.end(Side::server).fin_packet}),
      fmt::format("closed first by {}", who(*wanted)),
      fmt::format("by {} (client's FIN: {}, server's: {})", who(c.closed_first),
                  packet_text(c.end(Side::client).fin_packet),
                  packet_text(c.end(Side::server).fin_packet)))
      .inconclusive = unsure(trial);
}

void expect_half_close(const Trial& trial, const Rule& rule, Findings& findings) {
  const auto& wanted = trial.expected.half_close;
  const Connection& c = trial.connection;
  if (!wanted || *wanted == c.half_close || opening_missed(trial) || closing_missed(trial)) return;
  const std::uint64_t bytes = c.end(Side::client).payload_bytes_after_peer_fin +
                              c.end(Side::server).payload_bytes_after_peer_fin;
  add(findings, rule, Blame::both,
      known({c.end(Side::client).fin_packet, c.end(Side::server).fin_packet}),
      *wanted ? "data against the first FIN's direction, after it" : "no data after the first FIN",
      fmt::format("{} bytes", bytes))
      .inconclusive = unsure(trial);
}

void expect_states(const Trial& trial, const Rule& rule, Findings& findings) {
  if (opening_missed(trial) || closing_missed(trial)) return;
  const Connection& c = trial.connection;
  for (const Side side : {Side::client, Side::server}) {
    const auto& wanted =
        side == Side::client ? trial.expected.client_states : trial.expected.server_states;
    if (!wanted) continue;
    const std::vector<State> seen = state_path(c, side);
    if (same_path(*wanted, seen)) continue;
    add(findings, rule, blame(side), change_packets(c, side),
        fmt::format("{}: {}", name(side), path_text(*wanted)), path_text(seen))
        .inconclusive = unsure(trial);
  }
}

void expect_bytes(const Trial& trial, const Rule& rule, Findings& findings) {
  if (opening_missed(trial)) return;
  const Connection& c = trial.connection;
  for (const Side side : {Side::client, Side::server}) {
    const auto& wanted =
        side == Side::client ? trial.expected.client_bytes : trial.expected.server_bytes;
    const std::uint64_t seen = c.end(side).payload_bytes;
    if (!wanted || *wanted == seen) continue;
    std::vector<std::uint64_t> packets;
    for (const Segment& segment : c.segments)
      if (segment.from == side && segment.length != 0 && packets.size() < 8) {
        packets.push_back(segment.packet);
      }
    add(findings, rule, blame(side), std::move(packets),
        fmt::format("{} bytes from the {}", *wanted, name(side)), fmt::format("{} bytes", seen))
        .inconclusive = unsure(trial);
  }
}

void expect_retransmissions(const Trial& trial, const Rule& rule, Findings& findings) {
  const Connection& c = trial.connection;
  const std::uint64_t seen =
      c.end(Side::client).retransmissions + c.end(Side::server).retransmissions;
  const auto& most = trial.expected.max_retransmissions;
  if (!most || seen <= *most) return;
  std::vector<std::uint64_t> packets;
  constexpr std::uint32_t kAgain = mark::retransmission | mark::partial_retransmission;
  for (const Segment& segment : c.segments)
    if ((segment.marks & kAgain) != 0 && packets.size() < 16) packets.push_back(segment.packet);
  add(findings, rule, Blame::both, std::move(packets),
      fmt::format("at most {} retransmissions", *most),
      fmt::format("{} (client {}, server {})", seen, c.end(Side::client).retransmissions,
                  c.end(Side::server).retransmissions));
}

void expect_handshake_time(const Trial& trial, const Rule& rule, Findings& findings) {
  const auto& most = trial.expected.max_handshake_ns;
  const Connection& c = trial.connection;
  if (!most || !c.handshake_ns || *c.handshake_ns <= *most) return;
  add(findings, rule, Blame::both,
      known({c.end(Side::client).syn_packet, c.end(Side::server).syn_packet}),
      fmt::format("a handshake within {}", milliseconds_text(*most)),
      milliseconds_text(*c.handshake_ns));
}

void expect_close_time(const Trial& trial, const Rule& rule, Findings& findings) {
  const auto& most = trial.expected.max_close_ns;
  const Connection& c = trial.connection;
  if (!most || !c.close_ns || *c.close_ns <= *most || closing_missed(trial)) return;
  add(findings, rule, Blame::both,
      known({c.end(Side::client).fin_packet, c.end(Side::server).fin_packet}),
      fmt::format("a close within {}", milliseconds_text(*most)), milliseconds_text(*c.close_ns));
}

}  // namespace wireproof::tcp::rule
