import type { Chart } from "./figure";
import { drawLegend } from "./legend";
import { cellAt, countCell, maxCount, type Row } from "./rows";
import { evenEdges, shade } from "./scale";
import { el, mark, text, textWidth } from "./svg";

/** Draw hours of the day across and weekdays down. Darker means more. */
export function drawHours({ svg, rows, width }: Chart): number {
  const weekdays = [...new Map(rows.map((row) => [cellAt(row, 1).value, cellAt(row, 1).text] as const))].sort(
    ([a], [b]) => a - b,
  );
  const steps = evenEdges(maxCount(rows));
  const left = Math.max(0, ...weekdays.map(([, name]) => textWidth(svg, name, "fine"))) + 12;
  const step = (width - left) / 24;
  const high = Math.min(Math.max(step, 18), 30);
  const line = (row: Row) => weekdays.findIndex(([value]) => value === cellAt(row, 1).value);
  weekdays.forEach(([, name], index) => {
    svg.append(text(left - 12, index * high + high / 2 + 4, name, { class: "fine", "text-anchor": "end" }));
  });
  const inOrder = [...rows].sort((a, b) => line(a) - line(b) || cellAt(a, 0).value - cellAt(b, 0).value);
  for (const row of inOrder) {
    const [x, y] = [left + cellAt(row, 0).value * step, line(row) * high];
    const dark = shade(countCell(row).value || 0, steps);
    const cell = { x: x + 1, y: y + 1, width: step - 2, height: high - 2, rx: 3, class: `tile q${dark}` };
    svg.append(mark(row, `${cellAt(row, 1).text} ${cellAt(row, 0).text}: ${countCell(row).text}`, el("rect", cell)));
  }
  const foot = weekdays.length * high;
  const every = step * 3 < 54 ? 6 : 3;
  for (let hour = 0; hour <= 24; hour += every) {
    const anchor = hour === 24 ? "end" : hour === 0 ? "start" : "middle";
    svg.append(
      text(left + hour * step, foot + 17, `${String(hour).padStart(2, "0")}:00`, {
        class: "fine",
        "text-anchor": anchor,
      }),
    );
  }
  return foot + 34 + drawLegend(svg, steps, left, foot + 34, width - left);
}
