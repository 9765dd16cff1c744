import { geoAzimuthalEqualArea, geoCentroid, geoCircle, geoContains, geoGraticule, geoPath } from "d3-geo";
import { scaleSqrt } from "d3-scale";
import { word } from "../words";
import { layBars } from "./bars";
import type { Chart } from "./figure";
import { cellAt, countCell, maxCount, type Row } from "./rows";
import { formatCount } from "./scale";
import { boxOf, drawParagraph, el, isOver, mark, text } from "./svg";
import { enlarge } from "./zoom";

const KM_A_DEGREE = 111.195;

/**
 * Draw a circle at the centre of each district. Its area is the count. A dashed ring shows the uncertainty
 * of the place, if it is wider than the circle.
 */
export function drawDistricts(chart: Chart): number {
  const { svg, width, basemap, zoom } = chart;
  const isPlaced = (row: Row) => !Number.isNaN(cellAt(row, 1).value) && !Number.isNaN(cellAt(row, 2).value);
  const placed = chart.rows.filter(isPlaced).sort((a, b) => countCell(b).value - countCell(a).value);
  const others = chart.rows.filter((row) => !isPlaced(row));
  const high = maxCount(chart.rows);
  const share = (value: number) => (high > 0 ? value / high : 0);
  if (!placed.length) return layBars(chart, others, 0, 0, share);

  const tall = Math.min(width * 0.9, 560);
  const rings = placed.map((row) => ringOf(row));
  // The states that the circles are in, so that one can tell where they are.
  const points = placed.map((row): [number, number] => [cellAt(row, 2).value, cellAt(row, 1).value]);
  const around = basemap.lands.filter((land) => points.some((point) => geoContains(land, point)));
  const all = { type: "GeometryCollection" as const, geometries: [...rings, ...around.map((land) => land.geometry)] };
  const [lon, lat] = geoCentroid(all);
  const fitted = geoAzimuthalEqualArea()
    .rotate([-lon, -lat])
    .fitExtent(
      [
        [26, 26],
        [width - 26, tall - 26],
      ],
      all,
    )
    .clipExtent([
      [0, 0],
      [width, tall],
    ]);
  svg.dataset.mapHeight = String(tall);
  const projection = enlarge(fitted, zoom, width, tall);
  const path = geoPath(projection);
  if (basemap.lands.length) {
    for (const land of basemap.lands)
      svg.append(el("path", { d: path(land) ?? "", class: around.includes(land) ? "land q1" : "land q0" }));
  } else svg.append(el("path", { d: path(drawGrid(rings)) ?? "", class: "rule" }));

  const size = scaleSqrt()
    .domain([0, Math.max(high, 1)])
    .range([3, Math.min(24, width / 18)]);
  const discs = placed.map((row): Disc => {
    const [cx, cy] = projection([cellAt(row, 2).value, cellAt(row, 1).value]) ?? [0, 0];
    return { row, cx, cy, radius: size(countCell(row).value || 0) };
  });
  const isShown = ({ cx, cy }: Disc) => zoom.factor === 1 || (cx >= 0 && cx <= width && cy >= 0 && cy <= tall);
  const names = layNames(svg, discs.filter(isShown), width, tall);
  discs.forEach((disc, index) => {
    if (!isShown(disc)) return;
    const { row, cx, cy, radius } = disc;
    const within = word("radius").replace("{km}", formatCount(cellAt(row, 3).value || 0));
    const words = `${cellAt(row, 0).text}: ${countCell(row).text}, ${within}`;
    const circle = rings[index];
    const drawn = circle && path.bounds(circle);
    const isSure = !drawn || (drawn[1][1] - drawn[0][1]) / 2 < radius + 2;
    const name = names.get(row);
    svg.append(
      mark(
        row,
        words,
        ...(isSure ? [] : [el("path", { d: (circle && path(circle)) ?? "", class: "ring" })]),
        el("circle", { cx, cy, r: radius, class: "dot" }),
        ...(name ? [name] : []),
      ),
    );
  });
  const foot = tall + 12 + drawParagraph(svg, word("size"), 0, tall + 6, width);
  if (!others.length) return foot;
  svg.append(el("path", { d: `M0 ${foot + 4}H${width}`, class: "rule" }));
  return foot + 10 + layBars(chart, others, foot + 10, 0, share);
}

interface Disc {
  readonly row: Row;
  readonly cx: number;
  readonly cy: number;
  readonly radius: number;
}

/**
 * Return the name of each district beside its circle, where it covers no other circle or name: those with most leads
 * first. The state is left out, because the map shows it. The tip and the table have every name.
 */
function layNames(svg: Element, discs: readonly Disc[], width: number, tall: number): Map<Row, SVGElement> {
  const boxes = discs.map(({ cx, cy, radius }) => new DOMRect(cx - radius, cy - radius, 2 * radius, 2 * radius));
  const labels = new Map<Row, SVGElement>();
  for (const { row, cx, cy, radius } of discs) {
    const name = cellAt(row, 0).text.split(", ")[0] ?? "";
    const places: [number, number, string][] = [
      [cx + radius + 5, cy + 4, "start"],
      [cx - radius - 5, cy + 4, "end"],
      [cx, cy - radius - 6, "middle"],
      [cx, cy + radius + 14, "middle"],
    ];
    for (const [x, y, anchor] of places) {
      const letters = text(x, y, name, { class: "short over t1", "text-anchor": anchor });
      const box = boxOf(svg, letters as SVGTextElement);
      if (box.left < 0 || box.right > width || box.top < 0 || box.bottom > tall) continue;
      if (boxes.some((other) => isOver(box, other))) continue;
      boxes.push(box);
      labels.set(row, letters);
      break;
    }
  }
  return labels;
}

function ringOf(row: Row) {
  const radius = Math.max(cellAt(row, 3).value || 0, 1) / KM_A_DEGREE;
  return geoCircle()
    .center([cellAt(row, 2).value, cellAt(row, 1).value])
    .radius(radius)();
}

/** Return a grid of degrees, used without outlines: one, two, five or ten degrees apart. */
function drawGrid(rings: ReturnType<typeof ringOf>[]) {
  const lats = rings.flatMap((one) => one.coordinates[0]?.map(([, lat]) => lat ?? 0) ?? []);
  const span = Math.max(...lats) - Math.min(...lats);
  const step = [1, 2, 5].find((one) => span / one <= 8) ?? 10;
  return geoGraticule().step([step, step])();
}
