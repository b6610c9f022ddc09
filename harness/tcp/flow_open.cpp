// The opening of a connection: SYN, SYN-ACK and the ACK that completes it (RFC 9293 3.5), crossing
// SYNs, second attempts, and SYNs that come where none should.
#include <algorithm>
#include <utility>

#include "tcp/flow.h"

namespace wireproof::tcp {

namespace flag = packet::flag;

namespace {
constexpr std::uint8_t kLargestShift = 14;  // RFC 7323 2.3
// A SYN with another ISN within this time is the same attempt made again; later, another one.
constexpr std::int64_t kSameAttempt = 10'000'000'000;
}  // namespace

Flow::Fate Flow::on_syn(const Packet& packet, Segment& segment) {
  return packet.tcp.has(flag::ack) ? on_syn_ack(packet, segment) : on_syn_only(packet, segment);
}

Flow::Fate Flow::on_syn_only(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  Half& peer = half(other(from));
  if (!me.based && !peer.based) {
    if (connection_.packets > 1 && !begun_by_syn_ && !me.spoke &&
        end(Side::client).state == State::unknown) {
      return Fate::new_life;  // strays before it are no part of this connection
    }
    begin(packet, segment);
    return Fate::kept;
  }
  if (me.syn && packet.tcp.seq == me.base) {
    segment.seq = 0;
    segment.marks |= mark::retransmission;
    ++make_rare().end(from).retransmissions;
    classify_retransmission(segment);
    ++rarities_->end(from).syn_retransmissions;
    repeated(segment, false);
    if (end(from).state != State::syn_sent) segment.marks |= mark::outside_window;
    check_options(packet, segment);
    return Fate::kept;
  }
  if (begun_by_syn_ && !me.syn && peer.syn && end(other(from)).state == State::syn_sent) {
    begin(packet, segment);  // both SYNs cross
    return Fate::kept;
  }
  if (!me.syn && peer.syn && me.based && packet.tcp.seq == me.base && !me.spoke) {
    late_syn(packet, segment);
    return Fate::kept;
  }
  if (end(from).state == State::syn_sent && me.syn_only && !peer.any_ack) {
    if (segment.time_ns - first_syn_time_.value_or(segment.time_ns) > kSameAttempt) {
      return Fate::new_life;
    }
    note(Odd::second_syn, from, segment.packet, me.base, packet.tcp.seq, {},
         end(from).syn_packet.value_or(0));
    rarities_->half(from).old_base = me.base;
    rarities_->half(from).has_old_base = true;
    rebase(from, packet.tcp.seq);
    repeated(segment, false);
    segment.seq = 0;
    take_syn_options(packet, from);
    check_options(packet, segment);
    take_syn_data(packet, segment);
    return Fate::kept;
  }
  // Who has sent a FIN, and now a SYN, has closed in between: of which the other end's part, as all
  // of that, is not in the capture.
  if (me.fin && !peer.spoke) return Fate::new_life;
  // RFC 5961 4.2: in a synchronised state a SYN is answered by a challenge ACK, whatever its
  // number.
  note(Odd::syn_in_connection, from, segment.packet);
  segment.marks |= mark::outside_window;
  peer.challenge_due = true;
  auto syn = std::make_unique<Packet>(packet);
  syn->payload = {};
  syn->frame.bytes = {};
  make_rare().pending_syn = std::move(syn);
  return Fate::kept;
}

void Flow::begin(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  begun_by_syn_ = true;
  half(from).syn_only = true;
  if (!first_syn_time_) first_syn_time_ = segment.time_ns;
  rebase(from, packet.tcp.seq);
  end(from).syn_packet = segment.packet;
  segment.seq = 0;
  // The other end was taken for a listener until its own SYN came.
  if (from == Side::server || end(from).state == State::unknown) end(from).state = State::closed;
  if (from == Side::client && end(Side::server).state == State::unknown) {
    end(Side::server).state = State::listen;
  }
  move(from, State::syn_sent, segment);
  half(from).right_edge = 1 + packet.tcp.window;
  time_segment(segment);
  take_syn_options(packet, from);
  check_options(packet, segment);
  take_syn_data(packet, segment);
}

void Flow::rebase(Side side, std::uint32_t isn) {
  Half& me = half(side);
  me.base = isn;
  me.based = true;
  me.syn = true;
  me.next = 1;
  drop_bytes(side);
  if (rarities_) rarities_->half(side).holes.clear();
  end(side).isn = isn;
  end(side).isn_known = true;
}

// The SYN stands behind the SYN-ACK that answers it.
void Flow::late_syn(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  begun_by_syn_ = true;
  me.syn = me.syn_only = true;
  end(from).isn = packet.tcp.seq;
  end(from).isn_known = true;
  end(from).syn_packet = segment.packet;
  first_syn_time_ = segment.time_ns;
  segment.seq = 0;
  const std::uint64_t answer = end(other(from)).syn_packet.value_or(0);
  forget(Odd::syn_missing, 0);
  note(Odd::ack_before_sent, other(from), answer, 0, 1, {}, segment.packet);
  auto& changes = all_transitions();
  if (end(from).state == State::unknown) {
    end(from).state = State::syn_sent;
    changes.insert(changes.begin(),
                   {from, State::closed, State::syn_sent, segment.packet, segment.time_ns});
  }
  take_syn_options(packet, from);
  check_options(packet, segment);
  make_rare().explained_packet = answer;
}

Flow::Fate Flow::on_syn_ack(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  Half& peer = half(other(from));
  const auto& pending = rare().pending_syn;
  if (pending && packet.source == pending->destination && packet.tcp.ack == pending->tcp.seq + 1 &&
      (!me.based || !me.syn || packet.tcp.seq != me.base)) {
    return Fate::splits;
  }
  if (!peer.based) {
    base_on_ack(other(from), packet.tcp.ack);
    note(Odd::syn_missing, from, segment.packet);
    if (end(from).state == State::unknown) end(from).state = State::listen;
  }
  segment.ack = peer.widened(packet.tcp.ack);
  if (me.syn && packet.tcp.seq != me.base) {
    if (me.syn_acked) {
      segment.seq = me.widened(packet.tcp.seq);
      segment.marks |= mark::outside_window | mark::stray;
      note(Odd::syn_in_connection, from, segment.packet);
      peer.challenge_due = true;
      return Fate::kept;
    }
    note(Odd::isn_changed, from, segment.packet, me.base, packet.tcp.seq, {},
         end(from).syn_packet.value_or(0));
    rebase(from, packet.tcp.seq);
  } else if (me.syn && !me.syn_only) {
    segment.seq = 0;
    segment.marks |= mark::retransmission;
    ++make_rare().end(from).retransmissions;
    classify_retransmission(segment);
    ++rarities_->end(from).syn_retransmissions;
    repeated(segment, false);
  }
  segment.seq = 0;
  const bool first = !me.syn;
  if (first) {
    rebase(from, packet.tcp.seq);
    end(from).syn_packet = segment.packet;
    time_segment(segment);
    move(from, State::syn_received, segment);
  } else if (me.syn_only && end(from).state == State::syn_sent) {
    move(from, State::syn_received, segment);
  }
  me.syn_only = me.syn_only && !first;
  if (segment.ack < 1 || segment.ack > peer.next) {
    const HalfRarities& theirs = rare_half(other(from));
    if (theirs.has_old_base && packet.tcp.ack == theirs.old_base + 1) {
      segment.marks |= mark::stray;  // answers an attempt before
    } else {
      note(Odd::syn_ack_number, from, segment.packet, peer.next, segment.ack, {},
           end(other(from)).syn_packet.value_or(0));
    }
    make_rare().half(from).bad_syn_ack = packet.tcp.ack;
    rarities_->half(from).has_bad_syn_ack = true;
    return Fate::kept;
  }
  if (rarities_) rarities_->half(from).has_bad_syn_ack = false;
  if (!peer.syn_acked && peer.next > 1) {
    // Data on the SYN (RFC 7413): taken as far as it is acknowledged, else sent again.
    if (segment.ack == 1) {
      fast_open_rejected_ = true;
      peer.next = 1;
      drop_bytes(other(from));
      end(other(from)).payload_bytes = 0;
    } else {
      connection_.fast_open = true;
    }
  }
  check_options(packet, segment);
  if (first || end(from).mss != packet.tcp.options.mss) take_syn_options(packet, from);
  acknowledge(from, segment.ack, segment.packet, segment.time_ns, false);
  if (first) take_syn_data(packet, segment);
  on_window(packet, segment);
  return Fate::kept;
}

void Flow::take_syn_options(const Packet& packet, Side from) {
  Half& me = half(from);
  Half& peer = half(other(from));
  EndFigures& e = end(from);
  const auto& options = packet.tcp.options;
  const std::uint16_t flags = packet.tcp.flags;
  e.mss = options.mss;
  me.mss_offered = options.mss.value_or(0);
  e.window_scale = options.window_scale;
  me.offers_known = options.malformed.empty() && !packet.cut;
  e.sack_permitted = options.sack_permitted;
  e.timestamps = options.timestamps.has_value();
  e.ecn_setup = false;
  me.scale = std::min(options.window_scale.value_or(0), kLargestShift);
  if (options.mptcp) connection_.mptcp = true;
  constexpr std::uint16_t kEcn = flag::ece | flag::cwr;
  if (!packet.tcp.has(flag::ack)) {
    e.ecn_setup = (flags & kEcn) == kEcn;
    if (e.ecn_setup && (flags & flag::ae) != 0) connection_.accurate_ecn = true;
  } else if (!connection_.accurate_ecn) {
    // RFC 3168 6.1.1: an ECN-setup SYN-ACK has ECE and not CWR, and answers an ECN-setup SYN.
    e.ecn_setup = (flags & kEcn) == flag::ece;
    connection_.ecn = e.ecn_setup && end(other(from)).ecn_setup;
  }
  if (!peer.syn || !me.syn) return;
  // Scaling and time stamps hold only where both SYNs offer them (RFC 7323 2.2, 3.2).
  scales_known_ = me.offers_known && peer.offers_known;
  if (!e.window_scale || !end(other(from)).window_scale) me.scale = peer.scale = 0;
}

void Flow::take_syn_data(const Packet& packet, Segment& segment) {
  if (segment.length == 0) return;
  Half& me = half(segment.from);
  if (packet.payload.size() == packet.payload_length) {
    bytes_of(segment.from).keep(1, packet.payload);
  }
  me.next = 1 + segment.length;
  end(segment.from).payload_bytes += segment.length;
  segment.marks |= mark::fast_open_data;
}

// The first segment of the end that sent the first SYN, after the answer. False: its ACK is wrong.
bool Flow::handshake_ack_right(Segment& segment) {
  Half& me = half(segment.from);
  const Half& peer = half(other(segment.from));
  if (!peer.syn && !peer.spoke) return true;  // the SYN-ACK was not captured
  const std::uint64_t answer = end(other(segment.from)).syn_packet.value_or(0);
  if (rare_half(other(segment.from)).has_bad_syn_ack && segment.seq == me.next)
    prove(Odd::syn_ack_number, other(segment.from));
  if (segment.ack < 1) {
    note(Odd::handshake_ack_number, segment.from, segment.packet, 1, segment.ack, {}, answer);
    make_rare().half(segment.from).wrong_ack = segment.raw_ack;
    rarities_->half(segment.from).has_wrong_ack = true;
    return false;
  }
  if (segment.ack > peer.next) {
    EarlyAck early;
    early.ack = segment.ack;
    early.packet = segment.packet;
    early.time_ns = segment.time_ns;
    early.next_then = peer.next;
    early.place = connection_.packets;
    early.handshake = true;
    auto& kept = make_rare().half(segment.from).early_ack;
    if (!kept) kept = std::make_unique<EarlyAck>(early);
    return false;
  }
  wrong_handshake_sequence_ = segment.seq != me.next;
  if (wrong_handshake_sequence_ && segment.length == 0) {
    note(Odd::handshake_ack_sequence, segment.from, segment.packet, me.next, segment.seq, {},
         answer);
  }
  return true;
}

}  // namespace wireproof::tcp
