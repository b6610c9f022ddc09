// What a segment takes of the sequence space: new bytes, bytes sent again, bytes out of order,
// probes, and the FIN (RFC 9293 3.4, 3.6, 3.8).
#include <algorithm>
#include <cstdlib>

#include "tcp/flow.h"

namespace wireproof::tcp {

namespace flag = packet::flag;

namespace {
constexpr std::size_t kMostHoles = 64, kMostRepeats = 16;
constexpr std::int64_t kSoonestTimeout = 200'000'000;  // Linux' smallest RTO
constexpr std::int64_t kNotIdle = 100'000'000;
// So far from the end of a stream that it is rather of another connection: one whose SYN is not in
// the capture, or the other half of one that a proxy splits.
bool far(std::int64_t seq, std::int64_t end) { return std::abs(seq - end) > 1 << 20; }

// RFC 9293 3.8.4: a keep-alive may repeat the last number with a garbage byte; where the other
// direction is not in the capture nothing else tells it from a retransmission.
bool may_keep_alive(const Half& me, const Segment& segment) {
  return segment.length == 1 && segment.seq == me.next - 1;
}

}  // namespace

// RFC 9293 3.8.4: a keep-alive repeats the last number, with no byte or a garbage one; 3.8.6.1: so
// may a probe of a zero window, or it sends the next byte. True: it takes no sequence number.
bool Flow::on_probe(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  Half& peer = half(other(from));
  if (segment.length > 1 || packet.tcp.has(flag::fin) || !peer.any_ack) return false;
  if (segment.length == 1 && peer.zero_window && segment.seq == peer.acked) {
    segment.marks |= mark::window_probe;
    ++make_rare().end(from).window_probes;
    peer.probe_due = true;
    return false;
  }
  if (segment.seq != peer.acked - 1 || me.next < 1) return false;
  if (peer.zero_window) {
    segment.marks |= mark::window_probe;
    ++make_rare().end(from).window_probes;
    peer.probe_due = true;
    return true;
  }
  if (peer.acked != me.next || end(from).state == State::syn_sent) return false;
  const std::int64_t idle_ns = segment.time_ns - std::max(me.last_heard_ns, peer.last_heard_ns);
  // The last byte once more, pushed or at once: a retransmission whose ACK was on its way, or lost
  // on it. What is sent to be answered by nothing but an ACK has no PSH.
  const bool resent = segment.length == 1 && (packet.tcp.has(flag::psh) || idle_ns < kNotIdle);
  if (resent) return false;
  segment.marks |= mark::keep_alive;
  ++make_rare().end(from).keep_alives;
  peer.keep_alive_due = true;
  if (segment.length == 1) note(Odd::keep_alive_data, from, segment.packet);
  if (idle_ns < kNotIdle) {
    note(Odd::keep_alive_not_idle, from, segment.packet, kNotIdle, idle_ns);
  }
  return true;
}

void Flow::on_sequence(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  if (segment.length != 0 && half(other(from)).fin) {
    make_rare().end(from).data_after_peer_fin_packet = segment.packet;
    rarities_->end(from).data_after_peer_fin_length = segment.length;
  }
  const std::int64_t data_end = segment.seq + segment.length;
  const bool fin = packet.tcp.has(flag::fin);
  if (me.fin) {
    if (fin && data_end != me.fin_seq) {
      doubt(note(Odd::fin_moved, from, segment.packet, me.fin_seq, data_end, {},
                 end(from).fin_packet.value_or(0)),
            far(data_end, me.fin_seq) || foreign(packet, me.fin_ttl, me.fin_ip_id));
      segment.marks |= mark::stray;
      return;
    }
    if (data_end > me.fin_seq) {
      doubt(note(Odd::data_after_fin, from, segment.packet, me.fin_seq + 1, segment.seq, {},
                 end(from).fin_packet.value_or(0)),
            far(segment.seq, me.fin_seq) || foreign(packet, me.fin_ttl, me.fin_ip_id));
      segment.marks |= mark::stray;
      return;
    }
  }
  const HalfRarities& mine = rare_half(from);
  if (mine.stale_end != 0 && (segment.marks & mark::old_stamp) == 0 &&
      segment.seq <= mine.stale_seq && segment.end() > mine.stale_seq) {
    rarities_->half(from).stale_end = 0;  // with a good stamp at last
  }
  if (segment.seq > me.next) {
    segment.marks |= mark::gap_before;
    auto& holes = make_rare().half(from).holes;
    if (holes.size() < kMostHoles) {
      holes.push_back({me.next, segment.seq, segment.time_ns, segment.packet});
    }
  }
  const std::int64_t end_of_it = segment.end();
  if (end_of_it > me.next) {
    on_new_data(packet, segment);
    const auto& spoiled = rare_half(from).spoiled;
    if (spoiled && spoiled->tcp.seq == packet.tcp.seq) {  // what the receiver dropped, again
      segment.marks |= mark::retransmission;
      ++rarities_->end(from).retransmissions;
    }
    if (segment.seq == me.next) {
      time_segment(segment);
    } else {
      me.timed_ns = 0;
    }
    me.next = end_of_it;
  } else {
    on_old_data(packet, segment);
  }
  if (fin && !me.fin) {
    me.fin_ttl = packet.ttl;
    me.fin_ip_id = packet.ip_id;
    me.fin_doubtful = packet.ttl != me.ttl;
    on_fin(segment);
  }
  explain_early_ack(from, segment);
}

void Flow::on_new_data(const Packet& packet, Segment& segment) {
  if (segment.length == 0) return;
  const Side from = segment.from;
  Half& me = half(from);
  const Half& peer = half(other(from));
  EndFigures& e = end(from);
  const bool captured = packet.payload.size() == packet.payload_length;
  const std::int64_t overlap = std::max<std::int64_t>(0, me.next - segment.seq);
  const std::int64_t data_end = segment.seq + segment.length;
  if (overlap > 0) {
    segment.marks |= mark::partial_retransmission;
    ++make_rare().end(from).retransmissions;
    classify_retransmission(segment);
    if (captured) compare_bytes(packet, segment);
    e.payload_bytes += static_cast<std::uint64_t>(
        fill_holes(rarities_->half(from).holes, segment.seq, me.next).bytes);
  }
  const auto fresh =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, segment.length - overlap));
  e.payload_bytes += fresh;
  if (peer.fin && me.acked > peer.fin_seq) {
    make_rare().end(from).payload_bytes_after_peer_fin += fresh;
  }
  if (peer.mss_offered != 0 && segment.length > peer.mss_offered) {
    segment.marks |= mark::offloaded;
    if (!has(Odd::offloaded)) {
      note(Odd::offloaded, from, segment.packet, peer.mss_offered, segment.length);
    }
  }
  if (from == Side::server && !first_byte_time_) first_byte_time_ = segment.time_ns;
  check_window(segment, data_end);
  measure_flight(segment);
  if (!e.first_data_ns) e.first_data_ns = segment.time_ns;
  e.last_data_ns = segment.time_ns;
  if (captured && fresh != 0) {
    bytes_of(from).keep(segment.seq + overlap,
                        packet.payload.subspan(static_cast<std::size_t>(overlap)), packet.ttl,
                        packet.ip_id);
  }
  if (me.oldest_unacked_ns == 0 && overlap == 0) {
    me.oldest_unacked_ns = segment.time_ns;
    me.oldest_unacked_seq = segment.seq;
  }
}

// All of it is below what was sent: again, or late.
void Flow::on_old_data(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  Half& peer = half(other(from));
  EndFigures& e = end(from);
  Rarities& rare = make_rare();
  const std::int64_t data_end = segment.seq + segment.length;
  const bool fin = packet.tcp.has(flag::fin);
  const bool captured = packet.payload.size() == packet.payload_length;
  const auto [filled, skipped_at] = fill_holes(rare.half(from).holes, segment.seq, data_end);
  if (skipped_at != 0 && segment.length != 0) {
    e.payload_bytes += static_cast<std::uint64_t>(filled);
    if (captured) bytes_of(from).keep(segment.seq, packet.payload, packet.ttl, packet.ip_id);
    if (peer.duplicate_run < 3 && segment.time_ns - skipped_at < kSoonestTimeout) {
      segment.marks |= mark::out_of_order;
      ++rare.end(from).out_of_order;
      note(Odd::overtaken, from, segment.packet);
      return;
    }
  } else if (captured && segment.length != 0 && !may_keep_alive(me, segment)) {
    compare_bytes(packet, segment);
  }
  if ((segment.marks & mark::window_probe) != 0) return;
  segment.marks |= mark::retransmission;
  ++rare.end(from).retransmissions;
  classify_retransmission(segment);
  me.oldest_unacked_ns = 0;
  if (!fin || !me.fin) return;
  ++rare.end(from).fin_retransmissions;
  repeated(segment, true);
  if (!me.fin_acked) return;
  // Its FIN again: the ACK that was seen has not reached it.
  me.fin_acked = false;
  over_ = false;
  take_back(from, end(from).state == State::closed       ? State::last_ack
                  : end(from).state == State::fin_wait_2 ? State::fin_wait_1
                                                         : State::closing);
}

// The bytes between may be new in part only: what was cut differently comes again so.
Flow::Filled Flow::fill_holes(std::vector<Range>& holes, std::int64_t from, std::int64_t to) {
  Filled filled;
  for (std::size_t i = 0; i < holes.size();) {
    Range& hole = holes[i];
    if (hole.from >= to || hole.to <= from) {
      ++i;
      continue;
    }
    filled.skipped_at = std::max<std::int64_t>(hole.time_ns, 1);
    filled.bytes += std::min(hole.to, to) - std::max(hole.from, from);
    const Range before{hole.from, std::max(hole.from, from), hole.time_ns, hole.packet};
    const Range after{std::min(hole.to, to), hole.to, hole.time_ns, hole.packet};
    holes.erase(holes.begin() + static_cast<std::ptrdiff_t>(i));
    for (const Range& rest : {after, before}) {
      if (rest.from >= rest.to) continue;
      holes.insert(holes.begin() + static_cast<std::ptrdiff_t>(i), rest);
    }
    if (before.from < before.to) ++i;
    if (after.from < after.to) ++i;
  }
  return filled;
}

void Flow::compare_bytes(const Packet& packet, const Segment& segment) {
  // What is sent again was within a window, and none is larger (RFC 7323 2.3): this is another lap
  // of the sequence numbers, where the capture lost a gigabyte.
  constexpr std::int64_t kLargestWindow = 65535 << 14;
  const SentBytes* const kept = half(segment.from).bytes;
  if (kept == nullptr || half(segment.from).next - segment.seq > kLargestWindow) return;
  const auto difference = kept->compare(segment.seq, packet.payload);
  if (!difference) return;
  doubt(note(Odd::retransmission_differs, segment.from, segment.packet, difference->offset,
             difference->before << 8 | difference->now),
        end(segment.from).bad_checksums > 1 || foreign(packet, difference->ttl, difference->ip_id));
}

// RFC 9293 3.8.6: no byte beyond the furthest edge that was ever offered, but for a probe.
void Flow::check_window(const Segment& segment, std::int64_t data_end) {
  const Half& peer = half(other(segment.from));
  if (!scales_known_ || peer.right_edge < 0 || data_end <= peer.right_edge) return;
  if ((segment.marks & mark::window_probe) != 0) return;
  note(Odd::beyond_window, segment.from, segment.packet, peer.right_edge, data_end);
}

void Flow::on_fin(Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  const Half& peer = half(other(from));
  me.fin = true;
  me.fin_seq = segment.seq + segment.length;
  me.fin_after_peer_fin = peer.fin && me.acked > peer.fin_seq;
  end(from).fin_packet = segment.packet;
  end(from).fin_time_ns = segment.time_ns;
  end(from).fin_seq = me.fin_seq;
  if (!peer.fin) {
    first_fin_ = from;
    first_fin_time_ = segment.time_ns;
  }
  move(from, end(from).state == State::close_wait ? State::last_ack : State::fin_wait_1, segment);
}

void Flow::repeated(const Segment& segment, bool fin) {
  auto& repeats = make_rare().end(segment.from).repeats;
  if (repeats.size() < kMostRepeats) repeats.push_back({segment.packet, segment.time_ns, fin});
}

void Flow::fin_acknowledged(Side by, std::uint64_t packet, std::int64_t time_ns, bool with_fin) {
  Half& acker = half(by);
  Half& closer = half(other(by));
  closer.fin_acked = closer.fin_ever_acked = true;
  closer.fin_acked_packet = packet;
  closer.fin_acked_time_ns = time_ns;
  if (!end(other(by)).fin_ack_packet) end(other(by)).fin_ack_packet = packet;
  close_end_time_ = time_ns;

  switch (end(by).state) {  // the acknowledging end has the FIN
    case State::fin_wait_1:
      // Note 2 of RFC 9293 figure 5: FIN and its ACK in one segment lead straight to TIME_WAIT.
      if (!acker.fin_acked || !closer.fin_after_peer_fin) move(by, State::closing, packet, time_ns);
      if (acker.fin_acked) move(by, State::time_wait, packet, time_ns);
      break;
    case State::fin_wait_2:
      move(by, State::time_wait, packet, time_ns);
      break;
    case State::established:
    case State::syn_received:
    case State::unknown:
      move(by, State::close_wait, packet, time_ns);
      break;
    default:
      break;
  }
  switch (end(other(by)).state) {  // its sender has the acknowledgement
    case State::fin_wait_1:
      // While the other's FIN is out, its own ACK of that will tell which state this one takes.
      if (!acker.fin && !with_fin) move(other(by), State::fin_wait_2, packet, time_ns);
      break;
    case State::closing:
      move(other(by), State::time_wait, packet, time_ns);
      break;
    case State::last_ack:
      move(other(by), State::closed, packet, time_ns);
      break;
    default:
      break;
  }
  over_ = acker.fin_acked && closer.fin_acked;
}

}  // namespace wireproof::tcp
