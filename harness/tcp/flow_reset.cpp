// RST: taken, challenged or ignored as RFC 9293 3.10.7 and RFC 5961 3.2 say.
#include <algorithm>
#include <utility>

#include "tcp/flow.h"

namespace wireproof::tcp {

namespace flag = packet::flag;

void Flow::on_reset(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  Half& peer = half(other(from));
  auto& first = make_rare().end(from).rst_packet;
  if (!first) first = segment.packet;
  if (segment.length != 0) note(Odd::reset_with_data, from, segment.packet, 0, segment.length);
  if (!begun_by_syn_ && !me.based && !peer.based) {
    segment.marks |= mark::stray;
    if (peer.spoke) refused_stray_ = true;
    return;
  }
  check_option_places(packet, segment);
  if (over_) {
    if (!rarities_->reset && !refused_) note(Odd::reset_after_close, from, segment.packet);
    EndFigures& receiver = end(other(from));
    if (receiver.state == State::time_wait && me.widened(packet.tcp.seq) == me.next)
      receiver.reset_in_time_wait = true;
    segment.marks |= mark::stray;
    return;
  }
  if (end(other(from)).state == State::syn_sent && !me.syn) {
    on_reset_of_syn(packet, segment);
    return;
  }
  if (!me.based) {
    base_on_ack(from, packet.tcp.seq + 1);
    me.next = peer.any_ack ? peer.acked : 0;
    note(begun_by_syn_ ? Odd::syn_ack_missing : Odd::syn_missing, from, segment.packet);
  }
  segment.seq = me.widened(packet.tcp.seq);
  if (packet.tcp.has(flag::ack) && peer.based) segment.ack = peer.widened(packet.tcp.ack);
  HalfRarities& theirs = rarities_->half(other(from));
  if (theirs.has_wrong_ack && packet.tcp.seq == theirs.wrong_ack) {
    prove(Odd::handshake_ack_number, other(from));
  }
  if (theirs.has_bad_syn_ack && packet.tcp.seq == theirs.bad_syn_ack) {
    prove(Odd::syn_ack_number, other(from));
    // RFC 9293 3.10.7.3: in SYN_SENT an ACK of the wrong number is answered <SEQ=SEG.ACK><RST>.
    segment.marks |= mark::stray;
    const std::uint32_t isn = peer.base;
    drop_bytes(other(from));
    peer = Half{};
    theirs = HalfRarities{};
    peer.spoke = true;
    peer.base = isn;
    move(other(from), State::listen, segment);
    return;
  }
  check_reset_numbers(packet, segment);

  // RCV.NXT of the receiver lies between what it has acknowledged and what has been sent to it.
  const std::int64_t lowest = peer.any_ack ? peer.acked : std::min<std::int64_t>(1, me.next);
  const std::int64_t highest = me.next;
  if (segment.seq < lowest || segment.seq > highest) {
    const std::int64_t window = std::max<std::int64_t>(peer.right_edge - lowest, 1);
    const bool inside = segment.seq > highest && segment.seq < lowest + window;
    if (theirs.early_ack && answers_early_ack(packet, *theirs.early_ack, me)) {
      theirs.early_ack->reset_for_it = true;
    }
    note(inside ? Odd::reset_not_exact : Odd::reset_stray, from, segment.packet, highest,
         segment.seq);
    segment.marks |= inside ? mark::outside_window : mark::stray | mark::outside_window;
    if (inside) peer.challenge_due = true;
    rarities_->unproven_reset = from;
    return;
  }
  FlowReset reset;
  reset.from = from;
  reset.packet = segment.packet;
  reset.time_ns = segment.time_ns;
  reset.seq = segment.seq;
  reset.peer_next = peer.next;
  reset.exact = segment.seq == highest;
  reset.states = {end(Side::client).state, end(Side::server).state};
  rarities_->reset = reset;
  rarities_->reset_by = from;
  over_ = true;
  // RST in place of an answer to data: the reader was closed with data unread, or still to come.
  if (peer.next > 1 && end(other(from)).payload_bytes != 0 && !me.fin) {
    const std::int64_t covered = packet.tcp.has(flag::ack) ? segment.ack : me.acked;
    if (covered >= peer.next && me.acked < peer.next) {
      note(Odd::reset_unread_data, from, segment.packet, me.acked, covered);
    }
  }
  close_end_time_ = segment.time_ns;
  if (!first_fin_time_) first_fin_time_ = segment.time_ns;
  const bool passive = end(other(from)).state == State::syn_received && !peer.syn_only;
  move(other(from), passive ? State::listen : State::closed, segment);
  move(from, State::closed, segment);
}

// RFC 9293 3.10.7.4: in SYN-RECEIVED a wrong ACK is answered <SEQ=SEG.ACK><RST>. A RST has that
// number by itself where the capture lost what was acknowledged; but for that the ACK must have
// come later than a round trip after the SYN-ACK.
bool Flow::answers_early_ack(const Packet& packet, const EarlyAck& early, const Half& me) const {
  const bool sent_more = me.next > 1;
  if (!early.handshake || packet.tcp.has(flag::ack) || !first_syn_time_ || sent_more) return false;
  const std::int64_t answered = me.last_sent_ns;
  return me.widened(packet.tcp.seq) == early.ack &&
         early.time_ns - answered <= answered - *first_syn_time_;
}

// RFC 9293 3.10.7.1: no listener answers a SYN <SEQ=0><ACK=SEG.SEQ+SEG.LEN><RST,ACK>; 3.10.7.3: the
// RST is taken only if it acknowledges the SYN.
void Flow::on_reset_of_syn(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  const Half& peer = half(other(from));
  const bool has_ack = packet.tcp.has(flag::ack);
  segment.ack = has_ack ? peer.widened(packet.tcp.ack) : 0;
  const std::uint64_t syn = end(other(from)).syn_packet.value_or(0);
  if (!has_ack || segment.ack < 1 || segment.ack > peer.next) {
    note(Odd::reset_refused, from, segment.packet, peer.next, segment.ack, {}, syn);
    segment.marks |= mark::stray;
    return;
  }
  if (packet.tcp.seq != 0) {
    note(Odd::reset_numbers, from, segment.packet, 0, packet.tcp.seq, "sequence number", syn);
  }
  if (segment.ack != peer.next) {
    note(Odd::reset_numbers, from, segment.packet, peer.next, segment.ack, "acknowledgement number",
         syn);
  }
  refused_ = over_ = true;
  move(other(from), State::closed, segment);
  end(from).state = State::closed;
}

// 3.5.2: a RST of an existing connection is <SEQ=SND.NXT>, or <SEQ=SEG.ACK> in answer to a segment;
// where it acknowledges, it acknowledges what was received.
void Flow::check_reset_numbers(const Packet& packet, const Segment& segment) {
  const Half& me = half(segment.from);
  const Half& peer = half(other(segment.from));
  if (!packet.tcp.has(flag::ack)) {
    if (packet.tcp.ack != 0) {
      note(Odd::reset_ack_number, segment.from, segment.packet, 0, packet.tcp.ack,
           "a number without the ACK flag");
    }
    return;
  }
  if (segment.ack > peer.next || (me.any_ack && segment.ack < me.acked)) {
    note(Odd::reset_ack_number, segment.from, segment.packet, peer.next, segment.ack);
  }
}

// Something follows a RST that was taken. What was on its way is no wonder; but when its sender
// acknowledges what came after it, or its receiver does, the connection lives: the RST was not
// believed, and likely somebody else's.
void Flow::after_reset(const Packet& packet, Segment& segment) {
  constexpr std::size_t kHeld = 8;
  Rarities& rare = *rarities_;
  const FlowReset reset = *rare.reset;
  if (segment.from != reset.from) {
    if (rare.held.empty() || segment.ack <= reset.seq) return;
  } else if (segment.ack <= reset.peer_next) {
    if ((segment.flags & flag::ack) != 0 && segment.seq >= reset.seq) {
      note(Odd::segment_after_reset, segment.from, segment.packet, 0, 0, {}, reset.packet);
    }
    if (segment.end() > reset.seq && segment.takes_numbers() && rare.held.size() < kHeld) {
      rare.held.push_back(packet);
      rare.held.back().payload = {};
      rare.held.back().frame.bytes = {};
    }
    return;
  }
  note(Odd::reset_ignored, other(reset.from), reset.packet, 0, 0, {}, segment.packet);
  std::erase_if(all_transitions(),
                [&](const Transition& change) { return change.packet == reset.packet; });
  end(Side::client).state = reset.states[0];
  end(Side::server).state = reset.states[1];
  if (first_fin_time_ == reset.time_ns) first_fin_time_.reset();
  close_end_time_.reset();
  over_ = false;
  for (Segment& s : rare.segments)
    if (s.packet == reset.packet) s.marks |= mark::stray;
  rare.reset.reset();
  rare.reset_by.reset();
  for (const Packet& held : std::exchange(rare.held, {})) {
    Segment again;
    fill(again, held, side_of(held));
    on_segment(held, again);
  }
}

}  // namespace wireproof::tcp
