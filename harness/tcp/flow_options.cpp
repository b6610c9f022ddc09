// What flags and options a segment may carry (RFC 9293 3.1, 3.2; RFC 7323; RFC 2018; RFC 3168).
#include "tcp/flow.h"

namespace wireproof::tcp {

namespace flag = packet::flag;

// Combinations that no stack sends. RST is looked at first by a receiver, so RST FIN resets.
void Flow::check_flags(const Packet& packet, Segment& segment) {
  const std::uint16_t flags = packet.tcp.flags;
  constexpr std::uint16_t kControl = flag::syn | flag::fin | flag::rst;
  const auto has = [&](std::uint16_t wanted) { return (flags & wanted) == wanted; };
  const bool nonsense = has(flag::syn | flag::fin) || has(flag::syn | flag::rst) ||
                        (flags & (kControl | flag::ack)) == 0 ||
                        (has(flag::fin | flag::psh | flag::urg) && !has(flag::ack));
  if (nonsense || has(flag::fin | flag::rst)) {
    note(Odd::flag_combination, segment.from, segment.packet, 0, flags);
  }
  if (nonsense) {
    segment.marks |= mark::stray;
    return;
  }
  if (has(flag::urg)) {
    connection_.urgent = true;
    if (packet.tcp.urgent == 0) note(Odd::urgent_pointer, segment.from, segment.packet);
  }
}

void Flow::check_options(const Packet& packet, Segment& segment) {
  const auto& options = packet.tcp.options;
  const bool syn = packet.tcp.has(flag::syn);
  const Side from = segment.from;
  const EndFigures& peer = end(other(from));
  const bool peer_offer_known = half(other(from)).offers_known;
  if (!options.malformed.empty() && !packet.cut) {
    note(Odd::option_malformed, from, segment.packet, 0, 0, options.malformed);
  }
  if (options.mptcp) connection_.mptcp = true;
  if (syn) {
    if (options.window_scale.value_or(0) > 14) {
      note(Odd::window_scale_limit, from, segment.packet, 14, *options.window_scale);
    }
    const bool answer = packet.tcp.has(flag::ack) && peer_offer_known;
    if (answer && options.window_scale && !peer.window_scale) {
      note(Odd::window_scale_unoffered, from, segment.packet);
    }
    if (answer && options.timestamps && !peer.timestamps) {
      note(Odd::timestamp_unoffered, from, segment.packet);
    }
  } else {
    check_option_places(packet, segment);
  }
  if (options.sack_count != 0) check_sack(packet, segment);
  if (options.fast_open) check_fast_open(packet, segment);
  check_stamps(packet, segment);
  check_ecn(packet, segment);
}

void Flow::check_option_places(const Packet& packet, const Segment& segment) {
  const auto& options = packet.tcp.options;
  const Side from = segment.from;
  if (options.mss) note(Odd::mss_not_on_syn, from, segment.packet);
  if (options.window_scale) note(Odd::window_scale_not_on_syn, from, segment.packet);
  if (options.sack_permitted) note(Odd::sack_permitted_not_on_syn, from, segment.packet);
}

void Flow::check_stamps(const Packet& packet, Segment& segment) {
  const auto& stamps = packet.tcp.options.timestamps;
  const Side from = segment.from;
  Half& me = half(from);
  const Half& peer = half(other(from));
  const bool syn = packet.tcp.has(flag::syn);
  if (scales_known_ && !syn) {
    const bool agreed = end(Side::client).timestamps && end(Side::server).timestamps;
    // RFC 7323 3.2: once agreed on, in every segment but RST; else in none.
    if (agreed && !stamps && packet.tcp.options.malformed.empty() && !packet.cut) {
      note(Odd::timestamp_missing, from, segment.packet);
    }
    if (!agreed && stamps) note(Odd::timestamp_unoffered, from, segment.packet);
  }
  if (!stamps) return;
  if (me.has_recent && before(stamps->value + 1, me.recent_stamp) && segment.seq >= me.next &&
      !syn) {
    note_stale(packet, segment);
  } else if (me.stamps.count == 0 || !before(stamps->value, me.stamps.latest())) {
    me.stamps.add(stamps->value);
  } else {
    me.stamps.add_late(stamps->value);
  }
  // RFC 7323 4.3: the receiver keeps the stamp of a segment that begins at or below what it has
  // acknowledged; one that came early changes nothing, and what it overtook is no older for it.
  const std::int64_t acknowledged = peer.any_ack ? peer.acked : 1;
  if (segment.seq <= acknowledged && (!me.has_recent || !before(stamps->value, me.recent_stamp))) {
    me.recent_stamp = stamps->value;
    me.has_recent = true;
  }
  if (!packet.tcp.has(flag::ack)) {
    // Linux keeps the last one when it uses an address pair again that is in TIME_WAIT.
    if (syn && stamps->echo_reply != 0) {
      note(Odd::timestamp_echo_on_syn, from, segment.packet, 0, stamps->echo_reply);
    }
    return;
  }
  if (me.has_echoed && before(stamps->echo_reply, me.echoed)) {
    note(Odd::timestamp_echo_backwards, from, segment.packet, me.echoed, stamps->echo_reply);
  } else {
    me.echoed = stamps->echo_reply;
    me.has_echoed = true;
  }
  if (peer.stamps.count != 0 && peer.stamps.latest() != stamps->echo_reply &&
      !peer.stamps.holds(stamps->echo_reply)) {
    const bool old = peer.stamps.forgot && before(stamps->echo_reply, peer.stamps.latest());
    if (!old) {
      note(Odd::timestamp_echo, from, segment.packet, peer.stamps.latest(), stamps->echo_reply);
    }
  }
}

// RFC 7323 5.3: the receiver drops it, if all came in the order in which it was captured.
void Flow::note_stale(const Packet& packet, Segment& segment) {
  const Half& me = half(segment.from);
  note(Odd::timestamp_backwards, segment.from, segment.packet, me.recent_stamp,
       packet.tcp.options.timestamps->value, {}, 0, newest_);
  segment.marks |= mark::old_stamp;
  ++make_rare().end(segment.from).old_stamps;
  if (segment.end() <= me.next) return;
  HalfRarities& mine = rarities_->half(segment.from);
  mine.stale_seq = segment.seq;
  mine.stale_end = segment.end();
  mine.stale_packet = segment.packet;
}

// RFC 7413 4.1.1: on a SYN, with an even cookie of 4 to 16 bytes or, to ask for one, without.
void Flow::check_fast_open(const Packet& packet, const Segment& segment) {
  const auto& options = packet.tcp.options;
  const std::uint8_t length = options.fast_open_cookie_length;
  if (!packet.tcp.has(flag::syn)) {
    note(Odd::fast_open_place, segment.from, segment.packet);
  } else if (length != 0 && (length < 4 || length > 16 || length % 2 != 0)) {
    note(Odd::fast_open_cookie, segment.from, segment.packet, 0, length);
  }
}

void Flow::check_sack(const Packet& packet, const Segment& segment) {
  const Side from = segment.from;
  const Half& peer = half(other(from));
  const auto& options = packet.tcp.options;
  if (peer.offers_known && !end(other(from)).sack_permitted) {
    note(Odd::sack_not_permitted, from, segment.packet);
  }
  if (!peer.based || !peer.spoke) return;
  for (std::size_t i = 0; i < options.sack_count; ++i) {
    const std::int64_t left = peer.widened(options.sack[i].left);
    const std::int64_t right = peer.widened(options.sack[i].right);
    // A first block below the ACK number reports a duplicate (RFC 2883 4).
    if (left >= right || right > peer.next) {
      note(Odd::sack_range, from, segment.packet, peer.next, right,
           left >= right ? "its left edge is not below its right one" : "");
      return;
    }
    if (i > 0 && right <= segment.ack) {
      note(Odd::sack_range, from, segment.packet, segment.ack, right,
           "only the first block may lie below the acknowledgement number");
      return;
    }
  }
}

void Flow::check_ecn(const Packet& packet, const Segment& segment) {
  const std::uint16_t flags = packet.tcp.flags;
  const Side from = segment.from;
  if (connection_.accurate_ecn || (!scales_known_ && !packet.tcp.has(flag::syn))) return;
  constexpr std::uint16_t kEcn = flag::ece | flag::cwr;
  if (packet.tcp.has(flag::syn)) {
    if (packet.ecn == 1 || packet.ecn == 2) {
      note(Odd::ecn_on_control, from, segment.packet, 0, packet.ecn);
    }
    // RFC 3168 6.1.1: only an ECN-setup SYN is answered by ECE; CWR and ECE together, by nobody.
    if (!packet.tcp.has(flag::ack) || (flags & kEcn) == 0 || !half(other(from)).syn) return;
    if (!end(other(from)).ecn_setup || (flags & flag::cwr) != 0) {
      note(Odd::ecn_setup, from, segment.packet, flag::ece, flags & kEcn);
    }
    return;
  }
  if (!connection_.ecn && ((flags & kEcn) != 0 || (packet.ecn != 0 && segment.length != 0))) {
    note(Odd::ecn_unnegotiated, from, segment.packet, 0, flags & kEcn);
  }
}

}  // namespace wireproof::tcp
