// The rows of a ladder diagram, from a connection or an exchange of datagrams: packets in wire order,
// and between them what the kernel said, what the wire did, what the findings say, and silences.
// Pure functions; drawing is ladder.ts.
import { nanoseconds, whole } from "./format";
import type { Case, Connection, Exchange, Finding, Side, Socket } from "./types";
import { decisionsOf, senderOf, type Decision } from "./wire";

export interface Arrow {
  kind: "arrow"; packet: number; from: Side; time?: number; flags: string[]; seq?: number; ack?: number;
  length: number; note: string; marks: string[]; findings: Finding[]; wire?: Decision;
}
// `packets`: the state by the packets so far. The capture of one end knows later than the other end's
// kernel what a wire holds back: such a difference is none, where the judgement found none.
export interface KernelWord { kind: "kernel"; side: Side; state: string; packets: string; what: string; time?: number; differs: boolean }
export interface WireWord { kind: "wire"; from: Side | null; decision: Decision; time?: number }
export interface Told { kind: "finding"; finding: Finding }
export interface Gap { kind: "gap"; text: string }
export interface Fold { kind: "fold"; key: number; count: number; bytes: number }
export type LadderRow = Arrow | KernelWord | WireWord | Told | Gap | Fold;

export interface Span { row: number; state: string }
export interface LadderRows {
  rows: LadderRow[];
  spans: Record<Side, Span[]>;  // each end's states and the row where each begins; -1: before the first
  client: string; server: string; start: number;
  packets: number[];
}

const silence_ns = 100e6;
const keptAroundFold = 3, leastFolded = 8, leastToFoldAtAll = 40;

const same = (a: { address: string; port: number }, b: { address: string; port: number }) => a.address === b.address && a.port === b.port;

export function sideOf(socket: Socket, ends: { client: { address: string; port: number }; server: { address: string; port: number } }): Side | null {
  if (same(socket.local, ends.client) && same(socket.remote, ends.server)) return "client";
  return same(socket.local, ends.server) && same(socket.remote, ends.client) ? "server" : null;
}

// A step is named with its place in a file, which the case has said already.
const stepName = (step: string) => step.split(",", 1)[0] as string;

interface Event { row: LadderRow; time: number }

function otherEvents(one: Case, ends: { client: Connection["client"] | Exchange["client"]; server: Connection["server"] | Exchange["server"] }, arrows: Arrow[]): Event[] {
  const events: Event[] = [];
  const kernel = (socket: Socket, what: string, time: number | undefined) => {
    const side = sideOf(socket, ends);
    if (side) events.push({ row: { kind: "kernel", side, state: socket.state, packets: "", what, time, differs: false }, time: time ?? Infinity });
  };
  for (const reading of one.kernel.readings) kernel(reading.socket, stepName(reading.step), reading.socket.read_ns ?? reading.asked_ns);
  for (const socket of one.kernel.final_sockets) kernel(socket, "when all was quiet", socket.read_ns);
  const first = arrows[0]?.time ?? -Infinity, last = arrows[arrows.length - 1]?.time ?? Infinity;
  // A packet stands in the capture as it left only where that was taken at its sender's end.
  const host = one.captures.find((capture) => capture.judged)?.host;
  const byPacket = new Map(arrows.map((arrow) => [arrow.packet, arrow]));
  for (const decision of decisionsOf(one)) {
    const from = senderOf(decision), time = decision.time_ns ?? Infinity;
    const known = from !== null && from === host && Boolean(decision.captured);
    const arrow = known ? byPacket.get(decision.captured as number) : undefined;
    // Of a case with several connections only what is of this one, or happened while it lasted.
    if (one.connections.length > 1 && !arrow && (known || time < first - 1e6 || time > last + 1e9)) continue;
    if (arrow && !arrow.wire && /dropped|held/.test(decision.deed)) arrow.wire = decision;
    else events.push({ row: { kind: "wire", from, decision, time: decision.time_ns }, time });
  }
  return events.sort((a, b) => a.time - b.time);
}

// What may be folded away: plain data and acknowledgements that nothing is said of.
const plain = (row: LadderRow, changes: Set<number>) =>
  row.kind === "arrow" && row.marks.every((mark) => mark === "window update") && row.findings.length === 0 && !row.wire && !changes.has(row.packet) &&
  row.flags.every((flag) => flag === "ACK" || flag === "PSH");

function folded(rows: LadderRow[], changes: Set<number>, open: Set<number>): LadderRow[] {
  const out: LadderRow[] = [];
  for (let i = 0; i < rows.length;) {
    let end = i;
    while (end < rows.length && plain(rows[end] as LadderRow, changes)) ++end;
    const from = i + keptAroundFold, to = end - keptAroundFold;
    const hidden = rows.slice(from, Math.max(from, to)) as Arrow[];
    const key = hidden[0]?.packet ?? 0;
    if (hidden.length >= leastFolded && !open.has(key)) {
      out.push(...rows.slice(i, from), { kind: "fold", key, count: hidden.length, bytes: hidden.reduce((n, arrow) => n + arrow.length, 0) }, ...rows.slice(to, end));
    } else {
      out.push(...rows.slice(i, end));
    }
    if (end === i) out.push(rows[end++] as LadderRow);
    i = end;
  }
  return out;
}

interface Change { side: Side; to: string; packet: number; time: number }

function arranged(arrows: Arrow[], leftOut: number, events: Event[], findings: Finding[], changes: Change[], initial: Record<Side, string>, disagreements: number, fold: boolean, open: Set<number>): Pick<LadderRows, "rows" | "spans"> {
  let rows: LadderRow[] = [];
  const last = new Map<Finding, number>();
  arrows.forEach((arrow, i) => arrow.findings.forEach((finding) => last.set(finding, i)));
  let event = 0;
  let before: number | undefined;
  arrows.forEach((arrow, i) => {
    while (event < events.length && arrow.time !== undefined && (events[event] as Event).time < arrow.time) rows.push((events[event++] as Event).row);
    if (leftOut > 0 && i === Math.ceil(arrows.length / 2)) rows.push({ kind: "gap", text: `${whole(leftOut)} packets between are only in the capture file` });
    else if (before !== undefined && arrow.time !== undefined && arrow.time - before >= silence_ns) rows.push({ kind: "gap", text: `${nanoseconds(arrow.time - before)} later` });
    rows.push(arrow);
    for (const finding of arrow.findings) if (last.get(finding) === i) rows.push({ kind: "finding", finding });
    before = arrow.time ?? before;
  });
  for (; event < events.length; ++event) rows.push((events[event] as Event).row);
  for (const finding of findings) if (!last.has(finding)) rows.push({ kind: "finding", finding });

  if (fold && rows.length >= leastToFoldAtAll) rows = folded(rows, new Set(changes.map((change) => change.packet)), open);

  const spans: Record<Side, Span[]> = { client: [], server: [] };
  for (const side of ["client", "server"] as const) if (initial[side]) spans[side].push({ row: -1, state: initial[side] });
  const state = { ...initial };
  const waiting = new Map<number, Change[]>();
  for (const change of changes) waiting.set(change.packet, [...(waiting.get(change.packet) ?? []), change]);
  rows.forEach((row, i) => {
    if (row.kind === "kernel") {
      row.packets = state[row.side];
      row.differs = disagreements > 0 && row.packets !== "" && row.packets !== row.state;
      return;
    }
    if (row.kind !== "arrow") return;
    for (const change of waiting.get(row.packet) ?? []) {
      state[change.side] = change.to;
      spans[change.side].push({ row: i, state: change.to });
    }
    waiting.delete(row.packet);
  });
  return { rows, spans };
}

export function rowsOfConnection(one: Case, connection: Connection, fold: boolean, open: Set<number>): LadderRows {
  const findings = connection.findings;
  const named = new Map<number, Finding[]>();
  for (const finding of findings) for (const packet of finding.packets) named.set(packet, [...(named.get(packet) ?? []), finding]);
  const arrows = connection.segments.map((segment): Arrow => ({
    kind: "arrow", packet: segment.packet, from: segment.from, time: segment.time_ns, flags: segment.flags, seq: segment.seq,
    ack: segment.flags.includes("ACK") ? (segment.ack ?? 0) : undefined, length: segment.length ?? 0, note: "",
    marks: segment.marks ?? [], findings: named.get(segment.packet) ?? [],
  }));
  const changes = connection.transitions.map((t) => ({ side: t.side, to: t.to, packet: t.packet ?? 0, time: t.time_ns ?? 0 }));
  const first = (side: Side) => connection.transitions.find((t) => t.side === side)?.from ?? connection[side].state;
  return {
    ...arranged(arrows, connection.segments_left_out ?? 0, otherEvents(one, connection, arrows), findings, changes, { client: first("client"), server: first("server") }, one.kernel.disagreements, fold, open),
    client: endpointText(connection.client), server: endpointText(connection.server), start: connection.first_time_ns ?? 0, packets: arrows.map((a) => a.packet),
  };
}

export function rowsOfExchange(one: Case, exchange: Exchange, fold: boolean, open: Set<number>): LadderRows {
  const findings = one.findings.filter((finding) => finding.packets.some((packet) => exchange.datagrams.some((d) => d.packet === packet)));
  const arrows = exchange.datagrams.map((d): Arrow => ({
    kind: "arrow", packet: d.packet, from: d.from, time: d.time_ns, flags: [], length: d.length, note: payloadText(d.payload_start_hex, d.length),
    marks: [d.pairing !== "request" && d.pairing !== "answer" && d.pairing, d.answers && `answers ${d.answers}`, d.duplicate && "duplicate", d.reordered && "overtaken",
      d.fragments > 1 && `${d.fragments} fragments`, !d.complete && "incomplete", d.icmp_packet && `ICMP error in ${d.icmp_packet}`].filter((mark) => typeof mark === "string") as string[],
    findings: findings.filter((finding) => finding.packets.includes(d.packet)),
  }));
  return {
    ...arranged(arrows, exchange.datagrams_left_out ?? 0, otherEvents(one, exchange, arrows), findings, [], { client: "", server: "" }, 0, fold, open),
    client: endpointText(exchange.client), server: endpointText(exchange.server), start: arrows[0]?.time ?? 0, packets: arrows.map((a) => a.packet),
  };
}

const endpointText = (end: { address: string; port: number }) => (end.address.includes(":") ? `[${end.address}]:${end.port}` : `${end.address}:${end.port}`);

function payloadText(hexadecimal: string, length: number): string {
  let text = "";
  for (let i = 0; i + 1 < Math.min(hexadecimal.length, 32); i += 2) {
    const byte = Number.parseInt(hexadecimal.slice(i, i + 2), 16);
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·";
  }
  return text === "" ? "" : `“${text}${length > 16 ? "…" : ""}”`;
}
