import type { Row } from "./rows";

const SPACE = "http://www.w3.org/2000/svg";

type Attributes = Record<string, string | number>;

export function el(name: string, attributes: Attributes = {}, ...inside: (Node | string)[]): SVGElement {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  }
  made.append(...inside);
  return made;
}

export function text(x: number, y: number, told: string, attributes: Attributes = {}): SVGElement {
  return el("text", { x, y, ...attributes }, told);
}

/**
 * A mark: a link to where its row links, named in words; a group where the row links nowhere. The name of a mark that
 * has letters of its own begins with them (WCAG 2.5.3), which its hint need not.
 */
export function mark(row: Row, told: string | { name: string; tip: string }, ...inside: Node[]): SVGElement {
  const { name, tip } = typeof told === "string" ? { name: told, tip: told } : told;
  const named = { "aria-label": name, "data-tip": tip, class: row.isHere ? "mark here" : "mark" };
  if (row.href === null) return el("g", { ...named, role: "img" }, ...inside);
  return el("a", { ...named, href: row.href, ...(row.isHere ? { "aria-current": "true" } : {}) }, ...inside);
}

/** A text in lines no wider than that; how high they are. */
export function paragraph(svg: Element, told: string, x: number, y: number, width: number): number {
  const lines: string[] = [];
  for (const one of told.split(" ")) {
    const longer = `${lines[lines.length - 1] ?? ""} ${one}`.trim();
    if (lines.length && wide(svg, longer, "fine") <= width) lines[lines.length - 1] = longer;
    else lines.push(one);
  }
  lines.forEach((line, index) => {
    svg.append(text(x, y + 12 + index * 17, line, { class: "fine" }));
  });
  return lines.length * 17;
}

let patterns = 0;

/** Hatching, for what is not known: the fill to use, after its definition is put in. */
export function hatching(svg: Element): string {
  const id = `hatch-${++patterns}`;
  const stripe = el("path", { d: "M3 0V6", class: "stripe" });
  const pattern = { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  svg.append(el("defs", {}, el("pattern", pattern, stripe)));
  return `url(#${id})`;
}

/** How wide a text is in the font of that class. */
export function wide(svg: Element, told: string, kind: string): number {
  const probe = text(0, 0, told, { class: kind }) as SVGTextElement;
  svg.append(probe);
  const width = probe.getComputedTextLength();
  probe.remove();
  return width;
}

/** The text, cut to a width with an ellipsis; what screen readers and hints have is whole. */
export function fitted(svg: Element, told: string, kind: string, width: number): string {
  if (wide(svg, told, kind) <= width) return told;
  const letters = [...new Intl.Segmenter(document.documentElement.lang || "en").segment(told)].map(
    (one) => one.segment,
  );
  let [low, high] = [1, letters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (wide(svg, `${letters.slice(0, middle).join("")}…`, kind) <= width) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join("").trimEnd()}…`;
}
