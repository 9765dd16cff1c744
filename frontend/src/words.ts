/** What the script itself says. A page gives its language's in `<template id="words" data-table="…">`. */
const english = {
  table: "Table",
  chart: "Chart",
  svg: "SVG",
  csv: "CSV",
  log: "log scale: each step is ten times the last",
  arrows: "Arrow keys go from mark to mark.",
  radius: "within {km} km",
  size: "a circle's area is the count; its ring is how sure the place is",
  none: "none",
  fault: "That did not work. Nothing was changed.",
  refused: "Refused",
};

export type Word = keyof typeof english;

export function word(key: Word): string {
  return document.getElementById("words")?.dataset[key] ?? english[key];
}
