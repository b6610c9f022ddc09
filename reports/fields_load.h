// Fields of a load run's figures (see fields.h).
#pragma once

#include "load/result.h"
#include "reports/fields.h"

namespace wireproof::report {

template <>
inline constexpr bool on_one_line<load::Percentile> = true;
template <>
inline constexpr bool on_one_line<load::SeriesPoint> = true;
template <>
inline constexpr bool on_one_line<load::Interval> = true;
template <>
inline constexpr bool on_one_line<load::Doubt> = true;
template <>
inline constexpr bool on_one_line<load::Reference> = true;
template <>
inline constexpr bool on_one_line<load::LimitResult> = true;
template <>
inline constexpr bool on_one_line<load::Repetition> = true;
template <>
inline constexpr bool on_one_line<load::LoadStep> = true;

template <class V>
void describe(V& visit, Ref<V, load::Percentile> one) {
  visit("quantile", one.quantile);
  visit("value_ns", one.value_ns);
  visit("low_ns", one.low_ns);
  visit("high_ns", one.high_ns);
}

template <class V>
void describe(V& visit, Ref<V, load::PhaseResult> phase) {
  visit("phase", phase.phase);
  visit("count", phase.count);
  visit("least_ns", phase.least_ns);
  visit("mean_ns", phase.mean_ns);
  visit("most_ns", phase.most_ns);
  visit("deviation_ns", phase.deviation_ns);
  visit("percentiles", phase.percentiles);
  visit("interval_method", phase.interval_method);
  visit("histogram", phase.histogram);
}

template <class V>
void describe(V& visit, Ref<V, load::SeriesPoint> point) {
  visit("at_s", point.at_s);
  visit("span_s", point.span_s);
  visit("sent", point.sent);
  visit("answered", point.answered);
  visit.rare("errors", point.errors);
  visit.rare("timeouts", point.timeouts);
  visit.rare("connections", point.connections);
  visit("bytes_sent", point.bytes_sent);
  visit("bytes_received", point.bytes_received);
  visit("p50_ns", point.p50_ns);
  visit("p99_ns", point.p99_ns);
  visit("most_ns", point.most_ns);
  visit.rare("failures", point.failures);
  visit("steal_percent", point.steal_percent);
  visit("softirq_percent", point.softirq_percent);
  visit("other_percent", point.other_percent);
}

template <class V>
void describe(V& visit, Ref<V, load::ErrorKind> kind) {
  visit("kind", kind.kind);
  visit("count", kind.count);
  visit("first_s", kind.first_s);
  visit("examples", kind.examples);
}

template <class V>
void describe(V& visit, Ref<V, load::Interval> interval) {
  visit("value", interval.value);
  visit("low", interval.low);
  visit("high", interval.high);
}

template <class V>
void describe(V& visit, Ref<V, load::CpuUse> cpu) {
  visit("generator_ms", cpu.generator_ms);
  visit("server_ms", cpu.server_ms);
  visit("generator_us_per_request", cpu.generator_us_per_request);
  visit("server_us_per_request", cpu.server_us_per_request);
  visit("voluntary_switches", cpu.voluntary_switches);
  visit("involuntary_switches", cpu.involuntary_switches);
  visit("steal_percent", cpu.steal_percent);
  visit("softirq_percent", cpu.softirq_percent);
  visit("other_percent", cpu.other_percent);
  visit("generator_cpus", cpu.generator_cpus);
  visit("server_cpus", cpu.server_cpus);
}

template <class V>
void describe(V& visit, Ref<V, load::TcpSummary> tcp) {
  visit("connections", tcp.connections);
  visit("retransmissions", tcp.retransmissions);
  visit("lost", tcp.lost);
  visit("rtt_us_median", tcp.rtt_us_median);
  visit("min_rtt_us", tcp.min_rtt_us);
  visit("congestion_window_median", tcp.congestion_window_median);
  visit("delivery_rate_bytes_per_s_median", tcp.delivery_rate_bytes_per_s_median);
}

template <class V>
void describe(V& visit, Ref<V, load::Doubt> doubt) {
  visit("about", doubt.about);
  visit("words", doubt.words);
  visit("decisive", doubt.decisive);
}

template <class V>
void describe(V& visit, Ref<V, load::Reference> reference) {
  visit("transactions_per_s", reference.transactions_per_s);
  visit("p50_ns", reference.p50_ns);
  visit("p99_ns", reference.p99_ns);
  visit("rounds", reference.rounds);
  visit("rate_ratio", reference.rate_ratio);
  visit("p50_ratio", reference.p50_ratio);
  visit("rate_ratio_interval", reference.rate_ratio_interval);
  visit("p50_ratio_interval", reference.p50_ratio_interval);
}

template <class V>
void describe(V& visit, Ref<V, load::LimitResult> limit) {
  visit("limit", limit.limit);
  visit("measured", limit.measured);
  visit("held", limit.held);
  visit("words", limit.words);
}

template <class V>
void describe(V& visit, Ref<V, load::ProofResult> proof) {
  visit("connections_made", proof.connections_made);
  visit("handshakes_proven", proof.handshakes_proven);
  visit("closes_proven", proof.closes_proven);
  visit("connections_seen", proof.connections_seen);
  visit("failed", proof.failed);
  visit("inconclusive", proof.inconclusive);
  visit("openings", proof.openings);
  visit("closings", proof.closings);
  visit("closed_first", proof.closed_first);
  visit("broken_rules", proof.broken_rules);
  visit("packets", proof.packets);
  visit("dropped", proof.dropped);
  visit("packets_per_s", proof.packets_per_s);
  visit("most_tracked", proof.most_tracked);
  visit("capture", proof.capture);
  visit("basis", proof.basis);
  visit("balanced", proof.balanced);
  visit("difference", proof.difference);
}

template <class V>
void describe(V& visit, Ref<V, load::DatagramResult> datagrams) {
  visit("sent", datagrams.sent);
  visit("received", datagrams.received);
  visit("lost", datagrams.lost);
  visit("duplicated", datagrams.duplicated);
  visit("reordered", datagrams.reordered);
  visit("jitter_us", datagrams.jitter_us);
  visit("sent_per_s", datagrams.sent_per_s);
  visit("received_per_s", datagrams.received_per_s);
}

template <class V>
void describe(V& visit, Ref<V, load::ServerGrowth> growth) {
  visit("first_kib", growth.first_kib);
  visit("last_kib", growth.last_kib);
  visit("first_descriptors", growth.first_descriptors);
  visit("last_descriptors", growth.last_descriptors);
  visit.rare("first_sockets", growth.first_sockets);
  visit.rare("last_sockets", growth.last_sockets);
  visit.rare("socket_drift_percent", growth.socket_drift_percent);
  visit("memory_drift_percent", growth.memory_drift_percent);
  visit("descriptor_drift_percent", growth.descriptor_drift_percent);
  visit("samples", growth.samples);
}

template <class V>
void describe(V& visit, Ref<V, load::Repetition> repetition) {
  visit("throughput_per_s", repetition.throughput_per_s);
  visit("answered", repetition.answered);
  visit("p50_ns", repetition.p50_ns);
  visit("p99_ns", repetition.p99_ns);
  visit("most_ns", repetition.most_ns);
}

template <class V>
void describe(V& visit, Ref<V, load::LoadStep> step) {
  visit("from_s", step.from_s);
  visit("to_s", step.to_s);
  visit.rare("connections", step.connections);
  visit("asked_rate_per_s", step.asked_rate_per_s);
  visit("rate_per_s", step.rate_per_s);
  visit("answered", step.answered);
  visit.rare("failures", step.failures);
  visit("p50_ns", step.p50_ns);
  visit("p99_ns", step.p99_ns);
}

template <class V>
void describe(V& visit, Ref<V, load::LoadResult> load) {
  visit("pattern", load.pattern);
  visit("arrivals", load.arrivals);
  visit("target", load.target);
  visit("engine", load.engine);
  visit("close", load.close);
  visit("connections", load.connections);
  visit("threads", load.threads);
  visit("depth", load.depth);
  visit("source_addresses", load.source_addresses);
  visit.rare("processes", load.processes);
  visit("pinned", load.pinned);
  visit("open_loop", load.open_loop);
  visit("busy_poll", load.busy_poll);
  visit("interrupted", load.interrupted);
  visit("asked_rate_per_s", load.asked_rate_per_s);
  visit("warm_up_s", load.warm_up_s);
  visit.rare("warm_up_found", load.warm_up_found);
  visit("measured_s", load.measured_s);
  visit("paused_s", load.paused_s);
  visit("sent", load.sent);
  visit("answered", load.answered);
  visit("errors", load.errors);
  visit("timeouts", load.timeouts);
  visit("in_flight", load.in_flight);
  visit("not_sent", load.not_sent);
  visit("warm_up_requests", load.warm_up_requests);
  visit("connections_made", load.connections_made);
  visit("connect_errors", load.connect_errors);
  visit.rare("idle_errors", load.idle_errors);
  visit("most_connected", load.most_connected);
  visit("closes", load.closes);
  visit("closed_by_server", load.closed_by_server);
  visit("closed_by_reset", load.closed_by_reset);
  visit("bytes_sent", load.bytes_sent);
  visit("bytes_received", load.bytes_received);
  visit("throughput_per_s", load.throughput_per_s);
  visit("throughput_interval", load.throughput_interval);
  visit("throughput_method", load.throughput_method);
  visit("bytes_sent_per_s", load.bytes_sent_per_s);
  visit("bytes_received_per_s", load.bytes_received_per_s);
  visit("phases", load.phases);
  visit("series", load.series);
  visit("error_kinds", load.error_kinds);
  visit("cpu", load.cpu);
  visit("tcp", load.tcp);
  visit("kernel_counters", load.kernel_counters);
  visit("datagrams", load.datagrams);
  visit("reference", load.reference);
  visit("proof", load.proof);
  visit("server_growth", load.server_growth);
  visit("repetitions", load.repetitions);
  visit.rare("steps", load.steps);
  visit("trusted", load.trusted);
  visit("doubts", load.doubts);
  visit("limits", load.limits);
  visit.rare("log_file", load.log_file);
}

}  // namespace wireproof::report
