// Fields of a case: its steps, programs, captures and what the kernel said (see fields.h).
#pragma once

#include "reports/fields.h"
#include "reports/fields_load.h"
#include "reports/fields_tcp.h"
#include "reports/fields_udp.h"
#include "reports/model.h"

namespace wireproof::report {

template <>
struct LastOf<Status> {
  static constexpr auto value = Status::inconclusive;
};

template <>
inline constexpr bool on_one_line<script::StepRecord> = true;
template <>
inline constexpr bool on_one_line<CaptureReport> = true;
template <>
inline constexpr bool on_one_line<FrameReport> = true;
template <>
inline constexpr bool on_one_line<lab::Setting> = true;
template <>
inline constexpr bool on_one_line<witness::TcpSocket> = true;
template <>
inline constexpr bool on_one_line<script::KernelReading> = true;
template <>
inline constexpr bool on_one_line<witness::KernelEvent> = true;
template <>
struct LastOf<witness::KernelEventKind> {
  static constexpr auto value = witness::KernelEventKind::receive_reset;
};
template <>
inline constexpr bool on_one_line<WireDecision> = true;
template <>
inline constexpr bool on_one_line<WireLane> = true;
template <>
inline constexpr bool on_one_line<WireMoment> = true;
template <>
inline constexpr bool on_one_line<scenario::ExpectedFailure> = true;

template <class V>
void describe(V& visit, Ref<V, scenario::ExpectedFailure> failure) {
  visit("rule", failure.rule);
  visit("why", failure.why);
}

template <class V>
void describe(V& visit, Ref<V, script::StepRecord> step) {
  visit("step", step.shown);
  visit.rare("why", step.why);
  visit.rare("line", step.position.line);
  visit.rare("column", step.position.column);
  visit.time("start_ns", step.start_ns);
  visit.time("end_ns", step.end_ns);
  visit("ok", step.ok);
  visit.rare("wanted", step.wanted);
  visit.rare("seen", step.seen);
}

template <class V>
void describe(V& visit, Ref<V, TargetReport> target) {
  visit("role", target.role);
  visit("name", target.name);
  visit("command", target.command);
  visit("exit", target.exit);
  visit("exit_code", target.exit_code);
  visit("cpu_ms", target.cpu_ms);
  visit.output("output", target.output);
  visit.output("error_output", target.error_output);
  visit("output_bytes", target.output_bytes);
  visit("error_bytes", target.error_bytes);
}

template <class V>
void describe(V& visit, Ref<V, CaptureReport> capture) {
  visit("host", capture.host);
  visit("interface", capture.interface);
  visit("file", capture.file);
  visit("link_type", capture.link_type);
  visit("packets", capture.packets);
  visit("received", capture.received);
  visit("dropped_by_kernel", capture.dropped_by_kernel);
  visit("dropped_by_interface", capture.dropped_by_interface);
  visit("dropped_by_limit", capture.dropped_by_limit);
  visit("housekeeping", capture.housekeeping);
  visit("judged", capture.judged);
  visit("checksums_valid", capture.checksums_valid);
}

template <class V>
void describe(V& visit, Ref<V, FrameReport> frame) {
  visit("packet", frame.packet);
  visit.time("time_ns", frame.time_ns);
  visit("wire_length", frame.wire_length);
  visit.text("bytes_hex", frame.bytes, hex_text, bytes_from_hex);
}

template <class V>
void describe(V& visit, Ref<V, witness::TcpInfo> info) {
  visit("bytes_acked", info.bytes_acked);
  visit("bytes_received", info.bytes_received);
  visit("bytes_sent", info.bytes_sent);
  visit("bytes_retransmitted", info.bytes_retransmitted);
  visit("segments_out", info.segments_out);
  visit("segments_in", info.segments_in);
  visit("data_segments_out", info.data_segments_out);
  visit("data_segments_in", info.data_segments_in);
  visit("total_retransmissions", info.total_retransmissions);
  visit("rtt_us", info.rtt_us);
  visit("rtt_variance_us", info.rtt_variance_us);
  visit("min_rtt_us", info.min_rtt_us);
  visit("congestion_window", info.congestion_window);
  visit("send_mss", info.send_mss);
  visit("receive_mss", info.receive_mss);
  visit("unacked", info.unacked);
  visit("lost", info.lost);
  visit("delivery_rate_bytes_per_s", info.delivery_rate_bytes_per_s);
  visit("window_scale_sent", info.window_scale_sent);
  visit("window_scale_received", info.window_scale_received);
  visit("options", info.options);
}

template <class V>
void describe(V& visit, Ref<V, witness::TcpSocket> socket) {
  visit("state", socket.state);
  visit("local", socket.local);
  visit("remote", socket.remote);
  visit("inode", socket.inode);
  visit("cookie", socket.cookie);
  visit("uid", socket.uid);
  visit("receive_queue", socket.receive_queue);
  visit("send_queue", socket.send_queue);
  visit.rare("retransmits", socket.retransmits);
  visit.rare("timer", socket.timer);
  visit.rare("timer_ms", socket.timer_ms);
  visit.time("read_ns", socket.read_ns);
  visit("info", socket.info);
}

template <class V>
void describe(V& visit, Ref<V, script::KernelReading> reading) {
  visit("side", reading.side);
  visit("step", reading.step);
  visit.time("asked_ns", reading.asked_ns);
  visit("socket", reading.socket);
}

template <class V>
void describe(V& visit, Ref<V, witness::KernelEvent> event) {
  visit("kind", event.kind);
  visit.time("time_ns", event.time_ns);
  visit("side", event.side);
  visit("local", event.local);
  visit("remote", event.remote);
  visit("from", event.from);
  visit("to", event.to);
  visit.rare("connection", event.connection);
  visit.rare("packet", event.packet);
}

template <class V>
void describe(V& visit, Ref<V, WitnessReport> witness) {
  visit("heard", witness.heard);
  visit.rare("not_heard", witness.not_heard);
  visit("compared", witness.compared);
  visit("disagreements", witness.disagreements);
  visit("overruns", witness.overruns);
  visit.list("readings", witness.readings, "readings_left_out", witness.readings_left_out);
  visit.list("final_sockets", witness.final_sockets, "final_sockets_left_out",
             witness.final_sockets_left_out);
  visit.list("destroyed", witness.destroyed, "destroyed_left_out", witness.destroyed_left_out);
  visit.list("events", witness.events, "events_left_out", witness.events_left_out);
}

template <class V>
void describe(V& visit, Ref<V, lab::Setting> setting) {
  visit.rare("host", setting.host);
  visit("name", setting.name);
  visit("value", setting.value);
  visit("pinned", setting.pinned);
}

template <class V>
void describe(V& visit, Ref<V, WireDecision> decision) {
  visit("cause", decision.cause);
  visit("name", decision.name);
  visit("deed", decision.deed);
  visit.rare("detail", decision.detail);
  visit("direction", decision.direction);
  visit.rare("number", decision.number);
  visit.rare("connection", decision.connection);
  visit.rare("packet", decision.packet);
}

template <class V>
void describe(V& visit, Ref<V, WireLane> lane) {
  visit("received", lane.received);
  visit("forwarded", lane.forwarded);
  visit("dropped_by_rule", lane.dropped_by_rule);
  visit("dropped_by_condition", lane.dropped_by_condition);
}

template <class V>
void describe(V& visit, Ref<V, WireReport> wire) {
  visit("seed", wire.seed);
  visit("rules", wire.rules);
  visit.list("decisions", wire.decisions, "decisions_left_out", wire.decisions_left_out);
}

template <class V>
void describe(V& visit, Ref<V, WireMoment> moment) {
  visit.time("time_ns", moment.time_ns);
  visit.rare("packet", moment.packet);
}

template <class V>
void describe(V& visit, Ref<V, WireLinkReport> link) {
  visit("client_to_server", link.client_to_server);
  visit("server_to_client", link.server_to_client);
  visit("lost", link.lost);
  visit.list("moments", link.moments, "moments_left_out", link.moments_left_out);
}

template <class V>
void describe(V& visit, Ref<V, CaseReport> one) {
  visit("id", one.id);
  visit("status", one.status);
  visit("expected_failure", one.expected_failure);
  visit("duration_ms", one.duration_ms);
  visit.rare("reason", one.reason);
  visit.rare("hint", one.hint);
  visit("title", one.title);
  visit("story", one.story);
  visit("scenario_file", one.scenario_file);
  visit("scenario_line", one.scenario_line);
  visit("tags", one.tags);
  visit("parameters", one.parameters);
  visit("transport", one.transport);
  visit("family", one.family);
  visit("topology", one.topology);
  visit.start("started_at", one.started_ns);
  visit("cpu_ms", one.cpu_ms);
  visit("attempts", one.attempts);
  visit.rare("earlier_attempts", one.earlier_attempts);
  visit.list("findings", one.findings, "findings_left_out", one.findings_left_out);
  visit.rare("expected_failures", one.expected_failures);
  visit.list("steps", one.steps, "steps_left_out", one.steps_left_out);
  visit("targets", one.targets);
  visit("captures", one.captures);
  visit.connections(one);
  visit.exchanges(one);
  visit.rare("frames", one.frames);
  visit.rare("frames_left_out", one.frames_left_out);
  visit("kernel", one.witness);
  visit("wire", one.wire);
  visit("wire_link", one.wire_link);
  visit("load", one.load);
  visit("settings", one.settings);
  visit("folder", one.folder);
  visit("run_again", one.run_again);
  visit.rare("order", one.order);
  visit("notes", one.notes);
}

}  // namespace wireproof::report
