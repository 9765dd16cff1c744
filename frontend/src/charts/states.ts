import { type GeoPath, type GeoProjection, geoAzimuthalEqualArea, geoPath } from "d3-geo";
import type { FeatureCollection } from "geojson";
import { lay } from "./bars";
import type { Chart } from "./figure";
import type { Land, Tile } from "./ground";
import { middle } from "./ground";
import { legend } from "./legend";
import { at, count, most, type Row } from "./rows";
import { edges, shade } from "./scale";
import { el, mark, text, wide } from "./svg";

/** A choropleth of states, then bars for what is no state, on a scale of their own that the states share. */
export function states(chart: Chart): number {
  const { svg, rows, width, ground } = chart;
  const inStates = rows.filter((row) => at(row, 0).raw !== "");
  const others = rows.filter((row) => at(row, 0).raw === "");
  const steps = edges(most(inStates));
  const of = new Map(inStates.map((row) => [at(row, 0).raw, row]));
  let foot = 0;
  if (ground.lands.length) foot = outlined(svg, ground.lands, of, steps, width);
  else if (ground.tiles.length) foot = tiled(svg, ground.tiles, of, steps, width);
  else return lay(chart, rows, 0, 1, share(rows));
  foot += 14;
  foot += legend(svg, steps, 0, foot, width);
  if (!others.length) return foot;
  svg.append(el("path", { d: `M0 ${foot + 8}H${width}`, class: "rule" }));
  return foot + 14 + lay(chart, others, foot + 14, 1, share(rows));
}

function share(rows: readonly Row[]): (value: number) => number {
  const high = most(rows);
  return (value) => (high > 0 ? value / high : 0);
}

function told(row: Row | undefined, name: string): string {
  return row ? `${at(row, 1).text}: ${count(row).text}` : `${name}: 0`;
}

const NO_ROW: Row = { cells: [], href: null, isUndetermined: false, isSoFar: false, isHere: false };

function outlined(
  svg: Element,
  lands: readonly Land[],
  of: ReadonlyMap<string, Row>,
  steps: readonly number[],
  width: number,
): number {
  const high = Math.min(width * 0.98, 560);
  const projection = projected(lands, width, high);
  const path = geoPath(projection);
  // The darkest last, so that its border is whole; states of no lead are no stops of the keyboard.
  const inOrder = [...lands].sort((a, b) => value(of, a) - value(of, b));
  for (const land of inOrder) {
    const row = of.get(land.properties.code);
    const dark = shade(value(of, land), steps);
    const shapes: SVGElement[] = [el("path", { d: path(land) ?? "", class: `land q${dark}` })];
    const [[x0, y0], [x1, y1]] = path.bounds(land);
    // A city state is too small to see or to hit: a disc stands for it.
    if (row && Math.max(x1 - x0, y1 - y0) < 14) {
      const [cx, cy] = path.centroid(land);
      shapes.push(el("circle", { cx, cy, r: 6, class: `land q${dark}` }));
    }
    const tip = told(row, land.properties.name);
    const letters = row ? lettered(svg, path, land, row, dark) : [];
    const [amount, state] = row ? [count(row).text, at(row, 1).text] : ["", ""];
    const name = [tip, `${amount} ${state}`, `${state} ${amount}`][letters.length] ?? tip;
    const spaced = letters.flatMap((one) => [document.createTextNode(" "), one]);
    svg.append(mark(row ?? NO_ROW, { name, tip }, ...shapes, ...spaced));
  }
  return Math.max(...lands.map((land) => path.bounds(land)[1][1]));
}

/** The count of a state on its largest part, and its name, where there is room: the map is read without colour too. */
function lettered(svg: Element, path: GeoPath, land: Land, row: Row, dark: number): SVGElement[] {
  const { geometry } = land;
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const parts = polygons.map((coordinates) => ({ type: "Polygon" as const, coordinates }));
  const main = parts.reduce((best, one) => (path.area(one) > path.area(best) ? one : best));
  const [[x0, y0], [x1, y1]] = path.bounds(main);
  const [told, named] = [count(row).text, at(row, 1).text];
  const isWide = (one: string, kind: string) => x1 - x0 >= wide(svg, one, kind) + 24;
  if (Math.min(x1 - x0, y1 - y0) < wide(svg, told, "count tight") + 8) return [];
  const [x, y] = path.centroid(main);
  const letter = (at: number, one: string, kind: string) =>
    text(x, at, one, { class: `${kind} over t${dark}`, "text-anchor": "middle" });
  if (y1 - y0 < 64 || !isWide(named, "short")) return [letter(y + 4, told, "count tight")];
  return [letter(y - 5, named, "short"), letter(y + 15, told, "count")];
}

/** A projection that keeps areas, and fills the width unless that is higher than `high`; land begins at the top. */
function projected(lands: readonly Land[], width: number, high: number): GeoProjection {
  const [lon, lat] = middle(lands);
  const all: FeatureCollection = { type: "FeatureCollection", features: [...lands] };
  const room: [[number, number], [number, number]] = [
    [2, 2],
    [width - 2, high - 2],
  ];
  const projection = geoAzimuthalEqualArea().rotate([-lon, -lat]).fitExtent(room, all);
  const [x, y] = projection.translate();
  return projection.translate([x, y - geoPath(projection).bounds(all)[0][1] + 2]);
}

function value(of: ReadonlyMap<string, Row>, land: Land): number {
  const row = of.get(land.properties.code);
  return (row && count(row).value) || 0;
}

function tiled(
  svg: Element,
  tiles: readonly Tile[],
  of: ReadonlyMap<string, Row>,
  steps: readonly number[],
  width: number,
): number {
  const columns = 1 + Math.max(...tiles.map((tile) => tile.x));
  const lines = 1 + Math.max(...tiles.map((tile) => tile.y));
  const step = Math.min(width / columns, 62);
  const [side, left] = [step - 4, (width - step * columns) / 2];
  for (const tile of [...tiles].sort((a, b) => a.y - b.y || a.x - b.x)) {
    const row = of.get(tile.code);
    const amount = (row && count(row).value) || 0;
    const dark = shade(amount, steps);
    const [x, y] = [left + tile.x * step + 2, tile.y * step + 2];
    const inside: Node[] = [
      el("rect", { x, y, width: side, height: side, rx: 7, class: `tile q${dark}` }),
      text(x + side * 0.14, y + side * 0.36, tile.short, { class: `short t${dark}` }),
    ];
    const size = ["count", "count tight"].find((one) => row && wide(svg, count(row).text, one) <= side * 0.82);
    // The space keeps the two apart for who reads the name.
    if (row && size)
      inside.push(
        document.createTextNode(" "),
        text(x + side * 0.14, y + side * 0.8, count(row).text, { class: `${size} t${dark}` }),
      );
    const name = `${tile.short} ${row ? `${count(row).text}, ${at(row, 1).text}` : 0}`;
    svg.append(mark(row ?? NO_ROW, { name, tip: told(row, tile.short) }, ...inside));
  }
  return lines * step;
}
