// Numbers and words as people read them.

export function duration(ms: number): string {
  if (ms < 0.001) return `${Math.round(ms * 1e6)} ns`;
  if (ms < 1) return `${trim((ms * 1000).toFixed(ms < 0.1 ? 1 : 0))} µs`;
  if (ms < 1000) return `${trim(ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0))} ms`;
  if (ms < 120_000) return `${trim((ms / 1000).toFixed(2))} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
export const nanoseconds = (ns: number) => duration(ns / 1e6);

const trim = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let unit = -1;
  while (count >= 1024 && unit < units.length - 1) { count /= 1024; ++unit; }
  return `${trim(count.toFixed(1))} ${units[unit]}`;
}

export const count = (n: number, word: string, many = word + "s") => `${n.toLocaleString("en")} ${n === 1 ? word : many}`;
export const whole = (n: number) => n.toLocaleString("en");

export const endpoint = (end: { address: string; port: number }) =>
  end.address.includes(":") ? `[${end.address}]:${end.port}` : `${end.address}:${end.port}`;

// For a shell, so that a command can be copied.
export const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : "'" + word.replace(/'/g, "'\\''") + "'");
