// What the tracker saw that a rule may object to. The tracker observes, rules judge: an ordinary
// connection has none of these, so judging it costs next to nothing.
// Plain values: no thread rule.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/finding.h"

namespace wireproof::tcp {

// `wanted` and `seen` of an oddity hold relative sequence numbers unless said otherwise.
enum class Odd : std::uint8_t {
  // Handshake
  syn_missing,             // the first segment of the connection is no SYN
  syn_ack_missing,         // the SYN was answered, but the answer is not in the capture
  syn_ack_number,          // SYN-ACK acknowledges something else than the SYN
  handshake_ack_number,    // so does the handshake's third segment
  handshake_ack_sequence,  // or its own number does not follow its SYN's
  isn_changed,             // SYN-ACK sent again with another ISN
  second_syn,              // SYN sent again with another ISN
  syn_in_connection,       // SYN within a synchronised connection
  // Segments
  malformed,   // detail: what; the header cannot be trusted
  header_cut,  // the snap length cut the TCP header
  checksum_bad,
  checksum_answered,  // acknowledged although its checksum was bad; side: who acknowledged
  flag_combination,   // seen: the flags
  ack_flag_missing,
  ackless_acknowledged,
  urgent_pointer,  // URG with an urgent pointer of zero
  // Data
  ack_of_unsent,    // never explained by what the other end sent
  ack_before_sent,  // explained later: the packets are in another order than on the wire
  ack_withdrawn,    // lower than one sent before
  ack_mid_segment,
  hole_acked,              // acknowledges bytes that are not in the capture
  gap_unfilled,            // bytes skipped: [wanted, seen)
  sequence_ahead,          // a segment without data beyond what was sent
  sequence_behind,         // or before it, and neither probe nor keep-alive
  retransmission_differs,  // wanted: offset of the first difference; seen: its byte before and now
  beyond_window,
  window_shrunk,
  late_ack,  // seen: nanoseconds
  keep_alive_not_idle,
  keep_alive_data,
  offloaded,  // a segment longer than the MSS: seen its length
  // Close
  data_after_fin,
  fin_moved,
  fin_ack_number,  // acknowledges beyond the other end's FIN
  // Reset
  reset_numbers,  // answer to a SYN, or to a segment, with other numbers than RFC 9293 says
  reset_ack_number,
  reset_stray,      // outside the window
  reset_not_exact,  // in the window, not at its left edge
  reset_refused,    // in SYN_SENT, without acknowledging the SYN
  reset_ignored,    // exact, and the connection went on
  reset_after_close,
  reset_with_data,
  reset_unread_data,
  segment_after_reset,
  // Options
  option_malformed,  // detail: what
  mss_not_on_syn,
  window_scale_not_on_syn,
  window_scale_unoffered,
  window_scale_limit,
  sack_permitted_not_on_syn,
  sack_not_permitted,
  sack_range,
  timestamp_missing,
  timestamp_unoffered,
  timestamp_echo,
  timestamp_echo_backwards,
  timestamp_backwards,
  ecn_setup,
  ecn_unnegotiated,
  // The capture
  duplicate,
  count_,
};
static_assert(static_cast<int>(Odd::count_) <= 64);

constexpr std::uint64_t bit(Odd kind) { return std::uint64_t{1} << static_cast<unsigned>(kind); }

struct Oddity {
  Odd kind = Odd::syn_missing;
  Side side = Side::client;  // whose doing
  std::uint64_t packet = 0;
  std::uint64_t other_packet = 0;  // the one it answers or contradicts, or 0
  std::int64_t wanted = 0, seen = 0;
  bool certain = false;     // proven even where the capture may not be whole
  std::string_view detail;  // static text
};

}  // namespace wireproof::tcp
