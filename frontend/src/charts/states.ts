import { type GeoPath, type GeoProjection, geoAzimuthalEqualArea, geoPath } from "d3-geo";
import type { FeatureCollection } from "geojson";
import { word } from "../words";
import { layBars } from "./bars";
import type { Land, Tile } from "./basemap";
import { centroid } from "./basemap";
import type { Chart } from "./figure";
import { drawLegend } from "./legend";
import { cellAt, countCell, maxCount, type Row } from "./rows";
import { naturalEdges, shade } from "./scale";
import { boxOf, drawParagraph, el, isOver, mark, text, textWidth } from "./svg";
import { enlarge } from "./zoom";

/** The legend, the credit and the space around them, in pixels. */
const BELOW_MAP = 92;

/** Return the usual height of a map of a width, before its outlines are known. */
export function usualHeight(width: number): number {
  return Math.ceil(highest(width) + BELOW_MAP);
}

function highest(width: number): number {
  return Math.min(width * 0.98, 640);
}

/**
 * Draw a choropleth of states, and bars below for rows that are no state, or one that the map has no outline
 * for.
 */
export function drawStates(chart: Chart): number {
  const { svg, rows, width, basemap } = chart;
  const { lands, tiles } = basemap;
  const drawn = new Set(lands.length ? lands.map((land) => land.properties.code) : tiles.map((tile) => tile.code));
  const inStates = rows.filter((row) => cellAt(row, 0).raw !== "");
  const others = rows.filter((row) => !drawn.has(cellAt(row, 0).raw) && (cellAt(row, 0).raw === "" || amountOf(row)));
  const steps = naturalEdges(inStates.map(amountOf));
  const of = new Map(inStates.map((row) => [cellAt(row, 0).raw, row]));
  let foot = 0;
  if (lands.length) foot = drawOutlines(chart, of, steps);
  else if (tiles.length) foot = drawTiles(svg, tiles, of, steps, width);
  else return layBars(chart, rows, 0, 1, share(rows));
  foot += 14;
  foot += drawLegend(svg, steps, 0, foot, width);
  if (basemap.credit) {
    const credit = word("outlines").replace("{credit}", basemap.credit);
    foot += 4 + drawParagraph(svg, credit, 0, foot + 2, width);
  }
  if (!others.length) return foot;
  svg.append(el("path", { d: `M0 ${foot + 8}H${width}`, class: "rule" }));
  return foot + 14 + layBars(chart, others, foot + 14, 1, share(rows));
}

function amountOf(row: Row): number {
  return countCell(row).value || 0;
}

function share(rows: readonly Row[]): (value: number) => number {
  const high = maxCount(rows);
  return (value) => (high > 0 ? value / high : 0);
}

function countLabel(row: Row | undefined, name: string): string {
  return row ? `${cellAt(row, 1).text}: ${countCell(row).text}` : `${name}: 0`;
}

const NO_ROW: Row = { cells: [], href: null, isUndetermined: false, isSoFar: false, isHere: false };

function drawOutlines(chart: Chart, of: ReadonlyMap<string, Row>, steps: readonly number[]): number {
  const { svg, width, zoom } = chart;
  const { lands } = chart.basemap;
  const fitted = fitProjection(lands, width, highest(width));
  const high = Math.ceil(Math.max(...lands.map((land) => geoPath(fitted).bounds(land)[1][1])));
  svg.dataset.mapHeight = String(high);
  const projection = enlarge(fitted, zoom, width, high);
  const path = geoPath(projection);
  // The darkest last, so that its border is complete. States without leads are no keyboard stops.
  const inOrder = [...lands].sort((a, b) => value(of, a) - value(of, b));
  const outlines = new Map(lands.map((land) => [land, el("path", { d: path(land) ?? "" }) as SVGPathElement]));
  svg.append(...outlines.values());
  const isFree = (land: Land, boxes: readonly DOMRect[]) => !isOnNeighbour(outlines, land, boxes);
  const labels = layLetters(svg, path, [...inOrder].reverse(), of, steps, isFree);
  for (const outline of outlines.values()) outline.remove();
  for (const land of inOrder) {
    if (zoom.factor > 1 && !path(land)) continue;
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
    const letters = labels.get(land.properties.code) ?? [];
    const [amount, state] = row ? [countCell(row).text, cellAt(row, 1).text] : ["", ""];
    const shown = letters[0]?.textContent ?? "";
    const name = [tip, `${amount} ${state}`, `${shown} ${amount}${shown === state ? "" : `, ${state}`}`][
      letters.length
    ];
    const spaced = letters.flatMap((one) => [document.createTextNode(" "), one]);
    svg.append(mark(row ?? NO_ROW, { name: name ?? tip, tip }, ...shapes, ...spaced));
  }
  if (zoom.factor > 1) svg.append(el("rect", { x: 0.5, y: 0.5, width: width - 1, height: high - 1, class: "outline" }));
  return high;
}

/** How a state is written: by its whole name, by its code, or by its count alone. */
type Written = "name" | "code" | "count";

/** Where letters are tried, in pixels from the middle of a state: the nearest first. */
const BESIDE: readonly (readonly [number, number])[] = [0, -12, 12, -24, 24]
  .flatMap((dx) => [0, -14, 14, -28, 28].map((dy): [number, number] => [dx, dy]))
  .sort((a, b) => Math.hypot(...a) - Math.hypot(...b));

/**
 * Return the letters of each state, by its code. Where a name would cover another state, or the letters of a state
 * before it in the order, a state has its code, its count alone, or none: the table beside the map and the tip have all.
 */
function layLetters(
  svg: Element,
  path: GeoPath,
  lands: readonly Land[],
  of: ReadonlyMap<string, Row>,
  steps: readonly number[],
  isFree: (land: Land, boxes: readonly DOMRect[]) => boolean,
): Map<string, SVGElement[]> {
  const placed: DOMRect[] = [];
  const labels = new Map<string, SVGElement[]>();
  for (const land of lands) {
    const row = of.get(land.properties.code);
    if (!row || !amountOf(row) || !path(land)) continue;
    const dark = shade(amountOf(row), steps);
    const ways = (["name", "code", "count"] as const).flatMap((written) => BESIDE.map((at) => ({ written, at })));
    for (const { written, at } of ways) {
      const letters = drawLetters(svg, path, land, row, dark, written, at);
      const boxes = letters.map((one) => boxOf(svg, one as SVGTextElement));
      if (!boxes.length || boxes.some((box) => placed.some((other) => isOver(box, other)))) continue;
      if (written !== "count" && !isFree(land, boxes)) continue;
      placed.push(...boxes);
      labels.set(land.properties.code, letters);
      break;
    }
  }
  return labels;
}

/** Whether one of the boxes reaches into another state than its own. The sea is free. */
function isOnNeighbour(outlines: ReadonlyMap<Land, SVGPathElement>, own: Land, boxes: readonly DOMRect[]): boolean {
  const edges = boxes.flatMap(({ left, right, top, bottom }) =>
    [left, right].flatMap((x) => [top, bottom].map((y) => new DOMPoint(x, y))),
  );
  return edges.some(
    (point) =>
      !outlines.get(own)?.isPointInFill(point) && [...outlines.values()].some((other) => other.isPointInFill(point)),
  );
}

/**
 * Draw the count of a state on its largest part, below its name or code if there is room, so that the map does
 * not depend on colour.
 */
function drawLetters(
  svg: Element,
  path: GeoPath,
  land: Land,
  row: Row,
  dark: number,
  written: Written,
  [dx, dy]: readonly [number, number],
): SVGElement[] {
  const { geometry } = land;
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const parts = polygons.map((coordinates) => ({ type: "Polygon" as const, coordinates }));
  const main = parts.reduce((best, one) => (path.area(one) > path.area(best) ? one : best));
  const [[x0, y0], [x1, y1]] = path.bounds(main);
  const amount = countCell(row).text;
  if (Math.min(x1 - x0, y1 - y0) < textWidth(svg, amount, "count tight") + 6) return [];
  const [middle, y] = path.centroid(main);
  const letter = (at: number, one: string, kind: string) =>
    text(middle + dx, at + dy, one, { class: `${kind} over t${dark}`, "text-anchor": "middle" });
  if (written === "count") return [letter(y + 4, amount, "count tight")];
  const named = written === "name" ? cellAt(row, 1).text : land.properties.code.slice(3);
  if (y1 - y0 < 44 || x1 - x0 < textWidth(svg, named, "short") + 8) return [];
  return [letter(y - 5, named, "short"), letter(y + 12, amount, "count")];
}

/**
 * Return an equal-area projection that fills the width, unless that is higher than `high`. The land begins
 * at the top.
 */
function fitProjection(lands: readonly Land[], width: number, high: number): GeoProjection {
  const [lon, lat] = centroid(lands);
  const all: FeatureCollection = { type: "FeatureCollection", features: [...lands] };
  const frame: [[number, number], [number, number]] = [
    [2, 2],
    [width - 2, high - 2],
  ];
  const projection = geoAzimuthalEqualArea().rotate([-lon, -lat]).fitExtent(frame, all);
  const [x, y] = projection.translate();
  return projection.translate([x, y - geoPath(projection).bounds(all)[0][1] + 2]);
}

function value(of: ReadonlyMap<string, Row>, land: Land): number {
  const row = of.get(land.properties.code);
  return row ? amountOf(row) : 0;
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
    const amount = row ? amountOf(row) : 0;
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
