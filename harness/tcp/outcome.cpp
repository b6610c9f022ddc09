// What became of a connection: how it opened, how it closed, who began the close.
#include <utility>

#include "tcp/flow.h"

namespace wireproof::tcp {

namespace flag = packet::flag;

Connection& Flow::finish() {
  for (const Side side : {Side::client, Side::server}) {
    settle_early_ack(side);
    const Half& me = half(side);
    const Half& peer = half(other(side));
    if (rare_half(side).ahead) {
      // Data that came after, in the capture, explains it: one of the two overtook the other.
      const Ahead& ahead = *rare_half(side).ahead;
      note(ahead.seq > me.next ? Odd::sequence_ahead : Odd::sequence_behind, side, ahead.packet,
           ahead.next_then, ahead.seq);
    }
    for (const Range& hole : rare_half(side).holes) {
      note(Odd::gap_unfilled, side, hole.packet, hole.from, hole.to, {}, hole.packet);
    }
    // Its FIN was acknowledged while the other's was out, which it never acknowledged itself.
    if (end(side).state == State::fin_wait_1 && me.fin_acked && !peer.fin_after_peer_fin) {
      move(side, State::fin_wait_2, me.fin_acked_packet, me.fin_acked_time_ns);
    }
  }
  const auto spoke = [&](Side side) { return end(side).segments != 0; };
  connection_.one_sided = spoke(Side::client) != spoke(Side::server) &&
                          (half(Side::client).any_ack || half(Side::server).any_ack);
  Connection& all = shared_->finished;
  hand_over(all);
  all.opening = opening();
  all.closing = closing();
  all.closed_first = closed_first();
  const std::uint64_t late = all.end(other(first_fin_)).payload_bytes_after_peer_fin;
  all.half_close = first_fin_time_ && half(first_fin_).fin && late != 0;
  phase_times(all);
  return all;
}

// What the connection before left where this one has nothing is there still, unless it had nothing
// either.
void Flow::hand_over(Connection& all) {
  if (!shared_->finished_plain) all = Connection{};
  shared_->finished_plain = !rarities_;
  static_cast<ConnectionFigures&>(all) = connection_;
  for (const Side side : {Side::client, Side::server}) {
    static_cast<EndFigures&>(all.end(side)) = end(side);
    all.end(side).endpoint = endpoint(side);
  }
  all.transitions.assign(transitions_.begin(), transitions_.begin() + changes_);
  all.segments_left_out = shared_->options.segments == 0 ? connection_.packets : 0;
  if (!rarities_) return;
  Rarities& rare = *rarities_;
  for (const Side side : {Side::client, Side::server}) {
    static_cast<EndRarities&>(all.end(side)) = std::move(rare.end(side));
  }
  if (changes_ == 0) all.transitions = std::move(rare.transitions);
  all.odd_kinds = rare.odd_kinds;
  all.oddities = std::move(rare.oddities);
  all.segments = std::move(rare.segments);
  if (shared_->options.segments != 0) all.segments_left_out = rare.segments_left_out;
  all.segments_before_gap = rare.segments_before_gap;
  all.icmp_packets = std::move(rare.icmp_packets);
  all.reset_by = rare.reset_by;
}

Opening Flow::opening() const {
  const Half& client = half(Side::client);
  const Half& server = half(Side::server);
  if (!begun_by_syn_) {
    const auto& spoiled = rare_half(Side::client).spoiled;
    if (spoiled && spoiled->tcp.has(flag::syn)) return Opening::unanswered;
    const std::uint64_t bad = end(Side::client).bad_checksums + end(Side::server).bad_checksums;
    if (!client.based && !server.based) return bad != 0 ? Opening::inconclusive : Opening::none;
    if (connection_.one_sided || server.syn) return Opening::inconclusive;
    // Only RSTs, and what they answer: no attempt to open anything.
    const bool exchange = client.any_ack || server.any_ack;
    return exchange ? Opening::not_captured : Opening::none;
  }
  if (refused_) return Opening::refused;
  if (has(Odd::syn_ack_missing) || connection_.one_sided) return Opening::inconclusive;
  if (connection_.handshake_done) {
    return client.syn_only && server.syn_only ? Opening::simultaneous : Opening::three_way;
  }
  if (server.syn)
    return wrong_handshake_sequence_ && !facts().whole() ? Opening::inconclusive
                                                         : Opening::half_open;
  return has(Odd::syn_ack_number) ? Opening::half_open : Opening::unanswered;
}

Closing Flow::closing() const {
  if (refused_ || refused_stray_) return Closing::refused;
  if (rare().reset) return Closing::reset;
  if (connection_.one_sided) return Closing::inconclusive;
  const Half& client = half(Side::client);
  const Half& server = half(Side::server);
  if (client.fin_ever_acked && server.fin_ever_acked) {
    const Half& second = half(other(first_fin_));
    if (!second.fin_after_peer_fin) return Closing::simultaneous;
    // The second FIN is the very segment that acknowledges the first.
    const EndFigures& last = end(other(first_fin_));
    const EndFigures& first = end(first_fin_);
    return first.fin_ack_packet == last.fin_packet ? Closing::three_segment : Closing::four_way;
  }
  if (client.fin || server.fin) return Closing::unfinished;
  if (!connection_.handshake_done && begun_by_syn_) {
    const bool tried = server.syn && has(Odd::syn_missing) == false &&
                       (has(Odd::handshake_ack_number) || has(Odd::handshake_ack_sequence));
    if (tried) return Closing::unfinished;
    return has(Odd::syn_ack_missing) && !facts().whole() ? Closing::not_captured : Closing::none;
  }
  if (!client.based && !server.based) return Closing::none;
  return facts().ends_after_traffic ? Closing::none : Closing::not_captured;
}

ClosedFirst Flow::closed_first() const {
  const auto as_closed_first = [](Side side) {
    return side == Side::client ? ClosedFirst::client : ClosedFirst::server;
  };
  if (refused_ || refused_stray_) return ClosedFirst::nobody;
  const Half& client = half(Side::client);
  const Half& server = half(Side::server);
  if (client.fin && server.fin && !half(other(first_fin_)).fin_after_peer_fin) {
    return ClosedFirst::both;
  }
  if (client.fin || server.fin) return as_closed_first(first_fin_);
  if (rare().reset) return as_closed_first(rare().reset->from);
  const auto& unproven = rare().unproven_reset;
  if (unproven && !connection_.handshake_done) return as_closed_first(*unproven);
  return ClosedFirst::nobody;
}

void Flow::phase_times(Connection& all) const {
  all.handshake_ns = all.first_byte_ns = all.close_ns = std::nullopt;
  if (first_syn_time_ && handshake_time_) all.handshake_ns = *handshake_time_ - *first_syn_time_;
  if (first_byte_time_) all.first_byte_ns = *first_byte_time_ - connection_.first_time_ns;
  const bool ended =
      rare().reset || (half(Side::client).fin_ever_acked && half(Side::server).fin_ever_acked);
  if (ended && first_fin_time_ && close_end_time_) {
    all.close_ns = *close_end_time_ - *first_fin_time_;
  }
}

}  // namespace wireproof::tcp
