// The close (RFC 9293 3.6). A close left undone is no fault by itself: the program may keep its
// connection. Where a close was expected, the rule that names the fault best speaks, and it alone.
#include <fmt/format.h>

#include <algorithm>

#include "tcp/rule_functions.h"

namespace wireproof::tcp::rule {
namespace {

enum class Fault : std::uint8_t {
  none,
  reset,           // RST in place of a FIN
  data_to_closed,  // RST because data came for an end that had closed
  peer_open,       // one FIN, acknowledged; the other end never closes
  fin_unacked,     // one FIN, never acknowledged
  last_unacked,    // both FINs; the second never acknowledged
  nobody,          // no FIN at all
  other,           // another kind of close than wanted, or the capture does not say
};

bool orderly(Closing closing) {
  return closing == Closing::four_way || closing == Closing::three_segment ||
         closing == Closing::simultaneous;
}

Side first_closer(const Connection& c) {
  return c.closed_first == ClosedFirst::server ? Side::server : Side::client;
}

// Data of the other end after the FIN of the RST's sender: what the RST answers.
Side resetter(const Connection& c) { return c.reset_by.value_or(Side::client); }

// Data that came for an end after its FIN, which it may have answered by the RST.
bool data_came_after_fin(const Connection& c, Side closed) {
  return c.end(other(closed)).data_after_peer_fin_packet.has_value();
}

Fault fault(const Trial& trial) {
  if (opening_missed(trial) || !closing_missed(trial)) return Fault::none;
  const Connection& c = trial.connection;
  const auto& wanted = trial.expected.closing;
  if (!std::all_of(wanted.begin(), wanted.end(), orderly)) return Fault::other;
  if (c.closing == Closing::reset) {
    return data_came_after_fin(c, resetter(c)) ? Fault::data_to_closed : Fault::reset;
  }
  if (!trial.whole || (!c.handshake_done && c.closing == Closing::none)) return Fault::other;
  if (c.closing == Closing::none) return Fault::nobody;
  if (c.closing != Closing::unfinished) return Fault::other;
  const End& client = c.end(Side::client);
  const End& server = c.end(Side::server);
  if (client.fin_packet && server.fin_packet) {
    return client.fin_ack_packet || server.fin_ack_packet ? Fault::last_unacked
                                                          : Fault::fin_unacked;
  }
  const End& first = client.fin_packet ? client : server;
  return first.fin_ack_packet ? Fault::peer_open : Fault::fin_unacked;
}

std::vector<std::uint64_t> packets(std::initializer_list<std::optional<std::uint64_t>> all) {
  std::vector<std::uint64_t> known;
  for (const auto& packet : all)
    if (packet) known.push_back(*packet);
  return known;
}

std::string states(const Connection& c) {
  return fmt::format("client in {}, server in {}", name(c.end(Side::client).state),
                     name(c.end(Side::server).state));
}

std::string closings(const std::vector<Closing>& wanted) {
  std::string text;
  for (const Closing closing : wanted) {
    if (!text.empty()) text += " or ";
    text += name(closing);
  }
  return text;
}

}  // namespace

void reset_instead_of_fin(const Trial& trial, const Rule& rule, Findings& findings) {
  if (fault(trial) != Fault::reset) return;
  const Connection& c = trial.connection;
  const Side who = resetter(c);
  add(findings, rule, blame(who), packets({c.end(who).rst_packet}),
      fmt::format("the {}'s FIN (close {})", name(who), closings(trial.expected.closing)),
      fmt::format("a RST from the {} in {}", name(who), packet_text(c.end(who).rst_packet)));
}

void data_to_closed(const Trial& trial, const Rule& rule, Findings& findings) {
  if (fault(trial) != Fault::data_to_closed) return;
  const Connection& c = trial.connection;
  const Side who = resetter(c);
  const End& sender = c.end(other(who));
  const std::uint64_t data = *sender.data_after_peer_fin_packet;
  add(findings, rule, blame(other(who)),
      packets({c.end(who).fin_packet, data, c.end(who).rst_packet}),
      fmt::format("the {}'s FIN after {}, the {}'s", name(other(who)),
                  packet_text(c.end(who).fin_packet), name(who)),
      fmt::format("{} bytes of data in packet {}, which the {} answered by a RST",
                  sender.data_after_peer_fin_length, data, name(who)));
}

void peer_never_closes(const Trial& trial, const Rule& rule, Findings& findings) {
  if (fault(trial) != Fault::peer_open) return;
  const Connection& c = trial.connection;
  const Side closed = first_closer(c);
  const End& first = c.end(closed);
  add(findings, rule, blame(other(closed)), packets({first.fin_packet, first.fin_ack_packet}),
      fmt::format("the {}'s FIN after {}", name(other(closed)), packet_text(first.fin_packet)),
      fmt::format("none until the capture ended; {}", states(c)));
}

void fin_unacknowledged(const Trial& trial, const Rule& rule, Findings& findings) {
  if (fault(trial) != Fault::fin_unacked) return;
  const Connection& c = trial.connection;
  const Side closed = first_closer(c);
  const End& first = c.end(closed);
  add(findings, rule, blame(other(closed)), packets({first.fin_packet}),
      fmt::format("{}, the {}'s FIN, acknowledged by {}", packet_text(first.fin_packet),
                  name(closed), first.fin_seq.value_or(0) + 1),
      fmt::format("no such ACK; FIN sent {} times; {}", 1 + first.fin_retransmissions, states(c)));
}

void last_ack_missing(const Trial& trial, const Rule& rule, Findings& findings) {
  if (fault(trial) != Fault::last_unacked) return;
  const Connection& c = trial.connection;
  const Side waits = c.end(Side::client).fin_ack_packet ? Side::server : Side::client;
  const End& unacked = c.end(waits);
  add(findings, rule, blame(other(waits)), packets({unacked.fin_packet}),
      fmt::format("{}, the {}'s FIN, acknowledged by {}", packet_text(unacked.fin_packet),
                  name(waits), unacked.fin_seq.value_or(0) + 1),
      fmt::format("no such ACK; {}", states(c)));
}

void nobody_closes(const Trial& trial, const Rule& rule, Findings& findings) {
  if (fault(trial) != Fault::nobody) return;
  const auto who = trial.expected.closed_first;
  const Blame whose = who == ClosedFirst::client   ? Blame::client
                      : who == ClosedFirst::server ? Blame::server
                                                   : Blame::both;
  add(findings, rule, whose, {}, fmt::format("a close ({})", closings(trial.expected.closing)),
      fmt::format("no FIN until the capture ended; {}", states(trial.connection)));
}

void expect_closing(const Trial& trial, const Rule& rule, Findings& findings) {
  if (fault(trial) != Fault::other) return;
  const Connection& c = trial.connection;
  Finding& finding =
      add(findings, rule, Blame::both,
          packets({c.end(Side::client).fin_packet, c.end(Side::server).fin_packet,
                   c.end(Side::client).rst_packet, c.end(Side::server).rst_packet}),
          closings(trial.expected.closing), fmt::format("{}; {}", name(c.closing), states(c)));
  std::sort(finding.packets.begin(), finding.packets.end());
  const bool unsure = c.closing == Closing::not_captured || c.closing == Closing::inconclusive ||
                      c.closing == Closing::unfinished || c.closing == Closing::none;
  finding.inconclusive = unsure && !trial.whole;
}

void data_after_fin(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::data_after_fin, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("nothing past the FIN in packet {}, which ended at {}",
                                    odd.other_packet, odd.wanted),
                        fmt::format("new data in packet {}, from {}", odd.packet, odd.seen)};
         });
}

void fin_moved(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::fin_moved, Proof::always, findings, [](const Trial&, const Oddity& odd) {
    return Words{
        fmt::format("the FIN again at {}, where packet {} had it", odd.wanted, odd.other_packet),
        fmt::format("a FIN at {}", odd.seen)};
  });
}

void fin_ack_number(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::fin_ack_number, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{
               fmt::format("the FIN in packet {} acknowledged by {}", odd.other_packet, odd.wanted),
               number(odd.seen)};
         });
}

void unfinished(const Trial& trial, const Rule& rule, Findings& findings) {
  const Connection& c = trial.connection;
  if (c.closing != Closing::unfinished || fault(trial) != Fault::none) return;
  const Side closed = first_closer(c);
  std::vector<std::uint64_t> fins;
  std::string times;
  const End& end = c.end(closed);
  if (end.fin_packet) {
    fins.push_back(*end.fin_packet);
    times = since_first_text(c, end.fin_time_ns.value_or(c.first_time_ns));
  }
  for (const Repeat& again : end.repeats) {
    if (!again.fin) continue;
    fins.push_back(again.packet);
    times += ", " + since_first_text(c, again.time_ns);
  }
  add(findings, rule, Blame::none, std::move(fins), "both FINs acknowledged",
      fmt::format("{}{}{}", states(c), times.empty() ? "" : "; FIN at ", times));
}

}  // namespace wireproof::tcp::rule
