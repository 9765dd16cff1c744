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

export function text(x: number, y: number, content: string, attributes: Attributes = {}): SVGElement {
  return el("text", { x, y, ...attributes }, content);
}

/**
 * Make a mark: a link to the row's page, named in words; a group if the row has no link. The name of a mark
 * with letters begins with these letters (WCAG 2.5.3); its tip need not.
 */
export function mark(row: Row, content: string | { name: string; tip: string }, ...inside: Node[]): SVGElement {
  const { name, tip } = typeof content === "string" ? { name: content, tip: content } : content;
  const named = { "aria-label": name, "data-tip": tip, class: row.isHere ? "mark here" : "mark" };
  if (row.href === null) return el("g", { ...named, role: "img" }, ...inside);
  return el("a", { ...named, href: row.href, ...(row.isHere ? { "aria-current": "true" } : {}) }, ...inside);
}

/** Draw a text in lines of at most `width`. Returns their height. */
export function drawParagraph(svg: Element, content: string, x: number, y: number, width: number): number {
  const lines: string[] = [];
  for (const one of content.split(" ")) {
    const longer = `${lines[lines.length - 1] ?? ""} ${one}`.trim();
    if (lines.length && textWidth(svg, longer, "fine") <= width) lines[lines.length - 1] = longer;
    else lines.push(one);
  }
  lines.forEach((line, index) => {
    svg.append(text(x, y + 12 + index * 17, line, { class: "fine" }));
  });
  return lines.length * 17;
}

let patterns = 0;

/** Add hatching, for unknown values. Returns the fill to use. */
export function addHatching(svg: Element): string {
  const id = `hatch-${++patterns}`;
  const stripe = el("path", { d: "M3 0V6", class: "stripe" });
  const pattern = { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  svg.append(el("defs", {}, el("pattern", pattern, stripe)));
  return `url(#${id})`;
}

/** Return the width of a text in the font of a class. */
export function textWidth(svg: Element, content: string, kind: string): number {
  const probe = text(0, 0, content, { class: kind }) as SVGTextElement;
  svg.append(probe);
  const width = probe.getComputedTextLength();
  probe.remove();
  return width;
}

/** Return the box that letters have on a chart. They are not left on it. */
export function boxOf(svg: Element, letters: SVGTextElement): DOMRect {
  svg.append(letters);
  // What Chromium returns has no sides, whatever its type says: a comparison of them would always be false.
  const { x, y, width, height } = letters.getBBox();
  letters.remove();
  return new DOMRect(x, y, width, height);
}

export function isOver(a: DOMRect, b: DOMRect): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Return the text, cut to a width with an ellipsis. Screen readers and tips have the whole text. */
export function fitText(svg: Element, content: string, kind: string, width: number): string {
  if (textWidth(svg, content, kind) <= width) return content;
  const letters = [...new Intl.Segmenter(document.documentElement.lang || "en").segment(content)].map(
    (one) => one.segment,
  );
  let [low, high] = [1, letters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (textWidth(svg, `${letters.slice(0, middle).join("")}…`, kind) <= width) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join("").trimEnd()}…`;
}
