import type { Row } from "./rows";
import { el } from "./svg";

const STYLE_PROPERTIES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "paint-order",
  "font-family",
  "font-size",
  "font-weight",
];
const MARGIN = 20;

/**
 * Return the drawing as a standalone SVG file: its title, its colours on white paper, and no links, so that
 * a shared file names no page of this web app.
 */
export function toStandaloneSvg(svg: SVGSVGElement, title: string): string {
  const light = document.createElement("div");
  light.className = "in-light drawn hidden";
  const copy = svg.cloneNode(true) as SVGSVGElement;
  light.append(copy);
  document.body.append(light);
  for (const element of copy.querySelectorAll<SVGElement>("*")) {
    const style = getComputedStyle(element);
    const isDrawn = element.matches("path, rect, circle, text");
    for (const name of isDrawn ? STYLE_PROPERTIES : []) {
      if (element.hasAttribute(name) && name === "fill") continue;
      const value = style.getPropertyValue(name);
      if (value && value !== "none" ? true : name === "fill") element.setAttribute(name, value || "none");
    }
  }
  for (const element of copy.querySelectorAll("*")) {
    for (const name of ["class", "data-tip", "aria-current", "tabindex", "role"]) element.removeAttribute(name);
  }
  for (const link of copy.querySelectorAll("a, g[aria-label]")) {
    const label = link.getAttribute("aria-label") ?? "";
    link.replaceWith(el("g", {}, el("title", {}, label), ...link.childNodes));
  }
  light.remove();
  const { width, height } = svg.viewBox.baseVal;
  const [w, h] = [width + 2 * MARGIN, height + 2 * MARGIN + 30];
  const file = el("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${w} ${h}`, width: w, height: h });
  const named = {
    x: MARGIN,
    y: MARGIN + 14,
    "font-family": "Inter, Noto Sans, sans-serif",
    "font-weight": "600",
    "font-size": 15,
  };
  file.append(
    el("title", {}, title),
    el("rect", { width: w, height: h, fill: "#ffffff" }),
    el("text", { ...named, fill: "#14181f" }, title),
    el("g", { transform: `translate(${MARGIN} ${MARGIN + 30})` }, ...copy.childNodes),
  );
  return new XMLSerializer().serializeToString(file);
}

/**
 * Return the table as CSV: bare values, in the order of the page, and no cell that a spreadsheet takes for
 * a formula.
 */
export function toCsv(heads: readonly string[], rows: readonly Row[]): string {
  const lines = [heads, ...rows.map((row) => row.cells.map((cell) => cell.raw))];
  return lines.map((cells) => `${cells.map(escapeFormula).map(quoteCell).join(",")}\r\n`).join("");
}

function escapeFormula(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell;
}

function quoteCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

export function download(name: string, content: string, type: string): void {
  save(new Blob([content], { type }), name);
}

/** Save a file on the reader's computer. */
export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
