import { scaleLog } from "d3-scale";
import { word } from "../words";
import type { Chart } from "./figure";
import { cellAt, countCell, maxCount, type Row } from "./rows";
import { formatCount } from "./scale";
import { addHatching, drawParagraph, el, fitText, mark, text, textWidth } from "./svg";

const HIGH = 30;

/**
 * Draw bars from zero, one below the other, with exact labels and values beside them. Returns their height.
 */
export function drawBars(chart: Chart): number {
  const high = maxCount(chart.rows);
  return layBars(chart, chart.rows, 0, 0, (value) => (high > 0 ? value / high : 0));
}

/** Draw bars on a log scale that is labelled as one, with its powers of ten. A count of zero has no bar. */
export function drawFunnel(chart: Chart): number {
  const top = 10 ** Math.max(1, Math.ceil(Math.log10(Math.max(maxCount(chart.rows), 1))));
  const scale = scaleLog().domain([0.5, top]).range([0, 1]);
  const share = (value: number) => (value > 0 ? scale(Math.max(value, 0.5)) : 0);
  const steps = Array.from({ length: Math.log10(top) + 1 }, (_, power) => 10 ** power);
  return layBars(chart, chart.rows, 0, 0, share, steps);
}

/**
 * Draw rows as bars from `y` down. `share` is the part of the width that a value takes. Scale marks are
 * optional.
 */
export function layBars(
  chart: Chart,
  rows: readonly Row[],
  y: number,
  label: number,
  share: (value: number) => number,
  steps: readonly number[] = [],
): number {
  const { svg, width } = chart;
  const valued = Math.max(0, ...rows.map((row) => textWidth(svg, countCell(row).text, "value")));
  const labels = Math.max(0, ...rows.map((row) => textWidth(svg, cellAt(row, label).text, "label")));
  // Put texts below one another rather than cut them.
  const isNarrow = width < 340 || labels + 18 > width * 0.5;
  const left = isNarrow ? 0 : labels + 18;
  const fullWidth = width - left - (isNarrow ? 0 : valued + 16);
  const step = isNarrow ? HIGH + 16 : HIGH;
  const foot = y + step * rows.length;
  for (const value of steps) {
    const x = left + share(value) * fullWidth;
    svg.append(el("path", { d: `M${x} ${y}V${foot}`, class: "rule" }));
  }
  const fill = addHatching(svg);
  rows.forEach((row, index) => {
    const top = y + index * step;
    const value = countCell(row);
    const long = Math.max(value.value > 0 ? 2 : 0, share(value.value || 0) * fullWidth);
    const middle = isNarrow ? top + 34 : top + HIGH / 2;
    const [whole, amount] = [cellAt(row, label).text, value.text || word("none")];
    const shortName = isNarrow ? fitText(svg, whole, "label", width - valued - 12) : whole;
    const name = shortName === whole ? `${whole} ${amount}` : `${shortName} ${amount}, ${whole}`;
    const shape = { x: left, y: middle - 5, width: long, height: 10, rx: 5 };
    svg.append(
      mark(
        row,
        { name, tip: `${whole}: ${amount}` },
        el("rect", { x: -4, y: top, width: width + 8, height: step, rx: 6, class: "hit" }),
        text(0, isNarrow ? top + 20 : middle + 5, shortName, { class: "label" }),
        document.createTextNode(" "),
        row.isUndetermined ? el("rect", { ...shape, rx: 2, fill }) : el("rect", { ...shape, class: "fill" }),
        text(width, isNarrow ? top + 20 : middle + 5, amount, {
          class: "value",
          "text-anchor": "end",
        }),
      ),
    );
  });
  return steps.length
    ? foot - y + scaleMarks(chart, steps, (value) => left + share(value) * fullWidth, foot)
    : foot - y;
}

function scaleMarks(
  { svg, width }: Chart,
  steps: readonly number[],
  x: (value: number) => number,
  foot: number,
): number {
  let free = Number.NEGATIVE_INFINITY;
  for (const value of steps) {
    const label = formatCount(value);
    const half = textWidth(svg, label, "fine") / 2;
    const middle = Math.min(x(value), width - half);
    if (middle - half < free) continue;
    svg.append(text(middle, foot + 16, label, { class: "fine", "text-anchor": "middle" }));
    free = middle + half + 10;
  }
  const note = word("log");
  const left = Math.max(0, Math.min(x(steps[0] ?? 1), width - textWidth(svg, note, "fine")));
  return 24 + drawParagraph(svg, note, left, foot + 22, width);
}
