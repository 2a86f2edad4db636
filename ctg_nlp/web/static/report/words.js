/** Answers, passages and suggestions in words and signs. */

import { progress } from "./answers.js";

const SIGNS = { present: "✓", absent: "–", unsure: "?", value: "✓", conflict: "≠" };

const valueInWords = (value) => (value === null || value === undefined ? "cannot be told" : String(value));

/** What this coder said of a thing, or else what holds by others. */
export function answerInWords(item) {
  if (item.answer === "value") return valueInWords(item.value);
  if (item.answer) return item.answer;
  if (item.resolved === "conflict") return "coders disagree";
  if (item.resolved === "value")
    return `${valueInWords(item.others.find((o) => o.answer === "value")?.value)} by others`;
  return item.resolved ? `${item.resolved} by others` : "undecided";
}

/** The kind of its badge. */
export function badgeOf(item) {
  const said = item.answer ?? item.resolved ?? "undecided";
  return said === "value" ? "present" : said;
}

/** Its sign in a list. */
export function signOf(item) {
  if (item.resolved === "conflict") return SIGNS.conflict;
  return SIGNS[item.answer ?? item.resolved] ?? "○";
}

/** An answer of another coder. */
export const saidInWords = (said) => (said.answer === "value" ? valueInWords(said.value) : said.answer);

/** What to call a passage. */
export function kindInWords(passage) {
  if (passage.kind === "quoted") return `Quoted ${byWhom(passage)}`;
  if (passage.kind === "suggested" && passage.by?.length) return `Quoted ${byWhom(passage)}`;
  if (passage.kind === "own") return "Your evidence";
  if (passage.kind === "other") return `Evidence of ${passage.by}`;
  if (passage.kind === "held") return `Held back: ${passage.status}`;
  return "Suggested passage";
}

/** For what a passage stands already, in the words of its codes. */
export const forWhat = (passage) =>
  passage.labels?.length ? `for ${passage.labels.map((l) => `“${l}”`).join(", ")}` : "";

/** By whom it was quoted. */
export const byWhom = (passage) => `by ${passage.by.join(", ")}`;

/** The same in one word, for a list. */
export function kindInShort(passage) {
  const words = { own: "yours", other: passage.by, held: passage.status, quoted: "quoted" };
  if (passage.kind === "suggested" && passage.by?.length) return "quoted";
  return words[passage.kind] ?? "suggested";
}

/** The verdict of a suggestion. */
export function verdictInWords(suggestion, valued) {
  if (!valued) return suggestion.suggested ? "Suggested" : "Not suggested";
  return suggestion.value === null || suggestion.value === undefined
    ? "No value suggested"
    : `Suggested: ${suggestion.value}`;
}

/** What counts as evidence in a dimension. */
export function countsInWords(counts) {
  const words = {
    did: "what the group did or found in this project",
    described: "what the report describes",
    intended: "what the project set out to do",
    planned: "what is planned",
    advocated: "what the report argues for",
  };
  return `Counts: ${words[counts] ?? counts}.`;
}

/** Pieces of a quote as [text, marked]: the words that spoke are marked wherever they stand as words. */
export function markedPieces(quote, because) {
  const sought = because.map((words) => words.trim()).filter((words) => words);
  if (!sought.length) return [[quote, false]];
  const longestFirst = sought
    .sort((a, b) => b.length - a.length)
    .map(asPattern)
    .join("|");
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(${longestFirst})(?![\\p{L}\\p{N}])`, "giu");
  return quote
    .split(pattern)
    .map((text, i) => [text, i % 2 === 1])
    .filter(([text]) => text);
}

const asPattern = (words) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");

/** How far the report is coded in depth, where it is in the sample. */
export function depthInWords({ sample, dimensions }) {
  if (!sample) return null;
  const done = dimensions.filter((d) => d.stage === "indepth").map(progress);
  const all = done.reduce((sum, d) => sum + d.all, 0);
  const left = all - done.reduce((sum, d) => sum + d.decided, 0);
  return `In the sample “${sample}”: ${left ? `${left} of ${all}` : "nothing"} left to decide in depth`;
}
