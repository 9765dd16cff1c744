import type { GeoPath } from "d3-geo";
import type { Land } from "./basemap";
import { cellAt, countCell, type Row } from "./rows";
import { shade } from "./scale";
import { boxOf, el, isOver, text, textWidth } from "./svg";

/** The letters of a state, and the line that leads from them to the state if they are beside it. */
export interface StateLabel {
  texts: SVGElement[];
  leader: SVGElement | null;
}

/** What labels are laid on: a chart of a width, whose map has a height. */
export interface LabelPlace {
  svg: Element;
  path: GeoPath;
  width: number;
  high: number;
}

/** Where letters are tried within a state, in pixels from its middle: the nearest first. */
const WITHIN: readonly (readonly [number, number])[] = [0, -6, 6, -12, 12, -24, 24]
  .flatMap((dx) => [0, -7, 7, -14, 14, -28, 28].map((dy): [number, number] => [dx, dy]))
  .sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
const DIRECTIONS = 24;
const STEP = 6;
const CLOSE = 4;
/** How far from its state a label may be, as a part of the map's width. */
const FARTHEST = 0.35;

/**
 * Return the label of each state that has a count, by its code, for states in their order. A label covers no other
 * state and no other label. It is within its state: the name or the code above the count. If these do not fit, both
 * are beside the state, where there is no land, and a line leads to it. The last choice is the count alone.
 */
export function layLabels(
  place: LabelPlace,
  lands: readonly Land[],
  of: ReadonlyMap<string, Row>,
  steps: readonly number[],
): Map<string, StateLabel> {
  const ground = new Ground(place, lands);
  const labels = new Map<string, StateLabel>();
  const beside: [Land, Row][] = [];
  for (const land of lands) {
    const row = of.get(land.properties.code);
    if (!row || !countCell(row).value || !place.path(land)) continue;
    const label = layWithin(place, ground, land, row, shade(countCell(row).value ?? 0, steps));
    if (label) labels.set(land.properties.code, label);
    else beside.push([land, row]);
  }
  for (const [land, row] of beside) {
    const dark = shade(countCell(row).value ?? 0, steps);
    const label = layBeside(place, ground, land, row) ?? layCount(place, ground, land, row, dark);
    if (label) labels.set(land.properties.code, label);
  }
  ground.remove();
  return labels;
}

/** What is taken on a map: outlines, which are on the chart until `remove`, and the labels that were laid. */
class Ground {
  private readonly boxes: DOMRect[] = [];
  private readonly points: DOMPoint[] = [];
  private readonly outlines: { land: Land; box: DOMRect; outline: SVGPathElement }[];

  constructor(
    private readonly place: LabelPlace,
    lands: readonly Land[],
  ) {
    this.outlines = lands.map((land) => {
      const outline = el("path", { d: place.path(land) ?? "" }) as SVGPathElement;
      place.svg.append(outline);
      const [[x0, y0], [x1, y1]] = place.path.bounds(land);
      return { land, box: new DOMRect(x0, y0, x1 - x0, y1 - y0), outline };
    });
  }

  remove(): void {
    for (const { outline } of this.outlines) outline.remove();
  }

  take(boxes: readonly DOMRect[], points: readonly DOMPoint[] = []): void {
    this.boxes.push(...boxes);
    this.points.push(...points);
  }

  /** Whether every point is in this land, or in none if it is null. */
  areAllIn(own: Land | null, points: readonly DOMPoint[]): boolean {
    return points.every((point) => (own ? this.isIn(point, own) : !this.isIn(point, null)));
  }

  /** Whether nothing was laid in these boxes, and they are on the map. */
  isFree(boxes: readonly DOMRect[]): boolean {
    const { width, high } = this.place;
    return boxes.every(
      (box) =>
        box.left >= 0 &&
        box.top >= 0 &&
        box.right <= width &&
        box.bottom <= high &&
        !this.boxes.some((other) => isOver(box, other)) &&
        !this.points.some((point) => isWithin(box, point)),
    );
  }

  /** Whether a line passes no label. */
  isOpen(points: readonly DOMPoint[]): boolean {
    return !points.some((point) => this.boxes.some((box) => isWithin(box, point)));
  }

  private isIn(point: DOMPoint, own: Land | null): boolean {
    return this.outlines.some(
      ({ land, box, outline }) => (!own || land === own) && isWithin(box, point) && outline.isPointInFill(point),
    );
  }
}

function isWithin(box: DOMRect, { x, y }: DOMPoint): boolean {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

function layWithin({ svg, path }: LabelPlace, ground: Ground, land: Land, row: Row, dark: number): StateLabel | null {
  const [middle, y] = path.centroid(mainPart(path, land));
  for (const named of [cellAt(row, 1).text, shortCode(land)]) {
    for (const [dx, dy] of WITHIN) {
      const letter = (at: number, one: string, kind: string) =>
        text(middle + dx, at + dy, one, { class: `${kind} t${dark}`, "text-anchor": "middle" });
      const texts = [letter(y - 3, named, "short"), letter(y + 12, countCell(row).text, "count")];
      const boxes = texts.map((one) => boxOf(svg, one as SVGTextElement));
      if (!ground.isFree(boxes) || !ground.areAllIn(land, boxes.flatMap(pointsIn))) continue;
      ground.take(boxes);
      return { texts, leader: null };
    }
  }
  return null;
}

function layBeside(place: LabelPlace, ground: Ground, land: Land, row: Row): StateLabel | null {
  const { svg, path, width } = place;
  const [x, y] = path.centroid(mainPart(path, land));
  for (const named of [cellAt(row, 1).text, shortCode(land)]) {
    const content = `${named} ${countCell(row).text}`;
    const half = textWidth(svg, content, "short beside") / 2;
    for (let far = STEP * 3; far <= width * FARTHEST; far += STEP) {
      for (let direction = 0; direction < DIRECTIONS; direction++) {
        // The first direction is to the left; the later ones are ever farther from it, up and down by turns.
        const angle = Math.PI + Math.ceil(direction / 2) * (direction % 2 ? 1 : -1) * ((2 * Math.PI) / DIRECTIONS);
        const [toX, toY] = [x + far * Math.cos(angle), y + far * Math.sin(angle)];
        const sideways = Math.cos(angle);
        const at = toX + (Math.abs(sideways) < 0.3 ? 0 : Math.sign(sideways) * (half + 3));
        const letters = text(at, toY + 4, content, { class: "short beside", "text-anchor": "middle" });
        const box = boxOf(svg, letters as SVGTextElement);
        const line = pointsOn(x, y, toX, toY);
        if (!ground.isFree([box]) || !ground.isOpen(line) || !ground.areAllIn(null, pointsIn(box))) continue;
        ground.take([box], line);
        const end = Math.abs(sideways) < 0.3 ? toY - Math.sign(Math.sin(angle)) * 8 : toY;
        return { texts: [letters], leader: el("path", { d: `M${x} ${y}L${toX} ${end}`, class: "leader" }) };
      }
    }
  }
  return null;
}

function layCount({ svg, path }: LabelPlace, ground: Ground, land: Land, row: Row, dark: number): StateLabel | null {
  const [x, y] = path.centroid(mainPart(path, land));
  const amount = countCell(row).text;
  const letters = text(x, y + 4, amount, { class: `count tight over t${dark}`, "text-anchor": "middle" });
  const boxes = [boxOf(svg, letters as SVGTextElement)];
  if (!ground.isFree(boxes)) return null;
  ground.take(boxes);
  return { texts: [letters], leader: null };
}

/** Return the largest polygon of a land: the middle of all its islands may be in the sea. */
function mainPart(path: GeoPath, { geometry }: Land): { type: "Polygon"; coordinates: number[][][] } {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const parts = polygons.map((coordinates) => ({ type: "Polygon" as const, coordinates }));
  return parts.reduce((best, one) => (path.area(one) > path.area(best) ? one : best));
}

function shortCode(land: Land): string {
  return land.properties.code.slice(3);
}

/** Return points all over a box, so close to each other that no small state lies between them. */
function pointsIn({ left, top, width, height }: DOMRect): DOMPoint[] {
  const [columns, lines] = [Math.ceil(width / CLOSE), Math.ceil(height / CLOSE)];
  return Array.from({ length: (columns + 1) * (lines + 1) }, (_, index) => {
    const [column, line] = [index % (columns + 1), Math.floor(index / (columns + 1))];
    return new DOMPoint(left + (width * column) / columns, top + (height * line) / lines);
  });
}

function pointsOn(x0: number, y0: number, x1: number, y1: number): DOMPoint[] {
  const count = Math.max(2, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / 4));
  return Array.from(
    { length: count },
    (_, index) => new DOMPoint(x0 + ((x1 - x0) * index) / count, y0 + ((y1 - y0) * index) / count),
  );
}
