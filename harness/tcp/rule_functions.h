// The rules' functions, one for each row of the table in rule_table.cpp.
#pragma once

#include "tcp/rules.h"

namespace wireproof::tcp::rule {

void syn_first(const Trial& trial, const Rule& rule, Findings& findings);
void syn_ack_missing(const Trial& trial, const Rule& rule, Findings& findings);
void syn_ack_number(const Trial& trial, const Rule& rule, Findings& findings);
void handshake_ack_number(const Trial& trial, const Rule& rule, Findings& findings);
void handshake_ack_sequence(const Trial& trial, const Rule& rule, Findings& findings);
void isn_changed(const Trial& trial, const Rule& rule, Findings& findings);
void second_syn(const Trial& trial, const Rule& rule, Findings& findings);
void syn_in_connection(const Trial& trial, const Rule& rule, Findings& findings);
void unanswered(const Trial& trial, const Rule& rule, Findings& findings);
void never_completed(const Trial& trial, const Rule& rule, Findings& findings);
void abandoned(const Trial& trial, const Rule& rule, Findings& findings);
void malformed(const Trial& trial, const Rule& rule, Findings& findings);
void checksum(const Trial& trial, const Rule& rule, Findings& findings);
void corrupted(const Trial& trial, const Rule& rule, Findings& findings);
void checksum_answered(const Trial& trial, const Rule& rule, Findings& findings);
void flag_combination(const Trial& trial, const Rule& rule, Findings& findings);
void ack_flag(const Trial& trial, const Rule& rule, Findings& findings);
void ackless_acknowledged(const Trial& trial, const Rule& rule, Findings& findings);
void urgent_pointer(const Trial& trial, const Rule& rule, Findings& findings);
void checksum_offload(const Trial& trial, const Rule& rule, Findings& findings);
void capture_duplicates(const Trial& trial, const Rule& rule, Findings& findings);
void header_cut(const Trial& trial, const Rule& rule, Findings& findings);
void one_sided(const Trial& trial, const Rule& rule, Findings& findings);
void capture_lost(const Trial& trial, const Rule& rule, Findings& findings);
void ack_of_unsent(const Trial& trial, const Rule& rule, Findings& findings);
void ack_before_sent(const Trial& trial, const Rule& rule, Findings& findings);
void hole_acked(const Trial& trial, const Rule& rule, Findings& findings);
void ack_withdrawn(const Trial& trial, const Rule& rule, Findings& findings);
void ack_mid_segment(const Trial& trial, const Rule& rule, Findings& findings);
void gap(const Trial& trial, const Rule& rule, Findings& findings);
void sequence_ahead(const Trial& trial, const Rule& rule, Findings& findings);
void out_of_order(const Trial& trial, const Rule& rule, Findings& findings);
void sequence_behind(const Trial& trial, const Rule& rule, Findings& findings);
void retransmission_differs(const Trial& trial, const Rule& rule, Findings& findings);
void beyond_window(const Trial& trial, const Rule& rule, Findings& findings);
void window_shrunk(const Trial& trial, const Rule& rule, Findings& findings);
void late_ack(const Trial& trial, const Rule& rule, Findings& findings);
void keep_alive_idle(const Trial& trial, const Rule& rule, Findings& findings);
void keep_alive_data(const Trial& trial, const Rule& rule, Findings& findings);
void offloaded(const Trial& trial, const Rule& rule, Findings& findings);
void data_after_fin(const Trial& trial, const Rule& rule, Findings& findings);
void fin_moved(const Trial& trial, const Rule& rule, Findings& findings);
void fin_ack_number(const Trial& trial, const Rule& rule, Findings& findings);
void unfinished(const Trial& trial, const Rule& rule, Findings& findings);
void reset_instead_of_fin(const Trial& trial, const Rule& rule, Findings& findings);
void data_to_closed(const Trial& trial, const Rule& rule, Findings& findings);
void peer_never_closes(const Trial& trial, const Rule& rule, Findings& findings);
void fin_unacknowledged(const Trial& trial, const Rule& rule, Findings& findings);
void last_ack_missing(const Trial& trial, const Rule& rule, Findings& findings);
void nobody_closes(const Trial& trial, const Rule& rule, Findings& findings);
void reset_numbers(const Trial& trial, const Rule& rule, Findings& findings);
void reset_ack_number(const Trial& trial, const Rule& rule, Findings& findings);
void reset_refused(const Trial& trial, const Rule& rule, Findings& findings);
void reset_stray(const Trial& trial, const Rule& rule, Findings& findings);
void reset_not_exact(const Trial& trial, const Rule& rule, Findings& findings);
void reset_ignored(const Trial& trial, const Rule& rule, Findings& findings);
void reset_after_close(const Trial& trial, const Rule& rule, Findings& findings);
void reset_with_data(const Trial& trial, const Rule& rule, Findings& findings);
void reset_unread_data(const Trial& trial, const Rule& rule, Findings& findings);
void segment_after_reset(const Trial& trial, const Rule& rule, Findings& findings);
void option_malformed(const Trial& trial, const Rule& rule, Findings& findings);
void mss_on_syn(const Trial& trial, const Rule& rule, Findings& findings);
void window_scale_on_syn(const Trial& trial, const Rule& rule, Findings& findings);
void window_scale_unoffered(const Trial& trial, const Rule& rule, Findings& findings);
void window_scale_limit(const Trial& trial, const Rule& rule, Findings& findings);
void sack_permitted_on_syn(const Trial& trial, const Rule& rule, Findings& findings);
void sack_not_permitted(const Trial& trial, const Rule& rule, Findings& findings);
void sack_range(const Trial& trial, const Rule& rule, Findings& findings);
void timestamps_missing(const Trial& trial, const Rule& rule, Findings& findings);
void timestamps_unoffered(const Trial& trial, const Rule& rule, Findings& findings);
void timestamp_echo(const Trial& trial, const Rule& rule, Findings& findings);
void timestamp_echo_backwards(const Trial& trial, const Rule& rule, Findings& findings);
void timestamp_backwards(const Trial& trial, const Rule& rule, Findings& findings);
void ecn_setup(const Trial& trial, const Rule& rule, Findings& findings);
void ecn_unnegotiated(const Trial& trial, const Rule& rule, Findings& findings);
void expect_opening(const Trial& trial, const Rule& rule, Findings& findings);
void expect_closing(const Trial& trial, const Rule& rule, Findings& findings);
void expect_closed_first(const Trial& trial, const Rule& rule, Findings& findings);
void expect_half_close(const Trial& trial, const Rule& rule, Findings& findings);
void expect_states(const Trial& trial, const Rule& rule, Findings& findings);
void expect_bytes(const Trial& trial, const Rule& rule, Findings& findings);
void expect_retransmissions(const Trial& trial, const Rule& rule, Findings& findings);
void expect_handshake_time(const Trial& trial, const Rule& rule, Findings& findings);
void expect_close_time(const Trial& trial, const Rule& rule, Findings& findings);

}  // namespace wireproof::tcp::rule
