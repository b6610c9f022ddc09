// The report as reports/schema/report.schema.json has it, as far as it is shown here.

export type Status = "passed" | "failed" | "error" | "skipped" | "inconclusive";
export type Side = "client" | "server";

export interface Finding {
  rule: string; severity: "must" | "should" | "note"; source: string; blame: string;
  packets: number[]; expected: string; observed: string; inconclusive?: boolean; where?: string;
}
export interface Segment {
  packet: number; time_ns?: number; from: Side; flags: string[]; seq: number; ack?: number;
  length?: number; window: number; marks?: string[]; raw_seq: number; raw_ack?: number;
}
export interface Transition { side: Side; from: string; to: string; packet?: number; time_ns?: number }
export interface Endpoint { address: string; port: number }
export interface End extends Endpoint {
  state: string; isn: number; segments: number; payload_bytes: number; retransmissions?: number;
  mss?: number; window_scale?: number; sack_permitted?: boolean; timestamps?: boolean;
}
export interface Connection {
  index: number; client: End; server: End; opening: string; closing: string; closed_first: string;
  half_close: boolean; verdict: string; verdict_opening: string; verdict_closing: string;
  verdict_client: string; verdict_server: string; findings: Finding[]; first_time_ns?: number;
  last_time_ns?: number; handshake_ns?: number; first_byte_ns?: number; close_ns?: number;
  icmp_packets?: number[]; transitions: Transition[]; segments: Segment[]; segments_left_out?: number;
}
export interface Datagram {
  packet: number; time_ns?: number; from: Side; length: number; fragments: number; complete: boolean;
  checksum: string; pairing: string; source?: Endpoint; destination?: Endpoint; duplicate?: boolean;
  reordered?: boolean; answers?: number; icmp_packet?: number; payload_start_hex: string;
}
export interface Exchange {
  index: number; client: Endpoint; server: Endpoint; requests: number; answers: number;
  unanswered: number; unpaired_answers: number; duplicates: number; reordered: number;
  icmp_errors: number; datagrams: Datagram[]; datagrams_left_out?: number;
}
export interface Frame { packet: number; time_ns?: number; wire_length: number; bytes_hex: string }
export interface Socket {
  state: string; local: Endpoint; remote: Endpoint; receive_queue: number; send_queue: number;
  read_ns?: number; info?: Record<string, number>;
}
export interface Reading { side: Side; step: string; asked_ns?: number; socket: Socket }
export interface Kernel {
  heard: string[]; not_heard?: string; compared: number; disagreements: number; readings: Reading[];
  final_sockets: Socket[]; destroyed: Socket[];
}
export interface Step {
  step: string; why?: string; line?: number; start_ns?: number; end_ns?: number; ok: boolean;
  wanted?: string; seen?: string;
}
export interface Target {
  role: Side; name: string; command: string[]; exit: string; exit_code?: number; cpu_ms: number;
  output: string; error_output: string; output_bytes: number; error_bytes: number;
}
export interface Capture {
  host: string; interface: string; file: string; link_type?: number; packets: number;
  dropped_by_kernel: number; dropped_by_interface: number; dropped_by_limit: number;
  housekeeping: number; judged: boolean; checksums_valid: boolean;
}
export interface WireDecision {
  cause: string; name: string; deed: string; detail?: string; direction: string;
  number?: number; connection?: number; packet?: string;
}
export interface WireLane { received: number; forwarded: number; dropped_by_rule: number; dropped_by_condition: number }
export interface Wire { seed: number; rules: number; decisions: WireDecision[]; decisions_left_out?: number }
export interface WireLink {
  client_to_server?: WireLane; server_to_client?: WireLane; lost?: number;
  moments?: { time_ns?: number; packet?: number }[]; moments_left_out?: number;
}
export interface Case {
  id: string; status: Status; expected_failure: boolean; duration_ms: number; reason?: string;
  hint?: string; title: string; story: string; scenario_file: string; scenario_line: number;
  tags: string[]; parameters: Record<string, string>; transport: string; family: string;
  topology: string; started_at: string; cpu_ms: number; attempts: number; earlier_attempts?: string[];
  findings: Finding[]; findings_left_out?: number; expected_failures?: { rule: string; why: string }[];
  steps: Step[]; steps_left_out?: number; targets: Target[]; captures: Capture[];
  connection_totals: { count: number; opening: Record<string, number>; closing: Record<string, number>; verdict: Record<string, number> };
  connections: Connection[]; connections_left_out?: number; exchanges: Exchange[];
  exchanges_left_out?: number; frames?: Frame[]; frames_left_out?: number; wire?: Wire;
  wire_link?: WireLink; kernel: Kernel;
  load?: unknown; settings: { host?: string; name: string; value: string; pinned: boolean }[];
  folder: string; run_again: string; notes: string[];
}

// What the summary needs of a case; the whole of it stands in an element of its own (data.ts).
export interface Row {
  id: string; status: Status; expected_failure: boolean; duration_ms: number; title: string;
  reason?: string; tags: string[]; parameters: Record<string, string>; transport: string;
  family: string; topology: string; attempts: number; client: string; server: string;
  rules: string[];         // of its findings, each once, the weightiest first
  main?: Finding;
  strict?: boolean;        // passed, with should-findings
}
export interface Totals {
  cases: number; passed: number; failed: number; failed_as_expected: number; error: number;
  skipped: number; inconclusive: number; retried: number;
}
export interface Run {
  schema_version: number;
  context: {
    version: string; command_line: string; started_at: string; host_name: string; user: string;
    os: string; kernel: string; cpu_model: string; cpus: number; memory_bytes: number;
    clock_source: string; load_average: number[]; libraries: Record<string, string>;
    isolation: string; isolation_why: string; seed: number; jobs: number;
  };
  totals: Totals; duration_ms: number; interrupted: boolean; notes: string[];
  results: string;         // the results folder as seen from this page
  rows: Row[];
}
