// Round trips, and what set a retransmission off: three duplicate ACKs (RFC 5681 3.2), the timer
// (RFC 6298 5), or a probe for a lost tail (RFC 8985 7).
#include <algorithm>

#include "tcp/flow.h"

namespace wireproof::tcp {

namespace {
constexpr std::int64_t kFirstTimeout = 1'000 * kMillisecond;     // RFC 6298 2.1
constexpr std::int64_t kShortestTimeout = 200 * kMillisecond;    // Linux; RFC 6298 2.4 says 1 s
constexpr std::int64_t kLongestTimeout = 55'000 * kMillisecond;  // RFC 6298 2.5: 60 s or more
constexpr std::uint32_t kDuplicates = 3;
}  // namespace

// One segment at a time is timed, as RFC 6298 3 asks at the least.
void Flow::time_segment(const Segment& segment) {
  Half& me = half(segment.from);
  me.last_sent_ns = segment.time_ns;
  if (me.timed_ns != 0) return;
  me.timed_ns = segment.time_ns;
  me.timed_end = segment.end();
}

void Flow::time_ack(Side sender, std::int64_t ack, std::int64_t time_ns) {
  Half& me = half(sender);
  if (me.timed_ns == 0 || ack < me.timed_end) return;
  const std::int64_t took = time_ns - me.timed_ns;
  me.timed_ns = 0;
  if (took < 0) return;
  RoundTrips& trips = end(sender).round_trips;
  if (trips.samples++ == 0) {
    trips.min_ns = trips.max_ns = trips.smoothed_ns = took;
    trips.variation_ns = took / 2;
  } else {
    trips.min_ns = std::min(trips.min_ns, took);
    trips.max_ns = std::max(trips.max_ns, took);
    trips.variation_ns += (std::abs(trips.smoothed_ns - took) - trips.variation_ns) / 4;
    trips.smoothed_ns += (took - trips.smoothed_ns) / 8;
  }
  trips.sum_ns += took;
}

std::int64_t Flow::timeout_of(Side sender) const {
  const RoundTrips& trips = end(sender).round_trips;
  if (trips.samples == 0) return kFirstTimeout;
  return std::max(kShortestTimeout, trips.smoothed_ns + 4 * trips.variation_ns);
}

// Called for a segment that repeats what was sent before, before anything else learns of it.
void Flow::classify_retransmission(Segment& segment) {
  const Side from = segment.from;
  Half& me = half(from);
  const Half& peer = half(other(from));
  EndRarities& e = make_rare().end(from);
  HalfRarities& mine = rarities_->half(from);
  const RoundTrips& trips = end(from).round_trips;
  const std::int64_t waited = segment.time_ns - std::max(me.last_sent_ns, me.progress_ns);
  me.timed_ns = 0;  // Karn: what is sent twice is not timed
  const bool control = (segment.flags & (packet::flag::syn | packet::flag::fin)) != 0;
  const bool first_unacked = segment.seq <= peer.acked || !peer.any_ack;
  if (segment.end() <= peer.acked && peer.any_ack) {
    segment.marks |= mark::spurious;
    ++e.spurious_retransmissions;
  }
  const bool recovering = peer.any_ack && peer.acked < mine.recovery_end;
  // Half of the time that the sender must wait: this end's clock is not the sender's.
  const bool timer = waited >= timeout_of(from) / 2;
  if (first_unacked && timer) {
    segment.marks |= mark::timeout_retransmission;
    mine.recovery_by_timer = true;
    mine.recovery_end = me.next;
    back_off(segment);
  } else if (peer.duplicate_run >= kDuplicates || (peer.reports_holes && !recovering)) {
    segment.marks |= mark::fast_retransmission;
    mine.recovery_by_timer = false;
    mine.recovery_end = me.next;
  } else if (recovering) {
    segment.marks |=
        mine.recovery_by_timer ? mark::timeout_retransmission : mark::fast_retransmission;
  } else if (segment.end() == me.next && !control && trips.samples != 0 && waited >= trips.min_ns) {
    segment.marks |= mark::tail_loss_probe;
  } else if (control) {
    segment.marks |= mark::timeout_retransmission;
  }
  if ((segment.marks & mark::timeout_retransmission) != 0) ++e.timeout_retransmissions;
  if ((segment.marks & mark::fast_retransmission) != 0) ++e.fast_retransmissions;
  if ((segment.marks & mark::tail_loss_probe) != 0) ++e.tail_loss_probes;
  me.last_sent_ns = segment.time_ns;
}

// RFC 6298 5.5: each time-out of the same segment waits twice as long as the one before. Two may
// be alike (a probe and a time-out, SYNs of newer Linux), and the longest wait is not doubled.
void Flow::back_off(const Segment& segment) {
  const Half& me = half(segment.from);
  HalfRarities& mine = make_rare().half(segment.from);
  const bool same = mine.backed_off_seq == segment.seq && mine.backed_off_times != 0;
  const std::int64_t waited = segment.time_ns - me.last_sent_ns;
  if (!same) {
    mine.backed_off_seq = segment.seq;
    mine.backed_off_times = 1;
    mine.waited_ns = waited;
    return;
  }
  constexpr int kLinear = 5;
  const int allowed = (segment.flags & packet::flag::syn) != 0 ? kLinear : 2;
  if (++mine.backed_off_times > allowed && mine.waited_ns < kLongestTimeout &&
      waited * 5 < mine.waited_ns * 6) {
    note(Odd::not_backed_off, segment.from, segment.packet, 2 * mine.waited_ns, waited);
  }
  mine.waited_ns = waited;
}

// RFC 2883 4: a first block below the ACK number, or within the second block, reports what came
// twice.
void Flow::take_duplicate_sack(const packet::Packet& packet, Segment& segment) {
  const Half& peer = half(other(segment.from));
  const auto& sack = packet.tcp.options.sack;
  const std::int64_t left = peer.widened(sack[0].left), right = peer.widened(sack[0].right);
  const bool within = packet.tcp.options.sack_count > 1 && left >= peer.widened(sack[1].left) &&
                      right <= peer.widened(sack[1].right);
  if (right > segment.ack && !within) {
    half(segment.from).reports_holes = true;
    return;
  }
  segment.marks |= mark::duplicate_sack;
  ++make_rare().end(segment.from).duplicate_sacks;
}

// RFC 6928 2: ten segments, or 14,600 bytes where they are smaller, before the first is
// acknowledged.
void Flow::measure_flight(const Segment& segment) {
  const Side from = segment.from;
  const Half& me = half(from);
  const Half& peer = half(other(from));
  EndFigures& e = end(from);
  const std::int64_t acked = peer.any_ack ? std::max<std::int64_t>(peer.acked, 1) : 1;
  const std::int64_t next = std::max(me.next, segment.seq + segment.length);
  const auto flight = static_cast<std::uint64_t>(std::max<std::int64_t>(0, next - acked));
  e.largest_flight = std::max(e.largest_flight, flight);
  if (acked > 1 || !me.syn || !rare_half(from).holes.empty()) return;
  e.initial_flight = std::max(e.initial_flight, flight);
  const std::uint64_t mss = peer.mss_offered == 0 ? 536 : peer.mss_offered;
  const std::uint64_t most = std::min(10 * mss, std::max<std::uint64_t>(2 * mss, 14'600));
  const bool cut_up_later = has(Odd::offloaded);
  if (flight > most && !cut_up_later && !has(Odd::initial_window)) {
    note(Odd::initial_window, from, segment.packet, static_cast<std::int64_t>(most),
         static_cast<std::int64_t>(flight));
  }
}

}  // namespace wireproof::tcp
