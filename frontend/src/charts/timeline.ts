import { scaleUtc } from "d3-scale";
import type { Chart } from "./figure";
import { cellAt, type Row } from "./rows";
import { locale } from "./scale";
import { el, fitText, mark, text, textWidth } from "./svg";

const LANE = 46;
const HOUR = 3_600_000;

/** Draw marks on lanes, by the clock of the table's instants (`+05:30`), not the browser's. */
export function drawTimeline({ svg, rows, width }: Chart): number {
  const lanes = [...new Set(rows.map((row) => cellAt(row, 1).text))];
  const left = Math.min(Math.max(0, ...lanes.map((name) => textWidth(svg, name, "label"))), width * 0.28) + 26;
  const times = rows.map((row) => wallClock(cellAt(row, 0).raw)).filter((time) => !Number.isNaN(time));
  const [from, until] = [Math.min(...times), Math.max(...times)];
  const spare = Math.max((until - from) * 0.03, HOUR / 2);
  const x = scaleUtc()
    .domain([from - spare, until + spare])
    .range([left, width - 6]);
  const foot = lanes.length * LANE;
  const marks = ticks(x, width - left);
  for (const { time, name } of marks) {
    svg.append(el("path", { d: `M${x(time)} 0V${foot}`, class: "rule" }));
    svg.append(text(x(time), foot + 18, name, { class: "fine", "text-anchor": "middle" }));
  }
  lanes.forEach((name, index) => {
    const y = index * LANE + LANE / 2;
    svg.append(el("path", { d: `M${left} ${y}H${width}`, class: "rule" }));
    svg.append(text(0, y + 5, fitText(svg, name, "label", left - 24), { class: "label" }));
    const own = rows.filter((row) => cellAt(row, 1).text === name && !Number.isNaN(wallClock(cellAt(row, 0).raw)));
    for (const [row, cx, cy] of spread(own, (row) => x(wallClock(cellAt(row, 0).raw)), y)) {
      const words = [cellAt(row, 0).text, name, cellAt(row, 2).text].filter(Boolean).join(", ");
      svg.append(
        mark(row, words, el("circle", { cx, cy, r: 12, class: "hit" }), el("circle", { cx, cy, r: 4.5, class: "dot" })),
      );
    }
  });
  return foot + 26;
}

/** Return the figures of the clock as if they were UTC. */
export function wallClock(iso: string): number {
  return Date.parse(
    `${iso
      .trim()
      .replace(" ", "T")
      .replace(/(?:Z|[+-]\d\d:?\d\d)$/, "")}Z`,
  );
}

/** Move marks that would cover another one up and down in turn. */
function spread(rows: readonly Row[], x: (row: Row) => number, y: number): [Row, number, number][] {
  const placed: [Row, number, number][] = [];
  const offsets = [0, -9, 9, -16, 16];
  for (const row of [...rows].sort((a, b) => x(a) - x(b))) {
    const cx = x(row);
    const near = placed.slice(-12).filter(([, other]) => cx - other < 8);
    const free = offsets.find((by) => !near.some(([, , cy]) => Math.abs(cy - (y + by)) < 6));
    placed.push([row, cx, y + (free ?? offsets[placed.length % offsets.length] ?? 0)]);
  }
  return placed;
}

function ticks(x: ReturnType<typeof scaleUtc>, width: number): { time: Date; name: string }[] {
  const day = new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", timeZone: "UTC" });
  const clock = new Intl.DateTimeFormat(locale(), {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: "UTC",
  });
  const times = x.ticks(Math.max(2, Math.floor(width / 84)));
  const isDays = times.every((time) => time.getTime() % (24 * HOUR) === 0);
  return times.map((time, index) => {
    const isMidnight = time.getTime() % (24 * HOUR) === 0;
    const name = isDays || isMidnight ? day.format(time) : clock.format(time);
    return { time, name: index === 0 && !isDays && !isMidnight ? `${day.format(time)} ${name}` : name };
  });
}
