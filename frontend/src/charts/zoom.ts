import type { GeoProjection } from "d3-geo";
import { type Word, word } from "../words";

/** How a map is enlarged, and which point of it is in the middle, as shares of its width and height. */
export interface Zoom {
  factor: number;
  x: number;
  y: number;
}

const MOST = 12;
const STEP = 1.6;
/** A movement of fewer pixels is a click. */
const STILL = 4;

export function wholeMap(): Zoom {
  return { factor: 1, x: 0.5, y: 0.5 };
}

/** Enlarge a projection that fits a drawing, and cut off what lies outside of it. */
export function enlarge(projection: GeoProjection, zoom: Zoom, width: number, high: number): GeoProjection {
  if (zoom.factor === 1) return projection;
  const [x, y] = projection.translate();
  const { factor } = zoom;
  return projection
    .scale(projection.scale() * factor)
    .translate([(x - zoom.x * width) * factor + width / 2, (y - zoom.y * high) * factor + high / 2])
    .clipExtent([
      [0, 0],
      [width, high],
    ]);
}

/**
 * Add buttons that enlarge a map and move it, and let it be dragged and enlarged with Ctrl and the wheel.
 * `draw` draws it again. Enlarging goes to the mark that was focused last, or that filters the page, or has most.
 */
export function enableZoom(box: HTMLElement, zoom: Zoom, draw: () => void): HTMLElement {
  const pad = document.createElement("div");
  pad.className = "zoom";
  const change = (factor: number, x = zoom.x, y = zoom.y) => {
    zoom.factor = Math.min(MOST, Math.max(1, factor));
    const half = 0.5 / zoom.factor;
    zoom.x = Math.min(1 - half, Math.max(half, x));
    zoom.y = Math.min(1 - half, Math.max(half, y));
    pad.classList.toggle("is-whole", zoom.factor === 1);
    draw();
  };
  const move = (dx: number, dy: number) =>
    change(zoom.factor, zoom.x + (dx * 0.25) / zoom.factor, zoom.y + (dy * 0.25) / zoom.factor);
  let chosen: string | null = null;
  box.addEventListener("focusin", (event) => {
    chosen = (event.target as Element).closest("a.mark")?.getAttribute("href") ?? chosen;
  });
  const closer = () => {
    const [x, y] = zoom.factor === 1 ? middleOfMark(box, zoom, chosen) : [zoom.x, zoom.y];
    change(zoom.factor * STEP, x, y);
  };
  pad.append(
    button("+", "closer", closer),
    button("\u2212", "farther", () => change(zoom.factor / STEP)),
    button("\u2922", "whole", () => change(1)),
    button("\u2190", "west", () => move(-1, 0)),
    button("\u2191", "north", () => move(0, -1)),
    button("\u2193", "south", () => move(0, 1)),
    button("\u2192", "east", () => move(1, 0)),
  );
  pad.classList.add("is-whole");
  enableDragging(box, zoom, change);
  box.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      change(zoom.factor * (event.deltaY < 0 ? STEP : 1 / STEP));
    },
    { passive: false },
  );
  return pad;
}

function button(sign: string, name: Word, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = sign;
  made.setAttribute("aria-label", word(name));
  made.title = word(name);
  if (["west", "north", "south", "east"].includes(name)) made.className = "pan";
  made.addEventListener("click", act);
  return made;
}

/** Return the middle of the mark with this address; else of one that filters the page, or that has most. */
function middleOfMark(box: HTMLElement, zoom: Zoom, chosen: string | null): [number, number] {
  const marks = [...box.querySelectorAll("a.mark")].filter((one) => one.querySelector(".land, .dot"));
  const of = (one: Element) => one.getAttribute("href") === chosen;
  const ranked = box.querySelector("a.mark .dot") ? marks[0] : marks[marks.length - 1];
  const mark = marks.find(of) ?? marks.find((one) => one.classList.contains("here")) ?? ranked;
  const shape = mark?.querySelector(".land, .dot");
  const drawing = box.querySelector("svg")?.getBoundingClientRect();
  const area = shape?.getBoundingClientRect();
  if (!drawing || !area?.width || !drawing.width) return [zoom.x, zoom.y];
  const [x, y] = [area.left + area.width / 2 - drawing.left, area.top + area.height / 2 - drawing.top];
  return [zoom.x + (x / drawing.width - 0.5) / zoom.factor, zoom.y + (y / mapHeight(box) - 0.5) / zoom.factor];
}

/** Return the height of the map itself, without the legend and the bars below it. */
function mapHeight(box: HTMLElement): number {
  return Number(box.querySelector<SVGElement>("svg")?.dataset.mapHeight) || box.clientHeight;
}

function enableDragging(box: HTMLElement, zoom: Zoom, change: (factor: number, x: number, y: number) => void): void {
  let begun: { at: PointerEvent; x: number; y: number; isMoved: boolean } | null = null;
  box.addEventListener("pointerdown", (event) => {
    if (zoom.factor > 1 && event.button === 0) begun = { at: event, x: zoom.x, y: zoom.y, isMoved: false };
  });
  box.addEventListener("pointermove", (event) => {
    if (!begun) return;
    const [dx, dy] = [event.clientX - begun.at.clientX, event.clientY - begun.at.clientY];
    if (!begun.isMoved && Math.hypot(dx, dy) < STILL) return;
    if (!begun.isMoved) box.setPointerCapture(event.pointerId);
    begun.isMoved = true;
    const high = mapHeight(box);
    change(zoom.factor, begun.x - dx / box.clientWidth / zoom.factor, begun.y - dy / high / zoom.factor);
  });
  box.addEventListener("pointerup", () => {
    const isMoved = begun?.isMoved;
    begun = null;
    // The click that ends a drag opens nothing.
    if (isMoved) box.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
  });
  box.addEventListener("pointercancel", () => {
    begun = null;
  });
  // A link would be dragged itself.
  box.addEventListener("dragstart", (event) => event.preventDefault());
}
