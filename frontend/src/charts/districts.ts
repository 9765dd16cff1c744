import { geoAzimuthalEqualArea, geoCentroid, geoCircle, geoGraticule, geoPath } from "d3-geo";
import { scaleSqrt } from "d3-scale";
import { word } from "../words";
import { lay } from "./bars";
import type { Chart } from "./figure";
import { at, count, most, type Row } from "./rows";
import { counted } from "./scale";
import { el, mark, paragraph } from "./svg";

const KM_A_DEGREE = 111.195;

/** A circle at each district's middle, its area the count, in a dashed ring as wide as the place is unsure, where it is wider. */
export function districts(chart: Chart): number {
  const { svg, width, ground } = chart;
  const isPlaced = (row: Row) => !Number.isNaN(at(row, 1).value) && !Number.isNaN(at(row, 2).value);
  const placed = chart.rows.filter(isPlaced).sort((a, b) => count(b).value - count(a).value);
  const others = chart.rows.filter((row) => !isPlaced(row));
  const high = most(chart.rows);
  const share = (value: number) => (high > 0 ? value / high : 0);
  if (!placed.length) return lay(chart, others, 0, 0, share);

  const tall = Math.min(width * 0.9, 560);
  const rings = placed.map((row) => ring(row));
  const all = { type: "GeometryCollection" as const, geometries: rings };
  const [lon, lat] = geoCentroid(all);
  const projection = geoAzimuthalEqualArea()
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
  const path = geoPath(projection);
  if (ground.lands.length) {
    for (const land of ground.lands) svg.append(el("path", { d: path(land) ?? "", class: "land q0" }));
  } else svg.append(el("path", { d: path(net(rings)) ?? "", class: "rule" }));

  const size = scaleSqrt()
    .domain([0, Math.max(high, 1)])
    .range([3, Math.min(24, width / 18)]);
  placed.forEach((row, index) => {
    const [cx, cy] = projection([at(row, 2).value, at(row, 1).value]) ?? [0, 0];
    const within = word("radius").replace("{km}", counted(at(row, 3).value || 0));
    const words = `${at(row, 0).text}: ${count(row).text}, ${within}`;
    const [circle, radius] = [rings[index], size(count(row).value || 0)];
    const drawn = circle && path.bounds(circle);
    const isSure = !drawn || (drawn[1][1] - drawn[0][1]) / 2 < radius + 2;
    svg.append(
      mark(
        row,
        words,
        ...(isSure ? [] : [el("path", { d: (circle && path(circle)) ?? "", class: "ring" })]),
        el("circle", { cx, cy, r: radius, class: "dot" }),
      ),
    );
  });
  const foot = tall + 12 + paragraph(svg, word("size"), 0, tall + 6, width);
  if (!others.length) return foot;
  svg.append(el("path", { d: `M0 ${foot + 4}H${width}`, class: "rule" }));
  return foot + 10 + lay(chart, others, foot + 10, 0, share);
}

function ring(row: Row) {
  const radius = Math.max(at(row, 3).value || 0, 1) / KM_A_DEGREE;
  return geoCircle()
    .center([at(row, 2).value, at(row, 1).value])
    .radius(radius)();
}

/** Degrees, where there are no outlines to lie on: one, two, five or ten apart. */
function net(rings: ReturnType<typeof ring>[]) {
  const lats = rings.flatMap((one) => one.coordinates[0]?.map(([, lat]) => lat ?? 0) ?? []);
  const span = Math.max(...lats) - Math.min(...lats);
  const step = [1, 2, 5].find((one) => span / one <= 8) ?? 10;
  return geoGraticule().step([step, step])();
}
