// What became of a connection: how it opened, how it closed, who began the close.
#include "tcp/flow.h"

namespace wireproof::tcp {

namespace flag = packet::flag;

Connection& Flow::finish() {
  for (const Side side : {Side::client, Side::server}) {
    settle_early_ack(side);
    Half& me = half(side);
    const Half& peer = half(other(side));
    if (me.ahead) {
      // Data that came after, in the capture, explains it: one of the two overtook the other.
      const Ahead& ahead = *me.ahead;
      note(ahead.seq > me.next ? Odd::sequence_ahead : Odd::sequence_behind, side, ahead.packet,
           ahead.next_then, ahead.seq);
    }
    for (const Range& hole : me.holes) {
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
  connection_.opening = opening();
  connection_.closing = closing();
  connection_.closed_first = closed_first();
  const std::uint64_t late = end(other(first_fin_)).payload_bytes_after_peer_fin;
  connection_.half_close = first_fin_time_ && half(first_fin_).fin && late != 0;
  phase_times();
  return connection_;
}

Opening Flow::opening() const {
  const Half& client = half(Side::client);
  const Half& server = half(Side::server);
  if (!begun_by_syn_) {
    if (client.spoiled && client.spoiled->tcp.has(flag::syn)) return Opening::unanswered;
    const std::uint64_t bad =
        connection_.end(Side::client).bad_checksums + connection_.end(Side::server).bad_checksums;
    if (!client.based && !server.based) return bad != 0 ? Opening::inconclusive : Opening::none;
    if (connection_.one_sided || server.syn) return Opening::inconclusive;
    // Only RSTs, and what they answer: no attempt to open anything.
    const bool exchange = client.any_ack || server.any_ack;
    return exchange ? Opening::not_captured : Opening::none;
  }
  if (refused_) return Opening::refused;
  if (connection_.has(Odd::syn_ack_missing) || connection_.one_sided) return Opening::inconclusive;
  if (connection_.handshake_done) {
    return client.syn_only && server.syn_only ? Opening::simultaneous : Opening::three_way;
  }
  if (server.syn)
    return wrong_handshake_sequence_ && !facts().whole() ? Opening::inconclusive
                                                         : Opening::half_open;
  return connection_.has(Odd::syn_ack_number) ? Opening::half_open : Opening::unanswered;
}

Closing Flow::closing() const {
  if (refused_ || refused_stray_) return Closing::refused;
  if (reset_) return Closing::reset;
  if (connection_.one_sided) return Closing::inconclusive;
  const Half& client = half(Side::client);
  const Half& server = half(Side::server);
  if (client.fin_ever_acked && server.fin_ever_acked) {
    const Half& second = half(other(first_fin_));
    if (!second.fin_after_peer_fin) return Closing::simultaneous;
    // The second FIN is the very segment that acknowledges the first.
    const End& last = connection_.end(other(first_fin_));
    const End& first = connection_.end(first_fin_);
    return first.fin_ack_packet == last.fin_packet ? Closing::three_segment : Closing::four_way;
  }
  if (client.fin || server.fin) return Closing::unfinished;
  if (!connection_.handshake_done && begun_by_syn_) {
    const bool tried = server.syn && connection_.has(Odd::syn_missing) == false &&
                       (connection_.has(Odd::handshake_ack_number) ||
                        connection_.has(Odd::handshake_ack_sequence));
    if (tried) return Closing::unfinished;
    return connection_.has(Odd::syn_ack_missing) && !facts().whole() ? Closing::not_captured
                                                                     : Closing::none;
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
  if (reset_) return as_closed_first(reset_->from);
  if (unproven_reset_ && !connection_.handshake_done) return as_closed_first(*unproven_reset_);
  return ClosedFirst::nobody;
}

void Flow::phase_times() {
  if (first_syn_time_ && handshake_time_) {
    connection_.handshake_ns = *handshake_time_ - *first_syn_time_;
  }
  if (first_byte_time_) {
    connection_.first_byte_ns = *first_byte_time_ - connection_.first_time_ns;
  }
  const bool ended =
      reset_ || (half(Side::client).fin_ever_acked && half(Side::server).fin_ever_acked);
  if (ended && first_fin_time_ && close_end_time_) {
    connection_.close_ns = *close_end_time_ - *first_fin_time_;
  }
}

}  // namespace wireproof::tcp
