import { scaleLinear } from "d3-scale";
import type { Chart } from "./figure";
import { at, count, most, type Row } from "./rows";
import { counted, locale } from "./scale";
import { el, hatching, mark, text, wide } from "./svg";

const HIGH = 150;
const DAY = 86_400_000;

/** A column for each day; a day without a value is hatched, which is not the same as none. */
export function days({ svg, rows: all, width }: Chart): number {
  const time = (row: Row) => Date.parse(`${at(row, 0).raw.slice(0, 10)}T00:00:00Z`);
  const rows = all.filter((row) => !Number.isNaN(time(row)));
  const y = scaleLinear()
    .domain([0, Math.max(most(rows), 1)])
    .nice(3)
    .range([HIGH, 10]);
  const ticks = y.ticks(3).filter(Number.isInteger);
  const left = Math.max(...ticks.map((tick) => wide(svg, counted(tick), "fine"))) + 12;
  const times = rows.map(time);
  const [from, until] = [Math.min(...times), Math.max(...times) + DAY];
  const step = (width - left) / Math.max(1, (until - from) / DAY);
  const wideness = Math.max(1, Math.min(step - Math.min(4, step * 0.25), 46));
  for (const tick of ticks) {
    svg.append(el("path", { d: `M${left} ${y(tick)}H${width}`, class: "rule" }));
    svg.append(text(left - 10, y(tick) + 4, counted(tick), { class: "fine", "text-anchor": "end" }));
  }
  const fill = hatching(svg);
  rows.forEach((row, index) => {
    const x = left + (((times[index] ?? from) - from) / DAY) * step + (step - wideness) / 2;
    const value = count(row);
    const isNone = Number.isNaN(value.value);
    const top = isNone ? 10 : Math.min(y(value.value), HIGH - (value.value > 0 ? 2 : 0));
    const box = { x, y: top, width: wideness, height: Math.max(0, HIGH - top) };
    svg.append(
      mark(
        row,
        `${at(row, 0).text}: ${value.text}`,
        el("rect", { x: x - (step - wideness) / 2, y: 0, width: step, height: HIGH, class: "hit" }),
        isNone || row.isUndetermined
          ? el("rect", { ...box, fill, opacity: isNone ? 0.45 : 1 })
          : el("rect", { ...box, rx: Math.min(3, wideness / 3), class: row.isSoFar ? "fill so-far" : "fill" }),
      ),
    );
  });
  svg.append(el("path", { d: `M${left} ${HIGH}H${width}`, class: "base" }));
  dates(svg, from, until, left, width, HIGH + 18);
  return HIGH + 26;
}

/** Dates below, as many as there is room for. */
export function dates(svg: Element, from: number, until: number, left: number, right: number, y: number): void {
  const format = new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", timeZone: "UTC" });
  const number = Math.max(1, Math.round((until - from) / DAY));
  const room = Math.max(1, Math.floor((right - left) / 76));
  const every = [1, 2, 7, 14, 28, 91, 182, 364].find((one) => number / one <= room) ?? 728;
  for (let day = 0; day < number; day += every) {
    const x = left + ((day + 0.5) * (right - left)) / number;
    svg.append(text(x, y, format.format(from + day * DAY), { class: "fine", "text-anchor": "middle" }));
  }
}
