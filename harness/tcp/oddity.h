// What the tracker saw that a rule may object to. The tracker observes, rules judge: an ordinary
// connection has none of these, so judging it costs next to nothing.
// Plain values: no thread rule.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
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
  isn_repeated,            // the life before of these endpoints had the same
  fast_open_place,         // its option on a segment without SYN
  fast_open_cookie,        // seen: its length
  group_source,            // from a multicast or broadcast address
  group_destination,
  syn_in_connection,  // SYN within a synchronised connection
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
  overtaken,
  not_backed_off,  // the same number after a timeout again: wanted, seen: nanoseconds
  initial_window,  // wanted, seen: bytes
  old_stamp_taken,
  silly_window,  // wanted, seen: bytes that an update adds
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
  // ICMP errors that quote the connection; seen: type << 8 | code
  icmp_error,
  icmp_source_quench,
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
  timestamp_echo_on_syn,
  ecn_setup,
  ecn_unnegotiated,
  ecn_on_control,
  // The capture
  frame_short,  // shorter than IP says, and not by the snap length
  duplicate,
  count_,
};
static_assert(static_cast<int>(Odd::count_) <= 128);

// A set of kinds.
class OddSet {
 public:
  constexpr OddSet() = default;
  constexpr OddSet(std::initializer_list<Odd> kinds) {
    for (const Odd kind : kinds) add(kind);
  }
  constexpr void add(Odd kind) { words_[word(kind)] |= bit(kind); }
  constexpr void remove(Odd kind) { words_[word(kind)] &= ~bit(kind); }
  constexpr bool has(Odd kind) const { return (words_[word(kind)] & bit(kind)) != 0; }
  constexpr bool empty() const { return (words_[0] | words_[1]) == 0; }
  constexpr bool meets(const OddSet& other) const {
    return ((words_[0] & other.words_[0]) | (words_[1] & other.words_[1])) != 0;
  }

 private:
  static constexpr std::size_t word(Odd kind) { return static_cast<std::size_t>(kind) / 64; }
  static constexpr std::uint64_t bit(Odd kind) {
    return std::uint64_t{1} << (static_cast<unsigned>(kind) % 64);
  }
  std::array<std::uint64_t, 2> words_{};
};

struct Oddity {
  Odd kind = Odd::syn_missing;
  Side side = Side::client;  // whose doing
  std::uint64_t packet = 0;
  std::uint64_t other_packet = 0;  // the one it answers or contradicts, or 0
  std::int64_t wanted = 0, seen = 0;
  bool certain = false;     // proven even where the capture may not be whole
  bool doubtful = false;    // the packet may be somebody else's (another TTL), or was edited
  std::string_view detail;  // static text
};

}  // namespace wireproof::tcp
