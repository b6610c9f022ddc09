// The chosen row of a ladder in full: for a packet each field and each byte, one pointing to the other.
import { fileLink, run } from "./data";
import { decode, fromHex, type Field, type Layer } from "./decode";
import { h } from "./dom";
import { nanoseconds, whole } from "./format";
import { labelOf } from "./ladder";
import type { Arrow, LadderRow, LadderRows } from "./ladder_rows";
import type { Case, Finding } from "./types";

export function findingNote(finding: Finding): HTMLElement {
  return h("div", { class: `told-box ${finding.inconclusive ? "inconclusive" : finding.severity}` },
    h("b", { class: "mono" }, finding.rule), h("span", { class: "faint" }, ` ${finding.severity}, ${finding.source}`),
    h("div", {}, h("span", { class: "faint" }, "wanted "), finding.expected),
    h("div", {}, h("span", { class: "faint" }, "saw "), finding.observed));
}

const width = 8;  // bytes a line, so that a line fits beside a ladder and on a phone

function dump(bytes: Uint8Array, layers: Layer[]): { element: HTMLElement; mark: (field: Field | null) => void } {
  const cells: HTMLElement[] = [];
  const grid = h("div", { class: "dump", role: "group", tabindex: 0, "aria-label": `${bytes.length} bytes` });
  const layerOf = (at: number) => layers.findIndex((layer) => layer.from <= at && at < layer.to);
  for (let line = 0; line < bytes.length; line += width) {
    const hexes = h("span", { class: "hexes" }), texts = h("span", { class: "texts" });
    for (let i = line; i < Math.min(line + width, bytes.length); ++i) {
      const byte = bytes[i] as number;
      const cell = h("span", { class: `byte layer-${layerOf(i) % 4}`, "data-at": i }, byte.toString(16).padStart(2, "0"));
      const text = h("span", { class: `char layer-${layerOf(i) % 4}`, "data-at": i }, byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·");
      cells.push(cell, text);
      hexes.append(cell, " ");
      texts.append(text);
    }
    grid.append(h("div", { class: "line" }, h("span", { class: "offset" }, line.toString(16).padStart(4, "0")), hexes, texts));
  }
  const mark = (field: Field | null) => {
    for (const cell of cells) {
      const at = Number(cell.dataset.at);
      cell.classList.toggle("on", field !== null && field.from <= at && at < field.to);
    }
  };
  return { element: grid, mark };
}

function bytesOf(one: Case, arrow: Arrow): HTMLElement {
  const capture = one.captures.find((each) => each.judged) ?? one.captures[0];
  const open = capture?.file && run ? h("a", { href: fileLink(run.results, capture.file) }, "the capture") : "the capture";
  const frame = one.frames?.find((each) => each.packet === arrow.packet);
  if (!frame) return h("p", { class: "faint" }, "This report has no bytes of this packet: it is number ", whole(arrow.packet), " of ", open, ".");
  const bytes = fromHex(frame.bytes_hex);
  const layers = decode(bytes, capture?.link_type ?? 1, frame.wire_length);
  const shown = dump(bytes, layers);
  const rows: { field: Field; row: HTMLElement }[] = [];
  const mark = (field: Field | null) => {
    shown.mark(field);
    for (const each of rows) each.row.classList.toggle("on", each.field === field);
  };
  const table = h("div", { class: "layers" });
  layers.forEach((layer, index) => {
    const body = h("table", { class: "fields" }, h("caption", { class: `layer-${index % 4}` }, layer.name));
    for (const field of layer.fields) {
      const row = h("tr", { onmouseenter: () => mark(field), onmouseleave: () => mark(null) },
        h("th", { scope: "row" }, field.name), h("td", { class: "mono" }, field.value, field.note && h("span", { class: "faint" }, ` ${field.note}`)));
      rows.push({ field, row });
      body.append(row);
    }
    table.append(body);
  });
  shown.element.addEventListener("mouseover", (event) => {
    const at = event.target instanceof HTMLElement ? event.target.dataset.at : undefined;
    mark(at === undefined ? null : (rows.find(({ field }) => field.from <= Number(at) && Number(at) < field.to)?.field ?? null));
  });
  shown.element.addEventListener("mouseleave", () => mark(null));
  return h("div", {}, shown.element, table);
}

// What stands in the side panel for a row; for none, how to use it.
export function panel(one: Case, of: LadderRows, row: LadderRow | null): HTMLElement {
  if (row === null) {
    return h("div", { class: "panel-hint" }, h("p", {}, "Choose a packet to see its fields and bytes."),
      h("p", { class: "faint" }, h("kbd", {}, "↑"), " ", h("kbd", {}, "↓"), " walk, ", h("kbd", {}, "n"), " ", h("kbd", {}, "p"), " next and previous finding, ", h("kbd", {}, "Home"), " ", h("kbd", {}, "End")));
  }
  if (row.kind === "arrow") {
    const index = of.packets.indexOf(row.packet);
    const before = of.rows.slice(0, of.rows.indexOf(row)).reverse().find((other) => other.kind === "arrow") as Arrow | undefined;
    return h("div", {},
      h("h3", {}, `Packet ${row.packet}`, h("span", { class: "faint" }, ` ${index + 1} of ${of.packets.length} here`)),
      h("p", { class: "mono" }, `${row.from} → ${row.from === "client" ? "server" : "client"}  ${labelOf(row, 1000)}`),
      row.time !== undefined && h("p", { class: "faint" }, `${nanoseconds(row.time - of.start)} after the first`, before?.time !== undefined && `, ${nanoseconds(row.time - before.time)} after packet ${before.packet}`),
      row.marks.length > 0 && h("p", {}, row.marks.join(", ")),
      row.wire && h("p", { class: "wire-note" }, `${row.wire.deed} by ${row.wire.cause} “${row.wire.name}”`),
      ...row.findings.map(findingNote), bytesOf(one, row));
  }
  if (row.kind === "finding") return h("div", {}, h("h3", {}, "Finding"), findingNote(row.finding));
  if (row.kind === "kernel") {
    return h("div", {}, h("h3", {}, "The kernel's word"), h("p", {}, `The ${row.side}'s kernel: `, h("b", { class: "mono" }, row.state), ` (${row.what})`),
      row.packets !== "" && h("p", {}, row.packets === row.state ? "The packets say the same." : row.differs ? `By the packets so far: ${row.packets}.` : `By the packets seen so far at this end: ${row.packets}.`));
  }
  if (row.kind === "wire") {
    const d = row.decision;
    return h("div", {}, h("h3", {}, "The wire"), h("p", {}, h("b", {}, d.deed), ` by ${d.cause} “${d.name}”`), h("p", { class: "mono" }, `${d.direction} ${d.packet ?? ""}`), d.detail && h("p", {}, d.detail));
  }
  return h("div", {}, h("p", {}, row.kind === "gap" ? row.text : `${row.count} packets are folded here: press Enter, or choose “unfolded”.`));
}
