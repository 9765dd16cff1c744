import { type GeoProjection, geoAzimuthalEqualArea, geoPath } from "d3-geo";
import type { FeatureCollection } from "geojson";
import { word } from "../words";
import { layBars } from "./bars";
import type { Land, Tile } from "./basemap";
import { centroid } from "./basemap";
import type { Chart } from "./figure";
import { layLabels, type StateLabel } from "./labels";
import { drawLegend } from "./legend";
import { cellAt, countCell, maxCount, type Row } from "./rows";
import { naturalEdges, shade } from "./scale";
import { drawParagraph, el, mark, text, textWidth } from "./svg";
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
  const labels = layLabels({ svg, path, width, high }, [...inOrder].reverse(), of, steps);
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
    const label = labels.get(land.properties.code);
    const spaced = (label?.texts ?? []).flatMap((one) => [document.createTextNode(" "), one]);
    const leader = label?.leader ? [label.leader] : [];
    svg.append(mark(row ?? NO_ROW, { name: nameOf(row, label, tip), tip }, ...shapes, ...leader, ...spaced));
  }
  // A label beside its state is above every other state.
  for (const one of svg.querySelectorAll(".mark:has(.leader)")) svg.append(one);
  if (zoom.factor > 1) svg.append(el("rect", { x: 0.5, y: 0.5, width: width - 1, height: high - 1, class: "outline" }));
  return high;
}

/** Return the name of a state's mark: its letters first, then the state if these do not name it. */
function nameOf(row: Row | undefined, label: StateLabel | undefined, tip: string): string {
  if (!row || !label) return tip;
  const [letters, state] = [label.texts.map((one) => one.textContent).join(" "), cellAt(row, 1).text];
  if (letters === countCell(row).text) return `${letters} ${state}`;
  return letters.startsWith(state) ? letters : `${letters}, ${state}`;
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
