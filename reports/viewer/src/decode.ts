// One captured packet, taken apart: each field with its bytes. A packet may be cut, malformed or
// hostile: what does not fit is told, and nothing is read past the end.

export interface Field { name: string; value: string; from: number; to: number; note?: string }
export interface Layer { name: string; fields: Field[]; from: number; to: number }

export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

class Cut extends Error {}

class Reader {
  readonly layers: Layer[] = [];
  private layer: Layer | null = null;
  constructor(readonly bytes: Uint8Array, public at = 0) {}

  begin(name: string): Layer {
    this.layer = { name, fields: [], from: this.at, to: this.at };
    this.layers.push(this.layer);
    return this.layer;
  }
  get left(): number { return this.bytes.length - this.at; }
  peek(offset: number): number {
    const byte = this.bytes[this.at + offset];
    if (byte === undefined) throw new Cut();
    return byte;
  }
  number(length: number): number {
    let value = 0;
    for (let i = 0; i < length; ++i) value = value * 256 + this.peek(i);
    return value;
  }
  field(name: string, length: number, show: (value: number) => string = String, note?: string): number {
    const value = this.number(length);
    this.add(name, length, show(value), note);
    return value;
  }
  text(name: string, length: number, show: (bytes: Uint8Array) => string, note?: string): void {
    if (length > this.left) throw new Cut();
    this.add(name, length, show(this.bytes.subarray(this.at, this.at + length)), note);
  }
  // A part of the byte that was read last.
  bits(name: string, value: string): void { this.layer?.fields.push({ name, value, from: this.at - 1, to: this.at }); }
  private add(name: string, length: number, value: string, note?: string): void {
    this.layer?.fields.push({ name, value, from: this.at, to: this.at + length, ...(note ? { note } : {}) });
    this.at += length;
    if (this.layer) this.layer.to = this.at;
  }
}

const hex = (digits: number) => (value: number) => "0x" + value.toString(16).padStart(digits, "0");
const mac = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
const ipv4 = (bytes: Uint8Array) => bytes.join(".");

export function ipv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  let best = { from: 0, length: 0 };
  for (let i = 0; i < 8; ++i) {
    let length = 0;
    while (i + length < 8 && words[i + length] === 0) ++length;
    if (length > best.length) best = { from: i, length };
  }
  const text = (part: number[]) => part.map((word) => word.toString(16)).join(":");
  if (best.length < 2) return text(words);
  return `${text(words.slice(0, best.from))}::${text(words.slice(best.from + best.length))}`;
}

export const flagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
const protocols: Record<number, string> = { 1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 0: "hop-by-hop options", 43: "routing", 44: "fragment", 60: "destination options" };
const protocolName = (n: number) => (protocols[n] ? `${n}, ${protocols[n]}` : String(n));

function options(reader: Reader, end: number): void {
  while (reader.at < end) {
    const kind = reader.peek(0);
    if (kind === 0) return reader.text("option", end - reader.at, () => "end of options");
    if (kind === 1) { reader.text("option", 1, () => "no operation"); continue; }
    const length = reader.at + 1 < end ? reader.peek(1) : 0;
    if (length < 2 || reader.at + length > end) {
      return reader.text(`option ${kind}`, end - reader.at, () => "malformed: its length does not fit");
    }
    const word = (offset: number, size: number) => {
      let value = 0;
      for (let i = 0; i < size; ++i) value = value * 256 + reader.peek(offset + i);
      return value;
    };
    const known: Record<number, () => [string, string]> = {
      2: () => ["maximum segment size", length === 4 ? String(word(2, 2)) : "malformed"],
      3: () => ["window scale", length === 3 ? `${word(2, 1)} (× ${2 ** Math.min(word(2, 1), 14)})` : "malformed"],
      4: () => ["SACK permitted", "yes"],
      5: () => ["SACK", Array.from({ length: Math.floor((length - 2) / 8) }, (_, i) => `${word(2 + 8 * i, 4)} to ${word(6 + 8 * i, 4)}`).join(", ")],
      8: () => ["time stamps", length === 10 ? `value ${word(2, 4)}, echo ${word(6, 4)}` : "malformed"],
      28: () => ["user timeout", String(word(2, Math.min(2, length - 2)))],
      30: () => ["multipath TCP", `${length} bytes`],
      34: () => ["fast open", length === 2 ? "cookie request" : `cookie of ${length - 2} bytes`],
    };
    const [name, value] = known[kind]?.() ?? [`option ${kind}`, `${length} bytes`];
    reader.text(name, length, () => value);
  }
}

function tcp(reader: Reader): void {
  reader.begin("TCP");
  const start = reader.at;
  reader.field("source port", 2);
  reader.field("destination port", 2);
  reader.field("sequence number", 4);
  reader.field("acknowledgement number", 4);
  const offset = reader.number(2) >> 12;
  const bits = reader.number(2) & 0x1ff;
  const flags = flagNames.filter((_, i) => bits & (1 << i));
  if (bits & 0x100) flags.push("AE");
  reader.field("header length, flags", 2, () => `${offset * 4} bytes; ${flags.join(" ") || "no flags"}`, offset < 5 ? "malformed: below 20" : undefined);
  reader.field("window", 2, String, "as sent, before scaling");
  reader.field("checksum", 2, hex(4));
  reader.field("urgent pointer", 2);
  if (offset > 5) options(reader, Math.min(start + offset * 4, reader.bytes.length));
}

function udp(reader: Reader): void {
  reader.begin("UDP");
  reader.field("source port", 2);
  reader.field("destination port", 2);
  reader.field("length", 2);
  reader.field("checksum", 2, hex(4));
}

const unreachable4 = ["network", "host", "protocol", "port", "fragmentation needed", "source route failed"];
const unreachable6 = ["no route", "prohibited", "beyond scope", "address", "port"];

function icmp(reader: Reader, six: boolean): void {
  reader.begin(six ? "ICMPv6" : "ICMP");
  const error = six ? reader.peek(0) < 128 : [3, 4, 5, 11, 12].includes(reader.peek(0));
  const type = reader.field("type", 1, (value) => {
    const known: Record<number, string> = six
      ? { 1: "destination unreachable", 2: "packet too big", 3: "time exceeded", 128: "echo request", 129: "echo reply", 133: "router solicitation", 135: "neighbour solicitation", 136: "neighbour advertisement", 143: "multicast listener report" }
      : { 0: "echo reply", 3: "destination unreachable", 8: "echo request", 11: "time exceeded" };
    return known[value] ? `${value}, ${known[value]}` : String(value);
  });
  reader.field("code", 1, (value) => {
    const words = type === (six ? 1 : 3) ? (six ? unreachable6 : unreachable4)[value] : undefined;
    return words ? `${value}, ${words}` : String(value);
  });
  reader.field("checksum", 2, hex(4));
  if (!error) return;
  reader.field("rest of header", 4, hex(8));
  // What it quotes is the beginning of the packet that it is about.
  if (reader.left > 0) network(reader, six ? 0x86dd : 0x0800, "quoted ");
}

function transport(reader: Reader, protocol: number): void {
  if (protocol === 6) tcp(reader);
  else if (protocol === 17) udp(reader);
  else if (protocol === 1) icmp(reader, false);
  else if (protocol === 58) icmp(reader, true);
}

// Where the packet ends by its own length field; padding of the link follows.
function network(reader: Reader, type: number, prefix = ""): number {
  const start = reader.at;
  if (type === 0x0800) {
    reader.begin(prefix + "IPv4");
    const length = (reader.peek(0) & 15) * 4;
    reader.field("version, header length", 1, (value) => `${value >> 4}; ${length} bytes`);
    reader.field("DSCP, ECN", 1, (value) => `${value >> 2}; ${["not ECN-capable", "ECT(1)", "ECT(0)", "congestion experienced"][value & 3]}`);
    const total = reader.field("total length", 2);
    reader.field("identification", 2, hex(4));
    const fragment = reader.field("flags, fragment offset", 2, (value) =>
      `${[value & 0x4000 && "don't fragment", value & 0x2000 && "more fragments"].filter(Boolean).join(", ") || "none"}; ${(value & 0x1fff) * 8}`);
    reader.field("time to live", 1);
    const protocol = reader.field("protocol", 1, protocolName);
    reader.field("header checksum", 2, hex(4));
    reader.text("source", 4, ipv4);
    reader.text("destination", 4, ipv4);
    if (length > 20) reader.text("options", Math.min(length - 20, reader.left), (bytes) => `${bytes.length} bytes`);
    if ((fragment & 0x1fff) === 0) transport(reader, protocol);
    return start + total;
  }
  reader.begin(prefix + "IPv6");
  reader.field("version, traffic class, flow label", 4, (value) => `${Math.floor(value / 2 ** 28)}; ${(value >>> 20) & 255}; ${hex(5)(value % 2 ** 20)}`);
  const length = reader.field("payload length", 2);
  let next = reader.field("next header", 1, protocolName);
  reader.field("hop limit", 1);
  reader.text("source", 16, ipv6);
  reader.text("destination", 16, ipv6);
  while ([0, 43, 44, 60].includes(next)) {
    const size = next === 44 ? 8 : (reader.peek(1) + 1) * 8;
    const following = reader.peek(0);
    const later = next === 44 && (((reader.peek(2) << 8) | reader.peek(3)) & 0xfff8) !== 0;
    reader.text(`${protocols[next]} header`, size, () => `next ${protocolName(following)}`);
    if (later) return start + 40 + length;
    next = following;
  }
  transport(reader, next);
  return start + 40 + length;
}

const etherTypes: Record<number, string> = { 0x0800: "IPv4", 0x86dd: "IPv6", 0x0806: "ARP", 0x88b5: "marker of wireproof", 0x8100: "VLAN" };

export function decode(bytes: Uint8Array, linkType: number, wireLength = bytes.length): Layer[] {
  const reader = new Reader(bytes);
  let cut = false, end = bytes.length;
  try {
    let type = 0;
    if (linkType === 1) {
      reader.begin("Ethernet");
      reader.text("destination", 6, mac);
      reader.text("source", 6, mac);
      const show = (value: number) => (etherTypes[value] ? `${hex(4)(value)}, ${etherTypes[value]}` : hex(4)(value));
      type = reader.field("type", 2, show);
      while (type === 0x8100 || type === 0x88a8) {
        reader.field("VLAN", 2, (value) => String(value & 0xfff));
        type = reader.field("type", 2, show);
      }
    } else if (bytes.length > 0) {
      const version = reader.peek(0) >> 4;
      type = version === 4 ? 0x0800 : version === 6 ? 0x86dd : 0;
    }
    if (type === 0x0800 || type === 0x86dd) end = network(reader, type);
  } catch (error) {
    if (!(error instanceof Cut)) throw error;
    cut = true;
  }
  if (!cut && reader.at < Math.min(end, bytes.length)) {
    reader.begin("Payload");
    reader.text("bytes", Math.min(end, bytes.length) - reader.at, (payload) => printable(payload));
  }
  if (!cut && reader.left > 0) {
    reader.begin("Padding");
    reader.text("bytes", reader.left, (padding) => `${padding.length} bytes that belong to no packet`);
  }
  if (cut || wireLength > bytes.length) {
    const layer = reader.begin("Not here");
    layer.fields.push({ name: "left out", value: cut && wireLength <= bytes.length ? "the packet ends within a header" : `${wireLength - bytes.length} of ${wireLength} bytes: the capture file has them`, from: bytes.length, to: bytes.length });
  }
  return reader.layers;
}

export const printable = (bytes: Uint8Array) => Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
