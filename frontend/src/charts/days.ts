import { scaleLinear } from "d3-scale";
import type { Chart } from "./figure";
import { cellAt, countCell, maxCount, type Row } from "./rows";
import { formatCount, locale } from "./scale";
import { addHatching, el, mark, text, textWidth } from "./svg";

const HIGH = 150;
const DAY = 86_400_000;

/** Draw a column for each day. A day without a value is hatched, which is different from zero. */
export function drawDays({ svg, rows: all, width }: Chart): number {
  const time = (row: Row) => Date.parse(`${cellAt(row, 0).raw.slice(0, 10)}T00:00:00Z`);
  const rows = all.filter((row) => !Number.isNaN(time(row)));
  const y = scaleLinear()
    .domain([0, Math.max(maxCount(rows), 1)])
    .nice(3)
    .range([HIGH, 10]);
  const ticks = y.ticks(3).filter(Number.isInteger);
  const left = Math.max(...ticks.map((tick) => textWidth(svg, formatCount(tick), "fine"))) + 12;
  const times = rows.map(time);
  const [from, until] = [Math.min(...times), Math.max(...times) + DAY];
  const step = (width - left) / Math.max(1, (until - from) / DAY);
  const wideness = Math.max(1, Math.min(step - Math.min(4, step * 0.25), 46));
  for (const tick of ticks) {
    svg.append(el("path", { d: `M${left} ${y(tick)}H${width}`, class: "rule" }));
    svg.append(text(left - 10, y(tick) + 4, formatCount(tick), { class: "fine", "text-anchor": "end" }));
  }
  const fill = addHatching(svg);
  rows.forEach((row, index) => {
    const x = left + (((times[index] ?? from) - from) / DAY) * step + (step - wideness) / 2;
    const value = countCell(row);
    const isNone = Number.isNaN(value.value);
    const top = isNone ? 10 : Math.min(y(value.value), HIGH - (value.value > 0 ? 2 : 0));
    const box = { x, y: top, width: wideness, height: Math.max(0, HIGH - top) };
    svg.append(
      mark(
        row,
        `${cellAt(row, 0).text}: ${value.text}`,
        el("rect", { x: x - (step - wideness) / 2, y: 0, width: step, height: HIGH, class: "hit" }),
        isNone || row.isUndetermined
          ? el("rect", { ...box, fill, opacity: isNone ? 0.45 : 1 })
          : el("rect", { ...box, rx: Math.min(3, wideness / 3), class: row.isSoFar ? "fill so-far" : "fill" }),
      ),
    );
  });
  svg.append(el("path", { d: `M${left} ${HIGH}H${width}`, class: "base" }));
  drawDates(svg, from, until, left, width, HIGH + 18);
  return HIGH + 26;
}

/** Draw as many dates below as there is room for. */
export function drawDates(svg: Element, from: number, until: number, left: number, right: number, y: number): void {
  const format = new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", timeZone: "UTC" });
  const number = Math.max(1, Math.round((until - from) / DAY));
  const mostDates = Math.max(1, Math.floor((right - left) / 76));
  const every = [1, 2, 7, 14, 28, 91, 182, 364].find((one) => number / one <= mostDates) ?? 728;
  for (let day = 0; day < number; day += every) {
    const x = left + ((day + 0.5) * (right - left)) / number;
    svg.append(text(x, y, format.format(from + day * DAY), { class: "fine", "text-anchor": "middle" }));
  }
}
