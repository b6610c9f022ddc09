// A load's histogram as the report carries it: HdrHistogram's V2 encoding, compressed, in Base64. From it
// come the percentiles that the report does not name.

export interface Step { remaining: number; value: number }  // a share of `remaining` took longer than `value`

const plainCookie = 0x1c849303 | 0x10, compressedCookie = 0x1c849304 | 0x10;
const stepsPerHalving = 10, leastBeyond = 10;

interface Bucket { value: number; count: number }

function buckets(bytes: Uint8Array): Bucket[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== plainCookie) throw new Error("no histogram of HdrHistogram's second version");
  const length = view.getInt32(4), digits = view.getInt32(12), lowest = Number(view.getBigInt64(16));
  const halfBits = Math.ceil(Math.log2(2 * 10 ** digits)) - 1, half = 2 ** halfBits, unit = Math.floor(Math.log2(lowest));
  const highestOf = (index: number) => {
    const bucket = Math.max(0, Math.floor(index / half) - 1), within = index < half ? index : (index % half) + half;
    return (within + 1) * 2 ** (bucket + unit) - 1;
  };
  const out: Bucket[] = [];
  let at = 40, index = 0;
  // Counts, each with its sign in the last of its seven-bit groups; below zero: so many empty ones.
  while (at < 40 + length) {
    let raw = 0n;
    for (let shift = 0n, group = 0x80; group & 0x80; shift += 7n) {
      group = view.getUint8(at++);
      raw |= BigInt(shift === 56n ? group : group & 0x7f) << shift;
      if (shift === 56n) break;
    }
    const count = Number(raw & 1n ? -((raw + 1n) >> 1n) : raw >> 1n);
    if (count < 0) index -= count;
    else out.push({ value: highestOf(index++), count });
  }
  return out.filter((bucket) => bucket.count > 0);
}

async function unpacked(text: string): Promise<Bucket[]> {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0) !== compressedCookie) throw new Error("no compressed histogram of HdrHistogram's second version");
  const stream = new Blob([bytes.subarray(8, 8 + view.getInt32(4))]).stream().pipeThrough(new DecompressionStream("deflate"));
  return buckets(new Uint8Array(await new Response(stream).arrayBuffer()));
}

// HdrHistogram's percentile steps, ten to each halving of what remains, and each nine; up to the last
// quantile with ten samples beyond it. The same steps for every histogram, so that curves share them.
export async function percentileSteps(text: string, most = Infinity): Promise<Step[]> {
  const all = await unpacked(text), total = all.reduce((sum, bucket) => sum + bucket.count, 0);
  const levels = [];
  for (let halving = 0; 2 ** -halving * total >= leastBeyond; ++halving) {
    for (let step = 0; step < stepsPerHalving; ++step) levels.push(2 ** -halving * (1 - step / stepsPerHalving / 2));
  }
  for (const nine of [0.1, 0.05, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7]) levels.push(nine);
  if (total > leastBeyond) levels.push(leastBeyond / total);
  let seen = 0, at = 0;
  return [...new Set(levels)].filter((remaining) => remaining * total >= leastBeyond - 1e-9).sort((a, b) => b - a).map((remaining) => {
    const rank = Math.max(1, Math.ceil((1 - remaining) * total - 1e-9));
    while (at < all.length - 1 && seen + (all[at] as Bucket).count < rank) seen += (all[at++] as Bucket).count;
    return { remaining, value: Math.min(most, all[at]?.value ?? 0) };
  });
}
