// Segments of a synchronised connection: acknowledgements and windows (RFC 9293 3.4, 3.8).
#include <algorithm>
#include <utility>

#include "tcp/flow.h"

namespace wireproof::tcp {

namespace flag = packet::flag;

namespace {
constexpr std::uint64_t kOrderWindow = 8;  // segments within which a capture may be out of order
}  // namespace

void Flow::on_segment(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  Half& peer = half(other(from));
  const bool has_ack = packet.tcp.has(flag::ack);
  if (!me.based) {
    const bool answered = begun_by_syn_ && peer.syn;
    if (!has_ack && !answered) {  // nothing to hold on to: a scan's segment, or noise
      note(Odd::flag_combination, from, segment.packet, 0, packet.tcp.flags);
      segment.marks |= mark::stray;
      return;
    }
    base_on_ack(from, packet.tcp.seq);
    note(answered ? Odd::syn_ack_missing : Odd::syn_missing, from, segment.packet);
  } else if (!me.spoke && !me.syn && me.next < me.widened(packet.tcp.seq)) {
    me.next = me.widened(packet.tcp.seq);  // its base was guessed; it starts here
  }
  if (has_ack && !peer.based) base_on_ack(other(from), packet.tcp.ack);
  segment.seq = me.widened(packet.tcp.seq);
  if (has_ack) segment.ack = peer.widened(packet.tcp.ack);
  if (rare().reset) {
    after_reset(packet, segment);
    if (rare().reset) return;
  }
  newest_ = segment.end() > me.next || (has_ack && (!me.any_ack || segment.ack > me.acked));
  const auto& stamps = packet.tcp.options.timestamps;
  newest_stamp_ = stamps && me.stamps.count != 0 && before(me.stamps.latest(), stamps->value);
  const State state = end(from).state;
  bool ack_counts = has_ack;
  if (state == State::unknown || state == State::listen || state == State::closed) {
    if (!over_) move(from, State::established, segment);
  } else if (state == State::syn_sent && has_ack) {
    if (!peer.syn && !peer.spoke) note(Odd::syn_ack_missing, from, segment.packet);
    ack_counts = handshake_ack_right(segment);
  }
  check_options(packet, segment);
  const bool probe = on_probe(packet, segment);
  if (ack_counts) on_ack(packet, segment);
  if (packet.tcp.options.sack_count != 0 && peer.based) take_duplicate_sack(packet, segment);
  if (!probe) {
    if (segment.takes_numbers()) {
      on_sequence(packet, segment);
    } else if (segment.seq > me.next && !wrong_handshake_sequence_) {
      make_rare().half(from).ahead =
          std::make_unique<Ahead>(Ahead{segment.seq, me.next, segment.packet});
      segment.marks |= mark::gap_before;
    } else if (segment.seq < me.next) {
      note(Odd::sequence_behind, from, segment.packet, me.next, segment.seq);
    }
  }
  if (has_ack) on_window(packet, segment);
}

void Flow::on_ack(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  Half& peer = half(other(from));
  const std::int64_t ack = segment.ack;
  if (ack > peer.next && !peer.spoke) peer.next = ack;  // that direction was not captured so far
  if (ack > peer.next) {
    if (peer.fin && rare_half(other(from)).holes.empty()) {
      constexpr std::int64_t kFar = 1 << 20;  // of another connection that is not in the capture
      doubt(note(Odd::fin_ack_number, from, segment.packet, peer.next, ack, {},
                 end(other(from)).fin_packet.value_or(0), true),
            // Or its SYN stood behind its FIN in the capture, and numbered it anew.
            peer.fin_doubtful || ack - peer.next > kFar || peer.next <= peer.fin_seq);
      return;
    }
    HalfRarities& mine = make_rare().half(from);
    if (mine.early_ack && mine.early_ack->ack >= ack) return;
    EarlyAck early;
    early.ack = ack;
    early.packet = segment.packet;
    early.time_ns = segment.time_ns;
    early.next_then = peer.next;
    early.place = connection_.packets;
    mine.early_ack = std::make_unique<EarlyAck>(early);
    return;
  }
  if (!me.any_ack || ack > me.acked) {
    if (rarities_ && rare_half(from).early_ack && me.any_ack) {
      rarities_->half(from).early_ack->acker_went_back = true;
    }
    if (peer.oldest_unacked_ns != 0 && ack > peer.oldest_unacked_seq) {
      const std::int64_t waited = segment.time_ns - peer.oldest_unacked_ns;
      if (waited > kLongestDelay && rare_half(other(from)).holes.empty() && !me.zero_window) {
        note(Odd::late_ack, from, segment.packet, kLongestDelay, waited);
      }
      peer.oldest_unacked_ns = 0;
    }
    acknowledge(from, ack, segment.packet, segment.time_ns, packet.tcp.has(flag::fin));
    me.duplicate_run = 0;
    me.challenge_due = me.keep_alive_due = me.probe_due = false;
  } else if (ack == me.acked) {
    on_same_ack(packet, segment);
  } else {
    note(Odd::ack_withdrawn, from, segment.packet, me.acked, ack);
  }
}

void Flow::acknowledge(Side from, std::int64_t ack, std::uint64_t packet, std::int64_t time_ns,
                       bool with_fin) {
  Half& me = half(from);
  Half& peer = half(other(from));
  if (!me.any_ack || ack > me.acked) {
    peer.progress_ns = time_ns;
    me.reports_holes = false;
    time_ack(other(from), ack, time_ns);
  }
  me.acked = me.any_ack ? std::max(me.acked, ack) : ack;
  me.any_ack = true;
  if (rarities_) {
    auto& holes = rarities_->half(other(from)).holes;
    while (!holes.empty() && holes.front().from < ack) {
      const Range& hole = holes.front();
      note(Odd::hole_acked, from, packet, hole.from, std::min(hole.to, ack), {}, hole.packet);
      holes.erase(holes.begin());
    }
  }
  release_bytes(from, ack, packet);
  if (rarities_) {
    HalfRarities& theirs = rarities_->half(other(from));
    if (theirs.stale_end != 0 && ack >= theirs.stale_end) {
      note(Odd::old_stamp_taken, from, packet, 0, 0, {}, theirs.stale_packet);
      theirs.stale_end = 0;
    }
  }
  if (ack >= 1 && !peer.syn_acked) {
    peer.syn_acked = true;
    if (end(from).state == State::syn_sent) move(from, State::established, packet, time_ns);
  }
  if (peer.syn_acked && !wrong_handshake_sequence_) {
    const State at = end(other(from)).state;
    // A listener whose SYN-ACK was not captured.
    const bool inferred = at == State::listen && from == Side::client && begun_by_syn_;
    if (at == State::syn_received || inferred) {
      move(other(from), State::established, packet, time_ns);
    }
    if (end(from).state == State::syn_received && me.syn_acked) {
      move(from, State::established, packet, time_ns);
    }
    if (!connection_.handshake_done && me.syn && me.syn_acked && peer.syn) {
      connection_.handshake_done = true;
      handshake_time_ = time_ns;
    }
  }
  if (peer.fin && !peer.fin_acked && ack > peer.fin_seq) {
    fin_acknowledged(from, packet, time_ns, with_fin);
  }
}

// What was acknowledged is compared with nothing any more.
void Flow::release_bytes(Side from, std::int64_t ack, std::uint64_t packet) {
  Half& peer = half(other(from));
  if (peer.bytes == nullptr) return;
  const std::uint32_t cut = peer.bytes->release(ack);
  if (cut != 0 && cut <= end(from).mss.value_or(536))
    note(Odd::ack_mid_segment, from, packet, 0, ack);
  if (peer.bytes->size() == 0) drop_bytes(other(from));
}

// An ACK that acknowledges nothing new: why was it sent?
void Flow::on_same_ack(const Packet& packet, Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  Half& peer = half(other(from));
  if (peer.fin && !peer.fin_acked && segment.ack > peer.fin_seq) {
    fin_acknowledged(from, segment.packet, segment.time_ns, packet.tcp.has(flag::fin));
    return;
  }
  if (segment.takes_numbers()) return;
  if (me.challenge_due) {
    segment.marks |= mark::challenge_ack;
  } else if (me.keep_alive_due) {
    segment.marks |= mark::keep_alive_ack;
  } else if (!me.probe_due && peer.next > segment.ack &&
             me.window_raw == packet.tcp.window) {  // RFC 5681 2
    segment.marks |= mark::duplicate_ack;
    ++make_rare().end(from).duplicate_acks;
    ++me.duplicate_run;
  }
  me.challenge_due = me.keep_alive_due = me.probe_due = false;
}

// `sender` has just sent more: does that explain what the other end acknowledged before?
void Flow::explain_early_ack(Side sender, const Segment& by) {
  if (!rarities_ || !rare_half(other(sender)).early_ack) return;
  HalfRarities& acker = rarities_->half(other(sender));
  const EarlyAck early = *acker.early_ack;
  if (early.ack > half(sender).next) {
    if (by.seq == early.next_then) acker.early_ack->sender_went_on = true;
    return;
  }
  acker.early_ack.reset();
  const bool near = connection_.packets - early.place < kOrderWindow;
  if (near) {
    note(Odd::ack_before_sent, other(sender), early.packet, early.next_then, early.ack, {},
         by.packet);
    rarities_->explained_packet = early.packet;
  } else {
    note(Odd::ack_of_unsent, other(sender), early.packet, early.next_then, early.ack);
  }
  acknowledge(other(sender), early.ack, early.packet, early.time_ns, false);
}

void Flow::settle_early_ack(Side side) {
  if (!rare_half(side).early_ack) return;
  const EarlyAck& early = *rare_half(side).early_ack;
  note(early.handshake ? Odd::handshake_ack_number : Odd::ack_of_unsent, side, early.packet,
       early.next_then, early.ack, {}, end(other(side)).syn_packet.value_or(0),
       early.reset_for_it || (early.sender_went_on && early.acker_went_back));
}

void Flow::on_window(const Packet& packet, Segment& segment) {
  if (has(Odd::header_cut)) return;  // the window may be missing
  Half& me = half(segment.from);
  const bool syn = packet.tcp.has(flag::syn);
  const std::uint32_t window =
      syn || !scales_known_ ? packet.tcp.window : std::uint32_t{packet.tcp.window} << me.scale;
  segment.window = window;
  const std::int64_t edge = segment.ack + window;
  if (window == 0) {
    segment.marks |= mark::zero_window;
    ++make_rare().end(segment.from).zero_windows;
    std::int64_t& since_ns = rarities_->half(segment.from).zero_since_ns;
    if (since_ns == 0) since_ns = segment.time_ns;
  } else if (rare_half(segment.from).zero_since_ns != 0) {
    const std::int64_t since_ns = std::exchange(make_rare().half(segment.from).zero_since_ns, 0);
    rarities_->end(segment.from).zero_window_ns +=
        std::max<std::int64_t>(0, segment.time_ns - since_ns);
    // RFC 9293 3.8.6.2.2: not before a segment, or half of the buffer, fits.
    const std::uint32_t enough = std::min<std::uint32_t>(me.mss_offered, me.widest_window / 2);
    if (scales_known_ && !syn && window < enough) {
      note(Odd::silly_window, segment.from, segment.packet, enough, window);
    }
  }
  me.widest_window = std::max(me.widest_window, window);
  const bool no_data = !segment.takes_numbers();
  if (me.window_raw >= 0 && no_data && segment.ack == me.acked && window > me.window &&
      (segment.marks & (mark::challenge_ack | mark::keep_alive | mark::window_probe)) == 0 &&
      edge > me.right_edge) {
    segment.marks |= mark::window_update;
  }
  // Rounding by the scale may take away up to one unit (RFC 7323 2.4). The first scaled window
  // after the SYN's unscaled one is no shrinking either.
  if (scales_known_ && !syn && me.window_raw >= 0 && segment.ack >= me.acked &&
      edge + (std::int64_t{1} << me.scale) <= me.right_edge) {
    note(Odd::window_shrunk, segment.from, segment.packet, me.right_edge, edge, {}, 0,
         newest_ || newest_stamp_);
  }
  me.window = window;
  me.zero_window = window == 0;
  if (!syn) me.window_raw = packet.tcp.window;
  me.right_edge = std::max(me.right_edge, edge);
}

}  // namespace wireproof::tcp
