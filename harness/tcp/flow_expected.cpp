// The segment that most are: of an open connection in good order, it has the next number of its end
// and brings data, or acknowledges more, and no rule has anything to say of it. This is the short
// way for it (Jacobson's header prediction, as receivers have it); what it may leave out is what
// flow_data.cpp and flow_sequence.cpp do of which nothing can come here. Whatever is in doubt goes
// the long way. A connection whose segments are kept has rarities, and goes that way always: so the
// two can be compared.
#include <algorithm>

#include "tcp/flow.h"

namespace wireproof::tcp {

namespace flag = packet::flag;

// The cheapest that fails first. Nothing is changed here.
bool Flow::is_expected(const Packet& packet, Side from, Expected& expected) const {
  const Half& me = half(from);
  const Half& peer = half(other(from));
  const packet::TcpHeader& tcp = packet.tcp;
  // Pushed or not; its first number is the next one.
  if ((tcp.flags & ~flag::psh) != flag::ack) return false;
  if (tcp.seq != me.base + static_cast<std::uint32_t>(me.next)) return false;
  if (rarities_ || over_ || !connection_.handshake_done || !scales_known_) return false;
  const EndFigures& sender = end(from);
  const EndFigures& receiver = end(other(from));
  if (sender.state != State::established || receiver.state != State::established) return false;
  if (me.fin || peer.fin || me.zero_window || peer.zero_window) return false;
  if (!me.spoke || !me.any_ack || !peer.any_ack || !peer.syn_acked) return false;
  if (!me.based || !peer.based || peer.acked > me.next) return false;

  const packet::TcpOptions& options = tcp.options;
  if (packet.checksum != packet::Checksum::good || packet.cut || !packet.malformed.empty() ||
      packet.ecn != 0 || options.mss || options.window_scale || options.sack_count != 0 ||
      options.sack_permitted || options.fast_open || options.mptcp || !options.malformed.empty()) {
    return false;
  }
  if (options.timestamps || sender.timestamps || receiver.timestamps) {
    if (!stamps_expected(packet, from)) return false;
  }
  const std::int64_t time_ns = packet.frame.time_ns;
  if (time_ns - connection_.last_time_ns > kLongSilence) return false;

  // It acknowledges more, not late; or the same, with data or another window.
  const std::int64_t ack = peer.widened(tcp.ack);
  if (ack > peer.next || ack < me.acked) return false;
  if (ack > me.acked) {
    const bool timed = peer.oldest_unacked_ns != 0 && ack > peer.oldest_unacked_seq;
    if (timed && time_ns - peer.oldest_unacked_ns > kLongestDelay) return false;
  } else if (packet.payload_length == 0) {
    if (me.challenge_due || me.keep_alive_due || me.probe_due) return false;
    if (peer.next > ack && me.window_raw == tcp.window) return false;  // a duplicate
  }
  // Its window neither closes nor shrinks, and its data is within the other's, and its MSS.
  const std::uint32_t window = std::uint32_t{tcp.window} << me.scale;
  const std::int64_t edge = ack + window;
  if (window == 0 || edge + (std::int64_t{1} << me.scale) <= me.right_edge) return false;
  if (packet.payload_length != 0) {
    if (peer.mss_offered != 0 && packet.payload_length > peer.mss_offered) return false;
    if (peer.right_edge >= 0 && me.next + packet.payload_length > peer.right_edge) return false;
  }
  expected = {ack, edge, window};
  return true;
}

// Agreed on and there, not older than any before, and echoing what the other has sent.
bool Flow::stamps_expected(const Packet& packet, Side from) const {
  const Half& me = half(from);
  const Half& peer = half(other(from));
  const auto& stamps = packet.tcp.options.timestamps;
  if (!stamps || !ends_[0].timestamps || !ends_[1].timestamps) return false;
  if (me.stamps.count == 0 || before(stamps->value, me.stamps.latest())) return false;
  if (me.has_recent && before(stamps->value + 1, me.recent_stamp)) return false;
  if (me.has_echoed && before(stamps->echo_reply, me.echoed)) return false;
  return peer.stamps.count == 0 || peer.stamps.holds(stamps->echo_reply);
}

void Flow::add_expected(const Packet& packet, Side from, const Expected& expected) {
  Half& me = half(from);
  Half& peer = half(other(from));
  const bool more = expected.ack > me.acked;
  Segment& segment = shared_->scratch;
  segment.packet = packet.frame.number;
  segment.time_ns = packet.frame.time_ns;
  segment.from = from;
  segment.flags = packet.tcp.flags;
  segment.seq = me.next;
  segment.ack = expected.ack;
  segment.length = packet.payload_length;
  segment.marks = 0;
  ++connection_.packets;
  last_packet_ = segment.packet;
  connection_.last_time_ns = std::max(connection_.last_time_ns, segment.time_ns);
  EndFigures& sender = end(from);
  ++sender.segments;
  ++sender.good_checksums;
  if (packet.tcp.options.timestamps) check_stamps(packet, segment);
  if (more) {
    if (expected.ack > peer.oldest_unacked_seq) peer.oldest_unacked_ns = 0;
    peer.progress_ns = segment.time_ns;
    me.reports_holes = false;
    time_ack(other(from), expected.ack, segment.time_ns);
    me.acked = expected.ack;
    release_bytes(from, expected.ack, segment.packet);
    me.duplicate_run = 0;
  }
  if (more || segment.length == 0) me.challenge_due = me.keep_alive_due = me.probe_due = false;
  if (segment.length != 0) {
    sender.payload_bytes_sent += segment.length;
    ++sender.data_segments;
    on_new_data(packet, segment);
    time_segment(segment);
    me.next += segment.length;
  }
  me.widest_window = std::max(me.widest_window, expected.window);
  me.window = expected.window;
  me.window_raw = packet.tcp.window;
  me.right_edge = std::max(me.right_edge, expected.edge);
  me.last_heard_ns = segment.time_ns;
  me.ttl = packet.ttl;
}

}  // namespace wireproof::tcp
