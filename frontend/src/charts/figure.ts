import { word } from "../words";
import { drawBars, drawFunnel } from "./bars";
import { type Basemap, loadBasemap } from "./basemap";
import { enableBrush } from "./brush";
import { drawDays } from "./days";
import { drawDistricts } from "./districts";
import { drawHours } from "./hours";
import { enableArrowKeys, marks, setTabStop } from "./marks";
import { type Row, readHeads, readRows } from "./rows";
import { download, toCsv, toStandaloneSvg } from "./save";
import { drawStates, usualHeight } from "./states";
import { el } from "./svg";
import { drawTimeline } from "./timeline";
import { showTips } from "./tip";
import { enableZoom, wholeMap, type Zoom } from "./zoom";

/**
 * What a chart draws, where, and how wide. A drawing function puts its marks into `svg` and returns its
 * height.
 */
export interface Chart {
  readonly svg: SVGSVGElement;
  readonly rows: readonly Row[];
  readonly heads: readonly string[];
  readonly width: number;
  readonly basemap: Basemap;
  readonly zoom: Zoom;
}

const KINDS: Record<string, (chart: Chart) => number> = {
  bars: drawBars,
  funnel: drawFunnel,
  states: drawStates,
  districts: drawDistricts,
  timeline: drawTimeline,
  hours: drawHours,
  days: drawDays,
};
const NEEDS_BASEMAP = new Set(["states", "districts"]);
const NO_BASEMAP: Basemap = { lands: [], tiles: [], credit: "" };

/** Draw every `figure.chart` in a part of a page that is not drawn yet. */
export function drawCharts(part: ParentNode): void {
  const figures = [...part.querySelectorAll<HTMLElement>("figure.chart[data-chart]")];
  if (part instanceof HTMLElement && part.matches("figure.chart[data-chart]")) figures.push(part);
  for (const figure of figures) if (!figure.querySelector(":scope > .drawn")) void drawChart(figure);
}

async function drawChart(figure: HTMLElement): Promise<void> {
  const table = figure.querySelector("table");
  const draw = KINDS[figure.dataset.chart ?? ""];
  if (!table || !draw || !table.tBodies[0]?.rows.length) return;
  const box = document.createElement("div");
  box.className = "drawn";
  const tableBox: Element = figure.querySelector(":scope > :is(.scroll, .list)") ?? table;
  tableBox.before(box);
  if (figure.dataset.show !== "both") toggle(figure, box, tableBox, figure.dataset.show === "table");
  tools(figure, box, tableBox);
  enableArrowKeys(box);
  enableBrush(figure, box);
  showTips(box);
  const isMap = NEEDS_BASEMAP.has(figure.dataset.chart ?? "");
  // The place of a map is kept free while its outlines are loaded, so that nothing below it moves.
  if (isMap) box.style.minHeight = `${usualHeight(box.clientWidth)}px`;
  const basemap = isMap ? await loadBasemap(figure) : NO_BASEMAP;
  const rows = readRows(table);
  const zoom = wholeMap();
  let width = 0;
  const redrawIfResized = () => {
    const now = Math.floor(box.clientWidth);
    if (now < 40 || now === width) return;
    width = now;
    redraw(figure, box, { rows, heads: readHeads(table), width, basemap, zoom }, draw);
  };
  const drawAgain = () => {
    width = 0;
    redrawIfResized();
  };
  if (basemap.lands.length) box.before(enableZoom(box, zoom, drawAgain));
  new ResizeObserver(redrawIfResized).observe(box);
  redrawIfResized();
  box.style.minHeight = "";
  // Drawing measures texts, so draw again when the fonts are loaded.
  if (document.fonts.status !== "loaded") {
    document.fonts.ready.then(drawAgain);
  }
}

function redraw(
  figure: HTMLElement,
  box: HTMLElement,
  given: Omit<Chart, "svg">,
  draw: (chart: Chart) => number,
): void {
  const had = marks(box).indexOf(document.activeElement as SVGAElement);
  const svg = el("svg", { role: "group", "aria-label": `${title(figure)}. ${word("arrows")}` }) as SVGSVGElement;
  box.replaceChildren(svg);
  const high = Math.ceil(draw({ svg, ...given }));
  svg.setAttribute("viewBox", `0 0 ${given.width} ${high}`);
  svg.setAttribute("width", String(given.width));
  const focused = had < 0 ? undefined : marks(box)[had];
  setTabStop(box, focused);
  focused?.focus();
}

function title(figure: HTMLElement): string {
  const named = figure.querySelector("figcaption :is(h2, h3)") ?? figure.querySelector("figcaption");
  const own = [...(named?.childNodes ?? [])].filter(
    (node) => !(node instanceof Element && node.matches("small, .tools")),
  );
  return own
    .map((node) => node.textContent ?? "")
    .join(" ")
    .trim();
}

function toggle(figure: HTMLElement, box: HTMLElement, table: Element, isTable: boolean): void {
  figure.dataset.show = isTable ? "table" : "chart";
  box.hidden = isTable;
  table.toggleAttribute("hidden", !isTable);
}

function tools(figure: HTMLElement, box: HTMLElement, table: Element): void {
  const row = document.createElement("div");
  row.className = "tools";
  const other = makeButton("");
  const name = () => {
    other.textContent = word(figure.dataset.show === "table" ? "chart" : "table");
  };
  name();
  other.addEventListener("click", () => {
    toggle(figure, box, table, figure.dataset.show !== "table");
    name();
  });
  const isBoth = figure.dataset.show === "both";
  const named = figure.id || figure.dataset.chart;
  const svg = makeButton(word("svg"));
  svg.addEventListener("click", () => {
    const drawing = box.querySelector("svg");
    if (drawing) download(`${named}.svg`, toStandaloneSvg(drawing, title(figure)), "image/svg+xml");
  });
  const csv = makeButton(word("csv"));
  csv.addEventListener("click", () => {
    const own = figure.querySelector("table");
    if (own) download(`${named}.csv`, toCsv(readHeads(own), readRows(own)), "text/csv;charset=utf-8");
  });
  row.append(...(isBoth ? [] : [other]), svg, csv);
  for (const tool of row.children) tool.setAttribute("aria-label", `${tool.textContent}: ${title(figure)}`);
  const caption =
    figure.querySelector("figcaption") ??
    figure.insertAdjacentElement("afterbegin", document.createElement("figcaption"));
  caption?.append(row);
}

function makeButton(label: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  return made;
}
