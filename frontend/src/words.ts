/**
 * The texts that the script itself shows, in the language of the page. The catalogues have them as `script.NAME`
 * (docs/how-to/translate.md), and the page brings those of its language along.
 */
const KEYS = [
  "table",
  "chart",
  "svg",
  "csv",
  "log",
  "arrows",
  "radius",
  "size",
  "outlines",
  "closer",
  "farther",
  "whole",
  "west",
  "north",
  "south",
  "east",
  "showMe",
  "endTour",
  "filterList",
  "sortBy",
  "previous",
  "next",
  "none",
  "fault",
  "reason",
] as const;

export type Word = (typeof KEYS)[number];

const texts: Partial<Record<Word, string>> = JSON.parse(document.documentElement.dataset.words ?? "{}");

export function word(key: Word): string {
  return texts[key] ?? key;
}
