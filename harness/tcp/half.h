// What the tracker remembers of one end of a connection while it lasts: how far it has sent, how
// far it has acknowledged, the window it offers, and the little that is needed to know a packet
// again. Plain values: no thread rule.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "packet/packet.h"
#include "tcp/connection.h"
#include "tcp/sent_bytes.h"
#include "tcp/sequence.h"

namespace wireproof::tcp {

inline constexpr std::int64_t kMillisecond = 1'000'000;  // in ns

struct Range {
  std::int64_t from = 0, to = 0;  // [from, to)
  std::int64_t time_ns = 0;       // when it was skipped
  std::uint64_t packet = 0;       // by which packet
};

// Enough of a packet to know it again when the capture has it twice. Written field by field where
// it stays: a copy just made would wait until memory has all of it.
struct alignas(64) Fingerprint {
  std::uint64_t packet = 0;
  std::int64_t time_ns = 0;
  std::uint64_t sack = 0;  // all edges of its blocks
  std::uint32_t seq = 0, ack = 0, length = 0, ip_id = 0, ts_value = 0;
  std::uint16_t flags = 0, window = 0;

  static std::uint32_t stamp_of(const packet::TcpHeader& tcp) {
    return tcp.options.timestamps ? tcp.options.timestamps->value : 0;
  }
  static std::uint64_t sack_of(const packet::TcpHeader& tcp) {
    std::uint64_t edges = 0;
    for (std::size_t i = 0; i < tcp.options.sack_count; ++i) {
      edges = edges * 0x9E3779B97F4A7C15u + tcp.options.sack[i].left;
      edges = edges * 0x9E3779B97F4A7C15u + tcp.options.sack[i].right;
    }
    return edges;
  }
  // The same for packets that are alike, and hardly ever for two that follow each other.
  static std::uint32_t digest_of(const packet::Packet& of) {
    return of.tcp.seq ^ (of.tcp.ack << 16 | of.tcp.ack >> 16) ^ of.ip_id * 0x9E3779B1u ^
           (std::uint32_t{of.tcp.window} << 8) ^ of.payload_length ^ of.tcp.flags;
  }
  void take(const packet::Packet& of) {
    packet = of.frame.number;
    time_ns = of.frame.time_ns;
    sack = sack_of(of.tcp);
    seq = of.tcp.seq;
    ack = of.tcp.ack;
    length = of.payload_length;
    ip_id = of.ip_id;
    ts_value = stamp_of(of.tcp);
    flags = of.tcp.flags;
    window = of.tcp.window;
  }
  bool is_like(const packet::Packet& of) const {
    return packet != 0 && seq == of.tcp.seq && ack == of.tcp.ack && length == of.payload_length &&
           flags == of.tcp.flags && window == of.tcp.window && ip_id == of.ip_id &&
           ts_value == stamp_of(of.tcp) && sack == sack_of(of.tcp);
  }
};

// The distinct TSvals an end has sent, the latest first: what the other may echo (RFC 7323 4.3).
struct StampHistory {
  std::uint8_t count = 0, head = 0;
  bool forgot = false;  // older ones have left
  std::array<std::uint32_t, 16> values{};
  std::uint32_t latest() const { return values[head]; }
  bool holds(std::uint32_t value) const {
    for (std::uint8_t i = 0; i < count; ++i)
      if (values[i] == value) return true;
    return false;
  }
  // Sent before the latest, and overtaken.
  void add_late(std::uint32_t value) {
    if (holds(value)) return;
    const std::uint32_t newest = latest();
    values[head] = value;
    add(newest);
  }
  void add(std::uint32_t value) {
    if (count != 0 && values[head] == value) return;
    if (holds(value)) return;
    head = static_cast<std::uint8_t>((head + 1) % values.size());
    values[head] = value;
    if (count < values.size()) {
      ++count;
    } else {
      forgot = true;
    }
  }
};

// An acknowledgement of more than was seen sent: explained when the rest turns up in the capture.
struct EarlyAck {
  std::int64_t ack = 0, time_ns = 0;
  std::uint64_t packet = 0;
  std::int64_t next_then = 0;  // what had been sent
  std::uint64_t place = 0;     // among the packets of the connection
  bool handshake = false;
  bool sender_went_on = false;   // with less than was acknowledged
  bool reset_for_it = false;     // by the sender
  bool acker_went_back = false;  // to less than that
};

// A segment without data beyond what was sent: overtaken by data, or wrong.
struct Ahead {
  std::int64_t seq = 0, next_then = 0;
  std::uint64_t packet = 0;
};

// What nearly every packet needs stands first, in as few lines of the cache as it takes: see
// EndFigures. What few connections need stands in HalfRarities.
struct alignas(64) Half {
  std::uint32_t base = 0;  // raw number of relative 0
  bool based = false;      // `base` is known, or guessed from the first segment
  bool spoke = false;      // a segment of this end is in the capture
  bool any_ack = false;
  bool syn = false, syn_only = false;  // sent a SYN; one without ACK
  bool syn_acked = false;              // by the other end
  bool fin = false, fin_acked = false, fin_ever_acked = false;
  bool fin_after_peer_fin = false;  // its FIN acknowledges the other's
  bool zero_window = false;
  bool offers_known = false;  // its SYN was captured, with options that could all be read
  // Expectations of the next segment.
  bool challenge_due = false, keep_alive_due = false, probe_due = false;
  bool has_echoed = false, has_recent = false;
  bool takes_bad = false;      // bad checksums are the capture's: its segments count all the same
  bool reports_holes = false;  // SACK blocks above its ACK since that last advanced
  bool fin_doubtful = false;   // it came with another TTL than what was before it
  std::uint8_t scale = 0, ttl = 0, fin_ttl = 0;
  std::uint8_t newest = 0;  // of `last`
  std::uint16_t mss_offered = 0;
  std::uint32_t duplicate_run = 0;  // duplicate ACKs in a row that this end has sent
  std::int64_t next = 0;            // after the highest number sent
  std::int64_t acked = 0;           // how far this end has acknowledged the other
  // What this end offers to receive.
  std::uint32_t window = 0, widest_window = 0;
  // ---- a line of the cache ends here
  std::int64_t right_edge = -1, window_raw = -1;
  std::int64_t last_heard_ns = 0;      // when this end last sent
  std::int64_t oldest_unacked_ns = 0;  // data of this end waiting for its ACK; 0: none, or resent
  std::int64_t oldest_unacked_seq = 0;
  // Round trips and retransmissions (flow_timing.cpp).
  std::int64_t timed_ns = 0, timed_end = 0;  // the segment that is being timed; 0: none
  std::int64_t last_sent_ns = 0;             // when this end last sent what takes a number
  // ---- and here
  std::int64_t progress_ns = 0;            // when that was last acknowledged
  SentBytes* bytes = nullptr;              // lent by the pool while some are not acknowledged
  std::array<std::uint32_t, 2> digests{};  // of `last`
  std::uint32_t echoed = 0;        // the last time stamp of the other end that this one echoed
  std::uint32_t recent_stamp = 0;  // TS.Recent, as far as the capture tells
  std::int64_t fin_seq = 0;
  std::uint64_t fin_acked_packet = 0;
  std::int64_t fin_acked_time_ns = 0;
  std::uint32_t fin_ip_id = 0;
  StampHistory stamps;  // its values are a line of their own
  std::array<Fingerprint, 2> last{};

  std::int64_t widened(std::uint32_t raw) const { return widen(raw, base, next); }
};
static_assert(sizeof(Half) == 6 * 64);

// What an ordinary connection has nothing of.
struct HalfRarities {
  // A segment that a receiver must drop: not taken as sent until the other end acknowledges it.
  std::unique_ptr<packet::Packet> spoiled;
  std::unique_ptr<EarlyAck> early_ack;
  std::unique_ptr<Ahead> ahead;
  std::vector<Range> holes;        // skipped so far, below `next`
  std::int64_t zero_since_ns = 0;  // no window is offered since; 0: one is
  std::int64_t stale_end = 0;      // data that PAWS drops ends here; 0: none
  std::int64_t stale_seq = 0;
  std::uint64_t stale_packet = 0;
  std::uint32_t bad_syn_ack = 0;  // raw ACK of a SYN-ACK that acknowledges something else
  bool has_bad_syn_ack = false;
  bool has_wrong_ack = false;
  std::uint32_t wrong_ack = 0;  // raw; the handshake's, of something else than the SYN-ACK
  std::uint32_t old_base = 0;   // ISN of an attempt before
  bool has_old_base = false;
  bool recovery_by_timer = false;
  std::uint8_t backed_off_times = 0;
  std::int64_t recovery_end = 0;  // what was sent when the last loss was found
  std::int64_t backed_off_seq = 0, waited_ns = 0;
  std::uint64_t answered_spoiled = 0;  // segments with a bad checksum that were acknowledged
};

}  // namespace wireproof::tcp
