import type { Chart } from "./figure";
import { legend } from "./legend";
import { at, count, most, type Row } from "./rows";
import { evenEdges, shade } from "./scale";
import { el, mark, text, wide } from "./svg";

/** Hour of day across, weekday down; the darker, the more. */
export function hours({ svg, rows, width }: Chart): number {
  const weekdays = [...new Map(rows.map((row) => [at(row, 1).value, at(row, 1).text] as const))].sort(
    ([a], [b]) => a - b,
  );
  const steps = evenEdges(most(rows));
  const left = Math.max(0, ...weekdays.map(([, name]) => wide(svg, name, "fine"))) + 12;
  const step = (width - left) / 24;
  const high = Math.min(Math.max(step, 18), 30);
  const line = (row: Row) => weekdays.findIndex(([value]) => value === at(row, 1).value);
  weekdays.forEach(([, name], index) => {
    svg.append(text(left - 12, index * high + high / 2 + 4, name, { class: "fine", "text-anchor": "end" }));
  });
  const inOrder = [...rows].sort((a, b) => line(a) - line(b) || at(a, 0).value - at(b, 0).value);
  for (const row of inOrder) {
    const [x, y] = [left + at(row, 0).value * step, line(row) * high];
    const dark = shade(count(row).value || 0, steps);
    const cell = { x: x + 1, y: y + 1, width: step - 2, height: high - 2, rx: 3, class: `tile q${dark}` };
    svg.append(mark(row, `${at(row, 1).text} ${at(row, 0).text}: ${count(row).text}`, el("rect", cell)));
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
  return foot + 34 + legend(svg, steps, left, foot + 34, width - left);
}
