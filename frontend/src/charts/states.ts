import { type GeoPath, type GeoProjection, geoAzimuthalEqualArea, geoPath } from "d3-geo";
import type { FeatureCollection } from "geojson";
import { layBars } from "./bars";
import type { Land, Tile } from "./basemap";
import { centroid } from "./basemap";
import type { Chart } from "./figure";
import { drawLegend } from "./legend";
import { cellAt, countCell, maxCount, type Row } from "./rows";
import { shade, shadeEdges } from "./scale";
import { el, mark, text, textWidth } from "./svg";

/** Draw a choropleth of states, and bars below for rows that are no state. Both use the same scale. */
export function drawStates(chart: Chart): number {
  const { svg, rows, width, basemap } = chart;
  const inStates = rows.filter((row) => cellAt(row, 0).raw !== "");
  const others = rows.filter((row) => cellAt(row, 0).raw === "");
  const steps = shadeEdges(maxCount(inStates));
  const of = new Map(inStates.map((row) => [cellAt(row, 0).raw, row]));
  let foot = 0;
  if (basemap.lands.length) foot = drawOutlines(svg, basemap.lands, of, steps, width);
  else if (basemap.tiles.length) foot = drawTiles(svg, basemap.tiles, of, steps, width);
  else return layBars(chart, rows, 0, 1, share(rows));
  foot += 14;
  foot += drawLegend(svg, steps, 0, foot, width);
  if (!others.length) return foot;
  svg.append(el("path", { d: `M0 ${foot + 8}H${width}`, class: "rule" }));
  return foot + 14 + layBars(chart, others, foot + 14, 1, share(rows));
}

function share(rows: readonly Row[]): (value: number) => number {
  const high = maxCount(rows);
  return (value) => (high > 0 ? value / high : 0);
}

function countLabel(row: Row | undefined, name: string): string {
  return row ? `${cellAt(row, 1).text}: ${countCell(row).text}` : `${name}: 0`;
}

const NO_ROW: Row = { cells: [], href: null, isUndetermined: false, isSoFar: false, isHere: false };

function drawOutlines(
  svg: Element,
  lands: readonly Land[],
  of: ReadonlyMap<string, Row>,
  steps: readonly number[],
  width: number,
): number {
  const high = Math.min(width * 0.98, 560);
  const projection = fitProjection(lands, width, high);
  const path = geoPath(projection);
  // The darkest last, so that its border is complete. States without leads are no keyboard stops.
  const inOrder = [...lands].sort((a, b) => value(of, a) - value(of, b));
  for (const land of inOrder) {
    const row = of.get(land.properties.code);
    const dark = shade(value(of, land), steps);
    const shapes: SVGElement[] = [el("path", { d: path(land) ?? "", class: `land q${dark}` })];
    const [[x0, y0], [x1, y1]] = path.bounds(land);
    // A city state is too small to see or to click, so it gets a disc.
    if (row && Math.max(x1 - x0, y1 - y0) < 14) {
      const [cx, cy] = path.centroid(land);
      shapes.push(el("circle", { cx, cy, r: 6, class: `land q${dark}` }));
    }
    const tip = countLabel(row, land.properties.name);
    const letters = row ? drawLetters(svg, path, land, row, dark) : [];
    const [amount, state] = row ? [countCell(row).text, cellAt(row, 1).text] : ["", ""];
    const name = [tip, `${amount} ${state}`, `${state} ${amount}`][letters.length] ?? tip;
    const spaced = letters.flatMap((one) => [document.createTextNode(" "), one]);
    svg.append(mark(row ?? NO_ROW, { name, tip }, ...shapes, ...spaced));
  }
  return Math.max(...lands.map((land) => path.bounds(land)[1][1]));
}

/**
 * Draw the count of a state on its largest part, and its name if there is room, so that the map does not
 * depend on colour.
 */
function drawLetters(svg: Element, path: GeoPath, land: Land, row: Row, dark: number): SVGElement[] {
  const { geometry } = land;
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const parts = polygons.map((coordinates) => ({ type: "Polygon" as const, coordinates }));
  const main = parts.reduce((best, one) => (path.area(one) > path.area(best) ? one : best));
  const [[x0, y0], [x1, y1]] = path.bounds(main);
  const [amount, stateName] = [countCell(row).text, cellAt(row, 1).text];
  const isWide = (one: string, kind: string) => x1 - x0 >= textWidth(svg, one, kind) + 24;
  if (Math.min(x1 - x0, y1 - y0) < textWidth(svg, amount, "count tight") + 8) return [];
  const [x, y] = path.centroid(main);
  const letter = (at: number, one: string, kind: string) =>
    text(x, at, one, { class: `${kind} over t${dark}`, "text-anchor": "middle" });
  if (y1 - y0 < 64 || !isWide(stateName, "short")) return [letter(y + 4, amount, "count tight")];
  return [letter(y - 5, stateName, "short"), letter(y + 15, amount, "count")];
}

/**
 * Return an equal-area projection that fills the width, unless that is higher than `high`. The land begins
 * at the top.
 */
function fitProjection(lands: readonly Land[], width: number, high: number): GeoProjection {
  const [lon, lat] = centroid(lands);
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
  return (row && countCell(row).value) || 0;
}

function drawTiles(
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
    const amount = (row && countCell(row).value) || 0;
    const dark = shade(amount, steps);
    const [x, y] = [left + tile.x * step + 2, tile.y * step + 2];
    const inside: Node[] = [
      el("rect", { x, y, width: side, height: side, rx: 7, class: `tile q${dark}` }),
      text(x + side * 0.14, y + side * 0.36, tile.short, { class: `short t${dark}` }),
    ];
    const size = ["count", "count tight"].find((one) => row && textWidth(svg, countCell(row).text, one) <= side * 0.82);
    // The space separates the two in the accessible name.
    if (row && size)
      inside.push(
        document.createTextNode(" "),
        text(x + side * 0.14, y + side * 0.8, countCell(row).text, { class: `${size} t${dark}` }),
      );
    const name = `${tile.short} ${row ? `${countCell(row).text}, ${cellAt(row, 1).text}` : 0}`;
    svg.append(mark(row ?? NO_ROW, { name, tip: countLabel(row, tile.short) }, ...inside));
  }
  return lines * step;
}
