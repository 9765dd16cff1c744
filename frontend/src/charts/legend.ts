import { formatCount, ranges, shade } from "./scale";
import { el, text, textWidth } from "./svg";

/** Draw the shades and their counts, from the left. Returns their height. */
export function drawLegend(svg: Element, steps: readonly number[], x: number, y: number, width: number): number {
  const entries = [
    [0, formatCount(0)] as const,
    ...ranges(steps).map((range, at) => [shade(steps[at] ?? 0, steps), range] as const),
  ];
  let [left, top] = [x, y];
  for (const [dark, range] of entries) {
    const needs = 24 + textWidth(svg, range, "fine") + 16;
    if (left + needs > x + width && left > x) [left, top] = [x, top + 22];
    svg.append(
      el("rect", { x: left, y: top, width: 16, height: 12, rx: 3, class: `q${dark}` }),
      text(left + 22, top + 10.5, range, { class: "fine" }),
    );
    left += needs;
  }
  return top + 18 - y;
}
