// What a load run measured (harness/load/result.h), as a case of the report carries it under "load".
// All is optional here: what is missing is not shown.

export interface Percentile { quantile: number; value_ns: number; low_ns?: number; high_ns?: number }
export interface Interval { value: number; low: number; high: number }
export interface Phase {
  phase: string; count: number; least_ns?: number; most_ns?: number; mean_ns?: number; percentiles?: Percentile[]; interval_method?: string;
  histogram?: string;
}
export interface SeriesPoint {
  at_s: number; span_s: number; sent?: number; answered?: number; errors?: number; timeouts?: number; connections?: number;
  bytes_sent?: number; bytes_received?: number; p50_ns?: number; p99_ns?: number; most_ns?: number;
  failures?: Record<string, number>; steal_percent?: number; softirq_percent?: number; other_percent?: number;
}
export interface Load {
  pattern?: string; arrivals?: string; engine?: string; target?: string; close?: string; connections?: number; threads?: number; processes?: number; depth?: number;
  open_loop?: boolean; interrupted?: boolean; asked_rate_per_s?: number; warm_up_s?: number; warm_up_found?: boolean; measured_s?: number; paused_s?: number;
  sent?: number; answered?: number; errors?: number; idle_errors?: number; timeouts?: number; in_flight?: number; not_sent?: number; connections_made?: number;
  throughput_per_s?: number; throughput_interval?: Interval; bytes_sent_per_s?: number; bytes_received_per_s?: number;
  phases?: Phase[]; series?: SeriesPoint[]; error_kinds?: { kind: string; count: number; first_s?: number; examples?: string[] }[];
  cpu?: Record<string, number | number[]>; kernel_counters?: Record<string, number>;
  tcp?: { connections: number; retransmissions: number; rtt_us_median: number; min_rtt_us: number };
  datagrams?: { sent: number; received: number; lost: number; duplicated: number; reordered: number; jitter_us: number };
  server_growth?: { first_kib: number; last_kib: number; first_descriptors: number; last_descriptors: number };
  reference?: { transactions_per_s: number; p50_ns: number; p99_ns: number; rounds: number; rate_ratio?: number; p50_ratio?: number; rate_ratio_interval?: Interval; p50_ratio_interval?: Interval };
  proof?: {
    connections_made?: number; handshakes_proven?: number; closes_proven?: number; packets?: number; dropped?: number; capture?: string; basis?: string; balanced?: boolean; difference?: string;
    openings?: Record<string, number>; closings?: Record<string, number>; broken_rules?: Record<string, number>;
  };
  repetitions?: { throughput_per_s: number; answered: number; p50_ns?: number; p99_ns?: number; most_ns: number }[];
  steps?: { from_s: number; to_s: number; connections?: number; asked_rate_per_s?: number; rate_per_s: number; answered: number; failures?: number; p50_ns?: number; p99_ns?: number }[];
  doubts?: { about: string; words: string; decisive?: boolean }[]; trusted?: boolean;
  limits?: { limit: string; measured?: number; held: boolean; words?: string }[]; log_file?: string;
}
