// The three-way handshake (RFC 9293 3.5).
#include <fmt/format.h>

#include "tcp/rule_functions.h"

namespace wireproof::tcp::rule {

void syn_first(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::syn_missing, Proof::only_whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"a SYN before anything else of a connection",
                        fmt::format("packet {} belongs to no connection", odd.packet)};
         });
}

void syn_ack_missing(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::syn_ack_missing, Proof::only_whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"a SYN-ACK between SYN and the connection's further segments",
                        fmt::format("packet {} goes on without one", odd.packet)};
         });
}

void syn_ack_number(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::syn_ack_number, Proof::whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("SYN-ACK acknowledging ISN+{}", odd.wanted),
                        fmt::format("ISN{:+}", odd.seen)};
         });
}

void handshake_ack_number(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::handshake_ack_number, Proof::whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("the SYN-ACK acknowledged: ISN+{}", odd.wanted),
                        fmt::format("ISN{:+}", odd.seen)};
         });
}

void handshake_ack_sequence(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::handshake_ack_sequence, Proof::whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("sequence number {} (that after the SYN)", odd.wanted),
                        fmt::format("sequence number {}", odd.seen)};
         });
}

void isn_changed(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::isn_changed, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("the SYN-ACK sent again with its ISN {}", odd.wanted),
                        fmt::format("ISN {}", odd.seen)};
         });
}

void second_syn(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::second_syn, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("the SYN sent again with its ISN {}", odd.wanted),
                        fmt::format("ISN {}: the attempt before was abandoned", odd.seen)};
         });
}

void syn_in_connection(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::syn_in_connection, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"no SYN within a connection (it is answered by a challenge ACK)",
                        fmt::format("a SYN in packet {}", odd.packet)};
         });
}

void unanswered(const Trial& trial, const Rule& rule, Findings& findings) {
  const Connection& c = trial.connection;
  if (c.opening != Opening::unanswered) return;
  std::vector<std::uint64_t> packets;
  std::string times;
  const End& client = c.end(Side::client);
  if (client.syn_packet) {
    packets.push_back(*client.syn_packet);
    times = since_first_text(c, c.first_time_ns);
  }
  for (const Repeat& again : client.repeats) {
    if (again.fin) continue;
    packets.push_back(again.packet);
    times += fmt::format("{}{}", times.empty() ? "" : ", ", since_first_text(c, again.time_ns));
  }
  const std::size_t count = packets.size();
  add(findings, rule, Blame::none, std::move(packets), "an answer to the SYN",
      fmt::format("none; SYN sent {} time{}, at {}", count, count == 1 ? "" : "s", times));
}

void never_completed(const Trial& trial, const Rule& rule, Findings& findings) {
  const Connection& c = trial.connection;
  if (c.opening != Opening::half_open || c.closing != Closing::none) return;
  const auto syn_ack = c.end(Side::server).syn_packet;
  if (!syn_ack) return;
  add(findings, rule, Blame::none, {*syn_ack}, "an ACK that completes the handshake",
      fmt::format("none; SYN-ACK sent {} times, the server stays in {}",
                  1 + c.end(Side::server).syn_retransmissions, name(c.end(Side::server).state)));
}

void abandoned(const Trial& trial, const Rule& rule, Findings& findings) {
  const Connection& c = trial.connection;
  const auto reset = c.end(Side::client).rst_packet;
  if (c.opening != Opening::half_open || c.reset_by != Side::client || !reset) return;
  add(findings, rule, Blame::none, {*reset}, "an ACK that completes the handshake",
      "RST from the client: a scan, or a connect that was given up");
}

void isn_repeated(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::isn_repeated, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"another ISN than the connection before of the same endpoints",
                        fmt::format("ISN {} again", odd.seen)};
         });
}

void group_source(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::group_source, Proof::always, findings,
         [](const Trial& t, const Oddity& odd) {
           return Words{"the address of one host as source",
                        packet::to_string(t.connection.end(odd.side).endpoint.address)};
         });
}

void group_destination(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::group_destination, Proof::always, findings,
         [](const Trial& t, const Oddity& odd) {
           return Words{"a segment to one host",
                        packet::to_string(t.connection.end(other(odd.side)).endpoint.address)};
         });
}

}  // namespace wireproof::tcp::rule
