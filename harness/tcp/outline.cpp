#include "tcp/outline.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "tcp/judge.h"

namespace wireproof::tcp {
namespace {

namespace flag = packet::flag;

// How far `number` is past `origin`; right for less than 2^31 between them (RFC 9293 3.4).
std::int32_t past(std::uint32_t number, std::uint32_t origin) {
  return static_cast<std::int32_t>(number - origin);
}

// In less time than this no connection carries 2^31 bytes, after which numbers say nothing of what
// came before what.
constexpr std::int64_t numbers_last_ns = 100'000'000;

bool acknowledges(std::uint32_t ack, std::uint32_t isn, const Outline& outline) {
  return past(ack, isn) > 0 || outline.last_ns - outline.first_ns > numbers_last_ns;
}

bool synchronized(const Outline& outline) {
  return outline.simultaneous || (outline.syn_ack && outline.end(Side::client).syns > 0 &&
                                  *outline.syn_ack == outline.end(Side::client).isn + 1);
}

bool takes_fin(const OutlineEnd& later, const OutlineEnd& first) {
  return later.fins > 0 && first.fins > 0 && later.fin_has_ack &&
         later.first_fin_ack == first.fin + 1;
}

bool refused(const Outline& outline) {
  const OutlineEnd& client = outline.end(Side::client);
  const OutlineEnd& server = outline.end(Side::server);
  if (outline.syn_ack || server.syns > 0) return false;
  return outline.icmp_error ||
         (server.rsts > 0 && server.rst_has_ack && server.rst_ack == client.isn + 1);
}

// Whether the client completed the handshake. It has, where it acknowledges the SYN-ACK later, or
// the server acknowledges more than the SYN. A RST without an ACK shows neither: it has its number
// of the segment that it answers, be that right or wrong.
bool shown_open(const Outline& outline) {
  const OutlineEnd& client = outline.end(Side::client);
  const OutlineEnd& server = outline.end(Side::server);
  return (client.fins > 0 && client.fin_has_ack &&
          acknowledges(client.fin_ack, server.isn, outline)) ||
         (client.rsts > 0 && client.rst_has_ack &&
          acknowledges(client.rst_ack, server.isn, outline)) ||
         (server.fins > 0 && server.fin_has_ack && past(server.fin_ack, client.isn) > 1) ||
         (server.rsts > 0 && server.rst_has_ack && past(server.rst_ack, client.isn) > 1);
}

Opening opening_of(const Outline& outline) {
  if (outline.end(Side::client).syns == 0) return Opening::not_captured;
  // A socket connected to itself: whose segment is whose?
  if (outline.ends[0].endpoint == outline.ends[1].endpoint) return Opening::inconclusive;
  if (refused(outline)) return Opening::refused;
  if (!outline.syn_ack && !outline.simultaneous) return Opening::unanswered;
  if (!synchronized(outline)) return Opening::half_open;
  if (!shown_open(outline)) return Opening::inconclusive;
  return outline.simultaneous ? Opening::simultaneous : Opening::three_way;
}

OutlineClosing closing_of(const Outline& outline) {
  if (refused(outline)) return OutlineClosing::refused;
  const OutlineEnd& client = outline.end(Side::client);
  const OutlineEnd& server = outline.end(Side::server);
  const bool both = client.fins > 0 && server.fins > 0;
  if (client.rsts + server.rsts > 0) {
    return both ? OutlineClosing::reset_after_fins : OutlineClosing::reset;
  }
  if (both) {
    const bool sequential = takes_fin(client, server) || takes_fin(server, client);
    return sequential ? OutlineClosing::orderly : OutlineClosing::simultaneous;
  }
  return client.fins + server.fins > 0 ? OutlineClosing::unfinished : OutlineClosing::none;
}

ClosedFirst closed_first_of(const Outline& outline, OutlineClosing closing) {
  const OutlineEnd& client = outline.end(Side::client);
  const OutlineEnd& server = outline.end(Side::server);
  if (closing == OutlineClosing::refused || closing == OutlineClosing::none) {
    return ClosedFirst::nobody;
  }
  if (client.fins > 0 && server.fins > 0) {
    if (takes_fin(server, client)) return ClosedFirst::client;
    return takes_fin(client, server) ? ClosedFirst::server : ClosedFirst::both;
  }
  const bool fin = client.fins + server.fins > 0;
  return (fin ? client.fins : client.rsts) > 0 ? ClosedFirst::client : ClosedFirst::server;
}

// A RST whose number its receiver can take: not before the SYN, nor past the FIN.
bool plausible_reset(const Outline& outline) {
  for (const OutlineEnd& end : outline.ends) {
    if (end.rsts == 0) continue;
    const bool after_syn = past(end.rst, end.isn) > 0 || end.rst == end.isn + 1 ||
                           outline.last_ns - outline.first_ns > numbers_last_ns;
    if (after_syn && (end.fins == 0 || past(end.rst, end.fin + 1) <= 0)) return true;
  }
  return false;
}

bool close_shown(const Outline& outline, OutlineClosing closing) {
  // A FIN that was sent so often (Linux gives up at eight) may never have been acknowledged.
  constexpr std::uint32_t most_fins = 4;
  const OutlineEnd& client = outline.end(Side::client);
  const OutlineEnd& server = outline.end(Side::server);
  switch (closing) {
    case OutlineClosing::reset:
    case OutlineClosing::reset_after_fins:
      return plausible_reset(outline);
    case OutlineClosing::orderly:
    case OutlineClosing::simultaneous:
      return client.fin_has_ack && server.fin_has_ack && client.fins <= most_fins &&
             server.fins <= most_fins;
    default:
      return false;
  }
}

const Rule& rule_named(std::string_view id) {
  for (const Rule& rule : rules()) {
    if (rule.id == id) return rule;
  }
  throw std::logic_error(fmt::format("no rule {}", id));
}

void find(const Outline& outline, std::vector<Finding>& findings) {
  static const Rule& syn_ack_number = rule_named("tcp.handshake.syn-ack-number");
  static const Rule& isn_changed = rule_named("tcp.handshake.isn-changed");
  static const Rule& fin_moved = rule_named("tcp.close.fin-moved");
  static const Rule& fin_ack_number = rule_named("tcp.close.fin-ack-number");
  const OutlineEnd& client = outline.end(Side::client);
  if (outline.syn_ack && client.syns > 0 && !outline.simultaneous &&
      *outline.syn_ack != client.isn + 1) {
    findings.push_back(make_finding(syn_ack_number, Blame::server, {},
                                    "SYN-ACK acknowledging ISN+1",
                                    fmt::format("ISN{:+}", past(*outline.syn_ack, client.isn))));
  }
  for (const Side side : {Side::client, Side::server}) {
    const OutlineEnd& me = outline.end(side);
    const OutlineEnd& peer = outline.end(other(side));
    const Blame blame = side == Side::client ? Blame::client : Blame::server;
    if (me.isn_changed) {
      findings.push_back(
          make_finding(isn_changed, blame, {}, "the SYN-ACK sent again as it was", "another ISN"));
    }
    if (me.fin_moved) {
      findings.push_back(make_finding(fin_moved, blame, {}, "the FIN again where it was",
                                      "a FIN at another sequence number"));
    }
    if (me.fins > 0 && me.fin_has_ack && peer.fins > 0 && past(me.fin_ack, peer.fin + 1) > 0) {
      findings.push_back(make_finding(fin_ack_number, blame, {},
                                      "no more acknowledged than the other end's FIN",
                                      fmt::format("{} beyond it", past(me.fin_ack, peer.fin + 1))));
    }
  }
}

}  // namespace

std::string_view name(OutlineClosing closing) {
  constexpr std::string_view names[] = {"none",   "four-way or three-segment", "simultaneous",
                                        "reset",  "FINs, then reset",          "unfinished",
                                        "refused"};
  return names[static_cast<std::size_t>(closing)];
}

OutlineJudgement judge(const Outline& outline) {
  OutlineJudgement judgement;
  judgement.opening = opening_of(outline);
  judgement.closing = closing_of(outline);
  judgement.closed_first = closed_first_of(outline, judgement.closing);
  find(outline, judgement.findings);
  const bool opened =
      judgement.opening == Opening::three_way || judgement.opening == Opening::simultaneous;
  judgement.sound =
      std::none_of(judgement.findings.begin(), judgement.findings.end(),
                   [](const Finding& finding) { return finding.severity == Severity::must; });
  judgement.handshake_proven = opened && judgement.sound;
  judgement.close_proven = opened && judgement.sound && close_shown(outline, judgement.closing);
  return judgement;
}

bool in_outline(const packet::Packet& packet) {
  if (packet.protocol == packet::Protocol::tcp) {
    return (packet.tcp.flags & (flag::syn | flag::fin | flag::rst)) != 0;
  }
  return packet.icmp.is_error;
}

}  // namespace wireproof::tcp
