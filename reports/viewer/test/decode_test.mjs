// The viewer's packet decoder: known packets field by field, and broken ones without a fall.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { test } from "node:test";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { folder, here, require, sample } from "./support.mjs";

const out = join(mkdtempSync(join(folder, "decode-")), "decode.mjs");
await require("esbuild").build({ entryPoints: [join(here, "../src/decode.ts")], bundle: true, format: "esm", outfile: out, logLevel: "error" });
const { decode, fromHex, ipv6 } = await import(pathToFileURL(out).href);
rmSync(out);

const text = (layers) => layers.map((layer) => `${layer.name}: ` + layer.fields.map((field) => `${field.name}=${field.value}`).join("; "));
const bytes = (hex) => fromHex(hex.replace(/\s+/g, ""));

const syn6 = bytes(`
  0200000000020200000000018 6dd 6000000000280640
  20010db8000000000000000000000001 20010db8000000000000000000000002
  9c400050 00000001 00000000 a0c2 ffff 1234 0000
  020405b4 0402 080a 00000007 00000000 01 030307`.replace("18 6dd", "186dd"));

test("a SYN over IPv6, options and all", () => {
  const [ethernet, ip, tcp, ...rest] = text(decode(syn6, 1));
  assert.match(ethernet, /destination=02:00:00:00:00:02; source=02:00:00:00:00:01; type=0x86dd, IPv6/);
  assert.match(ip, /^IPv6: .*payload length=40; next header=6, TCP; hop limit=64; source=2001:db8::1; destination=2001:db8::2/);
  assert.match(tcp, /source port=40000; destination port=80; sequence number=1; .*=40 bytes; SYN ECE CWR; window=65535; checksum=0x1234/);
  assert.match(tcp, /maximum segment size=1460; SACK permitted=yes; time stamps=value 7, echo 0; option=no operation; window scale=7 \(× 128\)$/);
  assert.deepEqual(rest, []);
});

test("the sample's packets, with payload", () => {
  const frame = sample().cases[0].frames[3];
  const layers = text(decode(fromHex(frame.bytes_hex), 1, frame.wire_length));
  assert.match(layers[2], /PSH ACK/);
  assert.match(layers[3], /Payload: bytes=suc/);
});

test("fields stand side by side, and cover each byte once", () => {
  for (const frame of sample().cases[0].frames) {
    const all = fromHex(frame.bytes_hex), fields = decode(all, 1, frame.wire_length).flatMap((layer) => layer.fields);
    let at = 0;
    for (const field of fields) { assert.equal(field.from, at); at = field.to; }
    assert.equal(at, all.length);
  }
});

test("an ICMP error with what it quotes; UDP; fragments; VLAN; what is cut", () => {
  const quoted = "4500002012340000401100007f0000017f000001 9c40003500 0c0000".replace(/\s/g, "");
  const icmp = bytes(`000000000000000000000000 0800 450000380000000040010000 7f000001 7f000001 0303 fcfc 00000000 ${quoted}`);
  const layers = text(decode(icmp, 1));
  assert.match(layers[2], /ICMP: type=3, destination unreachable; code=3, port/);
  assert.match(layers[3], /quoted IPv4/);
  assert.match(layers[4], /UDP: source port=40000; destination port=53/);
  const fragment = text(decode(bytes(`000000000000000000000000 0800 4500002400000064 4011 0000 7f000001 7f000001 0102030405060708 090a0b0c0d0e0f10`), 1));
  assert.match(fragment[1], /fragment offset=none; 800/);
  assert.match(fragment[2], /Payload/);
  const tagged = text(decode(bytes("000000000000000000000000 8100 0007 0806 0001"), 1));
  assert.match(tagged[0], /VLAN=7; type=0x0806, ARP/);
  assert.match(text(decode(syn6.subarray(0, 60), 1, 94)).at(-1), /34 of 94 bytes/);
  assert.match(text(decode(syn6.subarray(0, 60), 1, 60)).at(-1), /ends within a header/);
});

test("addresses are written as RFC 5952 wants", () => {
  const of = (hex) => ipv6(bytes(hex));
  assert.equal(of("00000000000000000000000000000000"), "::");
  assert.equal(of("00000000000000000000000000000001"), "::1");
  assert.equal(of("20010db8000000000001000000000001"), "2001:db8::1:0:0:1");
  assert.equal(of("20010db8000100010001000100010001"), "2001:db8:1:1:1:1:1:1");
});

test("random and mutated bytes never break it", () => {
  let seed = 1;
  const random = (below) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  for (let round = 0; round < 20_000; ++round) {
    const length = random(120), input = round % 2 ? Uint8Array.from({ length }, () => random(256)) : syn6.slice(0, random(syn6.length + 1));
    for (let i = random(4); i > 0 && input.length > 0; --i) input[random(input.length)] = random(256);
    for (const layer of decode(input, round % 3 ? 1 : 101, input.length + random(3))) {
      for (const field of layer.fields) assert.ok(0 <= field.from && field.from <= field.to && field.to <= input.length, JSON.stringify(field));
    }
  }
});
