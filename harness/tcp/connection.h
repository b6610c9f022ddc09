// One TCP connection as its packets show it: what the tracker makes, what rules judge, what reports
// and ladder diagrams show. Sequence and acknowledgement numbers are widened to 64 bits and
// relative to each sender's ISN (the SYN is 0, the first byte 1), so nothing here wraps. Plain
// values: no thread rule.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.h"
#include "packet/packet.h"
#include "tcp/known.h"
#include "tcp/oddity.h"
#include "tcp/state.h"

namespace wireproof::tcp {

enum class Opening : std::uint8_t {
  three_way,
  simultaneous,
  refused,
  unanswered,
  half_open,
  not_captured,
  inconclusive,
  none,
};
enum class Closing : std::uint8_t {
  four_way,
  three_segment,
  simultaneous,
  reset,
  refused,
  none,
  unfinished,
  not_captured,
  inconclusive,
};
enum class ClosedFirst : std::uint8_t { nobody, client, server, both };

std::string_view name(Opening);  // "three-way"
std::string_view name(Closing);
std::string_view name(ClosedFirst);  // "-" for nobody
std::optional<Opening> opening_from_name(std::string_view);
std::optional<Closing> closing_from_name(std::string_view);
std::optional<ClosedFirst> closed_first_from_name(std::string_view);

// What the tracker says of one segment besides its fields; several may hold.
namespace mark {
inline constexpr std::uint32_t
    retransmission = 1u << 0,
    capture_duplicate = 1u << 1, out_of_order = 1u << 2, duplicate_ack = 1u << 3,
    keep_alive = 1u << 4, keep_alive_ack = 1u << 5, zero_window = 1u << 6, window_probe = 1u << 7,
    window_update = 1u << 8, challenge_ack = 1u << 9, partial_retransmission = 1u << 10,
    outside_window = 1u << 11,  // not acceptable to the receiver (RFC 9293 3.10.7.4)
    stray = 1u << 12,           // belongs to no state of this connection
    bad_checksum = 1u << 13, offloaded = 1u << 14, gap_before = 1u << 15, fast_open_data = 1u << 16,
    spurious = 1u << 17,
    // What set a retransmission off (RFC 5681 3.2, RFC 6298, RFC 8985 7).
    fast_retransmission = 1u << 18, timeout_retransmission = 1u << 19, tail_loss_probe = 1u << 20,
    duplicate_sack = 1u << 21,  // RFC 2883
    old_stamp = 1u << 22;       // to be dropped by PAWS (RFC 7323 5.3)
}
std::string marks_text(std::uint32_t marks);  // "retransmission, zero window"

struct Segment {
  std::uint64_t packet = 0;  // number in the capture
  std::int64_t time_ns = 0;
  Side from = Side::client;
  std::uint16_t flags = 0;
  std::int64_t seq = 0;      // relative, widened; negative: before the ISN
  std::int64_t ack = 0;      // relative to the other end's ISN; only when ACK is set
  std::uint32_t length = 0;  // payload bytes on the wire
  std::uint32_t window = 0;  // scaled where both ends agreed on scaling
  std::uint32_t marks = 0;
  std::uint32_t raw_seq = 0, raw_ack = 0;
  // Sequence numbers taken: payload, SYN and FIN one each (RFC 9293 3.4).
  std::int64_t end() const { return seq + length + (flags >> 1 & 1) + (flags & 1); }
  bool takes_numbers() const {
    return length != 0 || (flags & (packet::flag::syn | packet::flag::fin)) != 0;
  }
};

// A change of one end's state, and the packet that proves it (0: inferred from no packet).
struct Transition {
  Side side = Side::client;
  State from = State::closed;
  State to = State::closed;
  std::uint64_t packet = 0;
  std::int64_t time_ns = 0;
};

// A SYN or FIN sent again.
struct Repeat {
  std::uint64_t packet = 0;
  std::int64_t time_ns = 0;
  bool fin = false;
};

// Times from an end's segments to the other's acknowledgement of them, both as the capture saw
// them; never of what was sent twice (RFC 6298 3, Karn).
struct RoundTrips {
  std::uint64_t samples = 0;
  std::int64_t min_ns = 0, max_ns = 0, sum_ns = 0;
  std::int64_t smoothed_ns = 0, variation_ns = 0;  // RFC 6298 2
  std::int64_t mean_ns() const {
    return samples == 0 ? 0 : sum_ns / static_cast<std::int64_t>(samples);
  }
};

// What every connection has of an end. The tracker keeps this of each while it is tracked, and that
// memory is most of a packet's cost: so it is three lines of the cache, what nearly every packet
// changes in the first, and what ordinary connections have nothing of stands in EndRarities.
struct EndFigures {
  std::uint64_t segments = 0;
  std::uint64_t payload_bytes_sent = 0;                 // retransmissions counted
  std::uint64_t good_checksums = 0, bad_checksums = 0;  // partial and unknown ones in neither
  std::uint64_t data_segments = 0;
  std::uint64_t payload_bytes = 0;  // each byte of the stream once
  std::uint32_t isn = 0;
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;
  State state = State::closed;  // after the last packet
  bool isn_known = false;
  bool sack_permitted = false, timestamps = false, ecn_setup = false;
  // A RST came to it in TIME_WAIT, of the right number: RFC 9293 3.10.7.4 lets it end the state,
  // RFC 1337 lets it be ignored.
  bool reset_in_time_wait = false;
  RoundTrips round_trips;
  std::uint64_t initial_flight = 0;         // bytes sent before the first of them was acknowledged
  std::uint64_t largest_flight = 0;         // most bytes sent and not acknowledged
  KnownNumber first_data_ns, last_data_ns;  // of new data
  KnownPacket first_segment_packet, syn_packet, fin_packet, fin_ack_packet;
  KnownNumber fin_time_ns;
  KnownNumber fin_seq;  // relative sequence number of the FIN itself
};

struct EndRarities {
  std::optional<std::uint64_t> rst_packet;
  std::uint64_t payload_bytes_after_peer_fin = 0;  // half-close
  std::uint64_t retransmissions = 0;
  std::uint64_t syn_retransmissions = 0, fin_retransmissions = 0;
  // Of `retransmissions`, by what set them off; the rest could be either. Spurious: the other end
  // had it already, as its ACK before tells.
  std::uint64_t fast_retransmissions = 0, timeout_retransmissions = 0, tail_loss_probes = 0,
                spurious_retransmissions = 0;
  std::uint64_t duplicate_acks = 0, out_of_order = 0, zero_windows = 0, keep_alives = 0;
  std::uint64_t window_probes = 0, capture_duplicates = 0;
  std::uint64_t duplicate_sacks = 0;     // that this end sent (RFC 2883)
  std::uint64_t old_stamps = 0;          // segments of this end that PAWS drops
  std::uint64_t bad_data_checksums = 0;  // of bad_checksums, those with data
  std::int64_t zero_window_ns = 0;       // how long this end offered no window
  std::vector<Repeat> repeats;           // SYNs and FINs sent again, the first 16
  // The last data that this end sent after the other's FIN, and its bytes.
  std::optional<std::uint64_t> data_after_peer_fin_packet;
  std::uint32_t data_after_peer_fin_length = 0;
};

struct End : EndFigures, EndRarities {
  packet::Endpoint endpoint;
};
// Payload bytes a second from the first to the last; 0 where there is no time between.
double throughput(const End& end);

// What is counted while a connection lasts.
struct ConnectionFigures {
  std::uint64_t packets = 0;  // strays included
  std::int64_t last_time_ns = 0;
  bool fast_open = false, mptcp = false, urgent = false, ecn = false, accurate_ecn = false;
  bool one_sided = false;       // only one direction was captured
  bool handshake_done = false;  // SYN, SYN-ACK and ACK seen, each numbering the other
  std::uint64_t index = 0;      // order of first packets, from 1
  std::uint64_t first_packet = 0;
  std::int64_t first_time_ns = 0;
};

struct Connection : ConnectionFigures {
  OddSet odd_kinds;  // each kind that is in `oddities`
  Opening opening = Opening::none;
  Closing closing = Closing::none;
  ClosedFirst closed_first = ClosedFirst::nobody;
  bool half_close = false;  // payload went on against the first FIN's direction
  std::array<End, 2> ends;  // [0] client, [1] server
  End& end(Side side) { return ends[static_cast<std::size_t>(side)]; }
  const End& end(Side side) const { return ends[static_cast<std::size_t>(side)]; }
  // In wire order (capture order mended). Where the tracker was told to keep few, the first and the
  // last of them: `segments_left_out` lie behind the first `segments_before_gap`.
  std::vector<Segment> segments;
  std::uint64_t segments_left_out = 0, segments_before_gap = 0;
  std::vector<Transition> transitions;  // the first 64
  // Durations of the phases: first SYN to the handshake's ACK; first packet to the server's first
  // byte; first FIN (or RST) to the close's last ACK.
  std::optional<std::int64_t> handshake_ns, first_byte_ns, close_ns;
  std::vector<std::uint64_t> icmp_packets;  // the first 64
  std::optional<Side> reset_by;             // who sent the RST that ended it
  std::vector<Oddity> oddities;  // what rules may object to; empty on an ordinary connection
  bool has(Odd kind) const { return odd_kinds.has(kind); }
};

// All states of one end in order, the initial one first.
std::vector<State> state_path(const Connection& connection, Side side);

// Findings and verdicts of one connection.
struct Judgement {
  std::vector<Finding> findings;
  Verdict verdict = Verdict::passed;
  Verdict verdict_opening = Verdict::passed;
  Verdict verdict_closing = Verdict::passed;
  Verdict verdict_client = Verdict::passed;
  Verdict verdict_server = Verdict::passed;
};

}  // namespace wireproof::tcp
