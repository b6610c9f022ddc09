// A status as a word, a sign that needs no colour, and its place in order of concern.
import { h } from "./dom";
import type { Row, Status } from "./types";

export type Kind = Status | "expected";
export const kinds: Kind[] = ["failed", "error", "inconclusive", "skipped", "expected", "passed"];

export const kindOf = (one: { status: Status; expected_failure: boolean }): Kind =>
  one.status === "failed" && one.expected_failure ? "expected" : one.status;

export const signs: Record<Kind, string> = {
  failed: "✗", error: "!", inconclusive: "?", skipped: "–", expected: "≈", passed: "✓",
};
export const words: Record<Kind, string> = {
  failed: "failed", error: "error", inconclusive: "inconclusive", skipped: "skipped",
  expected: "failed as expected", passed: "passed",
};
export const explained: Record<Kind, string> = {
  failed: "what was tested is wrong", error: "wireproof or the machine is wrong",
  inconclusive: "the evidence does not say", skipped: "cannot be tried here",
  expected: "just as its list of expected failures says", passed: "proven",
};

export const badge = (kind: Kind) =>
  h("span", { class: `badge ${kind}` }, h("span", { "aria-hidden": "true" }, signs[kind] + " "), words[kind]);

export const totalOf = (rows: Row[], kind: Kind) => rows.reduce((n, row) => n + (kindOf(row) === kind ? 1 : 0), 0);
