// Fields of findings and of TCP connections (see fields.h).
#pragma once

#include <optional>
#include <string>

#include "base/finding.h"
#include "packet/packet.h"
#include "reports/fields.h"
#include "reports/model.h"
#include "tcp/connection.h"

namespace wireproof::report {

template <>
struct LastOf<Severity> {
  static constexpr auto value = Severity::note;
};
template <>
struct LastOf<Verdict> {
  static constexpr auto value = Verdict::inconclusive;
};
template <>
struct LastOf<Side> {
  static constexpr auto value = Side::server;
};
template <>
struct LastOf<Blame> {
  static constexpr auto value = Blame::harness;
};
template <>
struct LastOf<tcp::State> {
  static constexpr auto value = tcp::State::unknown;
};
template <>
struct LastOf<tcp::Opening> {
  static constexpr auto value = tcp::Opening::none;
};
template <>
struct LastOf<tcp::Closing> {
  static constexpr auto value = tcp::Closing::inconclusive;
};
template <>
struct LastOf<tcp::ClosedFirst> {
  static constexpr auto value = tcp::ClosedFirst::both;
};

template <>
inline constexpr bool on_one_line<Finding> = true;
template <>
inline constexpr bool on_one_line<tcp::Segment> = true;
template <>
inline constexpr bool on_one_line<tcp::Transition> = true;
template <>
inline constexpr bool on_one_line<tcp::End> = true;
template <>
inline constexpr bool on_one_line<packet::Endpoint> = true;

inline constexpr unsigned flag_count = 9, mark_count = 23;

inline std::string address_text(const packet::Address& address) {
  return address.family == packet::Family::none ? std::string() : packet::to_string(address);
}

inline std::optional<packet::Address> address_from_text(std::string_view text) {
  return text.empty() ? packet::Address{} : packet::parse_address(text);
}

template <class V>
void describe(V& visit, Ref<V, Finding> finding) {
  visit("rule", finding.rule);
  visit("severity", finding.severity);
  visit("source", finding.source);
  visit("blame", finding.blame);
  visit("packets", finding.packets);
  visit("expected", finding.expected);
  visit("observed", finding.observed);
  visit.rare("inconclusive", finding.inconclusive);
  visit.rare("where", finding.where);
}

template <class V>
void describe(V& visit, Ref<V, packet::Endpoint> endpoint) {
  visit.text("address", endpoint.address, address_text, address_from_text);
  visit("port", endpoint.port);
}

template <class V>
void describe(V& visit, Ref<V, tcp::Segment> segment) {
  visit("packet", segment.packet);
  visit.time("time_ns", segment.time_ns);
  visit("from", segment.from);
  visit.words("flags", segment.flags, packet::flags_text, flag_count);
  visit("seq", segment.seq);
  visit.rare("ack", segment.ack);
  visit.rare("length", segment.length);
  visit("window", segment.window);
  visit.rare_words("marks", segment.marks, tcp::marks_text, mark_count);
  visit("raw_seq", segment.raw_seq);
  visit.rare("raw_ack", segment.raw_ack);
}

template <class V>
void describe(V& visit, Ref<V, tcp::Transition> transition) {
  visit("side", transition.side);
  visit("from", transition.from);
  visit("to", transition.to);
  visit.rare("packet", transition.packet);
  visit.time("time_ns", transition.time_ns);
}

template <class V>
void describe(V& visit, Ref<V, tcp::End> end) {
  describe(visit, end.endpoint);
  visit("state", end.state);
  visit("isn", end.isn);
  visit("isn_known", end.isn_known);
  visit("segments", end.segments);
  visit("data_segments", end.data_segments);
  visit("payload_bytes", end.payload_bytes);
  visit("payload_bytes_sent", end.payload_bytes_sent);
  visit.rare("payload_bytes_after_peer_fin", end.payload_bytes_after_peer_fin);
  visit.rare("retransmissions", end.retransmissions);
  visit.rare("syn_retransmissions", end.syn_retransmissions);
  visit.rare("fin_retransmissions", end.fin_retransmissions);
  visit.rare("fast_retransmissions", end.fast_retransmissions);
  visit.rare("timeout_retransmissions", end.timeout_retransmissions);
  visit.rare("tail_loss_probes", end.tail_loss_probes);
  visit.rare("spurious_retransmissions", end.spurious_retransmissions);
  visit.rare("duplicate_acks", end.duplicate_acks);
  visit.rare("duplicate_sacks", end.duplicate_sacks);
  visit.rare("old_stamps", end.old_stamps);
  visit.rare("initial_flight", end.initial_flight);
  visit.rare("largest_flight", end.largest_flight);
  visit.rare("round_trips", end.round_trips.samples);
  visit.rare("round_trip_min_ns", end.round_trips.min_ns);
  visit.rare("round_trip_max_ns", end.round_trips.max_ns);
  visit.rare("round_trip_sum_ns", end.round_trips.sum_ns);
  visit.rare("round_trip_smoothed_ns", end.round_trips.smoothed_ns);
  visit.rare("zero_window_ns", end.zero_window_ns);
  visit.rare("out_of_order", end.out_of_order);
  visit.rare("zero_windows", end.zero_windows);
  visit.rare("keep_alives", end.keep_alives);
  visit.rare("window_probes", end.window_probes);
  visit.rare("capture_duplicates", end.capture_duplicates);
  visit("good_checksums", end.good_checksums);
  visit.rare("bad_checksums", end.bad_checksums);
  visit("first_segment_packet", end.first_segment_packet);
  visit("syn_packet", end.syn_packet);
  visit("fin_packet", end.fin_packet);
  visit("fin_ack_packet", end.fin_ack_packet);
  visit("rst_packet", end.rst_packet);
  visit("fin_seq", end.fin_seq);
  visit("mss", end.mss);
  visit("window_scale", end.window_scale);
  visit.rare("sack_permitted", end.sack_permitted);
  visit.rare("timestamps", end.timestamps);
  visit.rare("ecn_setup", end.ecn_setup);
}

template <class V>
void describe(V& visit, Ref<V, ConnectionReport> one) {
  auto& connection = one.connection;
  visit("index", connection.index);
  visit("client", connection.ends[0]);
  visit("server", connection.ends[1]);
  visit("opening", connection.opening);
  visit("closing", connection.closing);
  visit("closed_first", connection.closed_first);
  visit("half_close", connection.half_close);
  visit("verdict", one.judgement.verdict);
  visit("verdict_opening", one.judgement.verdict_opening);
  visit("verdict_closing", one.judgement.verdict_closing);
  visit("verdict_client", one.judgement.verdict_client);
  visit("verdict_server", one.judgement.verdict_server);
  visit("findings", one.judgement.findings);
  visit.time("first_time_ns", connection.first_time_ns);
  visit.time("last_time_ns", connection.last_time_ns);
  visit("handshake_ns", connection.handshake_ns);
  visit("first_byte_ns", connection.first_byte_ns);
  visit("close_ns", connection.close_ns);
  visit("handshake_done", connection.handshake_done);
  visit.rare("one_sided", connection.one_sided);
  visit.rare("fast_open", connection.fast_open);
  visit.rare("mptcp", connection.mptcp);
  visit.rare("urgent", connection.urgent);
  visit.rare("ecn", connection.ecn);
  visit.rare("accurate_ecn", connection.accurate_ecn);
  visit.rare("icmp_packets", connection.icmp_packets);
  visit("transitions", connection.transitions);
  visit.list("segments", connection.segments, "segments_left_out", one.segments_left_out);
}

template <class V>
void describe(V& visit, Ref<V, ConnectionTotals> totals) {
  visit("count", totals.count);
  visit("opening", totals.opening);
  visit("closing", totals.closing);
  visit("verdict", totals.verdict);
}

}  // namespace wireproof::report
