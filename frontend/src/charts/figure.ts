import { word } from "../words";
import { bars, funnel } from "./bars";
import { days } from "./days";
import { districts } from "./districts";
import { type Ground, ground } from "./ground";
import { hours } from "./hours";
import { marks, roving, stop } from "./marks";
import { heads, type Row, read } from "./rows";
import { asCsv, download, saved } from "./save";
import { states } from "./states";
import { el } from "./svg";
import { timeline } from "./timeline";
import { tips } from "./tip";

/** What is drawn, where, and how wide; marks are put into `svg`, and how high they are is given back. */
export interface Chart {
  readonly svg: SVGSVGElement;
  readonly rows: readonly Row[];
  readonly heads: readonly string[];
  readonly width: number;
  readonly ground: Ground;
}

const KINDS: Record<string, (chart: Chart) => number> = { bars, funnel, states, districts, timeline, hours, days };
const ON_GROUND = new Set(["states", "districts"]);
const NO_GROUND: Ground = { lands: [], tiles: [] };

/** Draw every `figure.chart` in a part of a page that is not drawn yet. */
export function drawAll(part: ParentNode): void {
  const found = [...part.querySelectorAll<HTMLElement>("figure.chart[data-chart]")];
  if (part instanceof HTMLElement && part.matches("figure.chart[data-chart]")) found.push(part);
  for (const figure of found) if (!figure.querySelector(":scope > .drawn")) void begin(figure);
}

async function begin(figure: HTMLElement): Promise<void> {
  const table = figure.querySelector("table");
  const draw = KINDS[figure.dataset.chart ?? ""];
  if (!table || !draw || !table.tBodies[0]?.rows.length) return;
  const box = document.createElement("div");
  box.className = "drawn";
  const shown: Element = figure.querySelector(":scope > .scroll") ?? table;
  shown.before(box);
  const isTable = figure.dataset.show === "table";
  toggle(figure, box, shown, isTable);
  tools(figure, box, shown);
  roving(box);
  tips(box);
  const on = ON_GROUND.has(figure.dataset.chart ?? "") ? await ground(figure) : NO_GROUND;
  const rows = read(table);
  let width = 0;
  const again = () => {
    const now = Math.floor(box.clientWidth);
    if (now < 40 || now === width) return;
    width = now;
    redraw(figure, box, { rows, heads: heads(table), width, ground: on }, draw);
  };
  new ResizeObserver(again).observe(box);
  again();
  // Texts are measured: once more in the letters that they will have.
  if (document.fonts.status !== "loaded") {
    document.fonts.ready.then(() => {
      width = 0;
      again();
    });
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
  stop(box, focused);
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
  const other = button("");
  const name = () => {
    other.textContent = word(figure.dataset.show === "table" ? "chart" : "table");
  };
  name();
  other.addEventListener("click", () => {
    toggle(figure, box, table, figure.dataset.show !== "table");
    name();
  });
  const named = figure.id || figure.dataset.chart;
  const svg = button(word("svg"));
  svg.addEventListener("click", () => {
    const drawing = box.querySelector("svg");
    if (drawing) download(`${named}.svg`, saved(drawing, title(figure)), "image/svg+xml");
  });
  const csv = button(word("csv"));
  csv.addEventListener("click", () => {
    const own = figure.querySelector("table");
    if (own) download(`${named}.csv`, asCsv(heads(own), read(own)), "text/csv;charset=utf-8");
  });
  row.append(other, svg, csv);
  for (const tool of row.children) tool.setAttribute("aria-label", `${tool.textContent}: ${title(figure)}`);
  const caption =
    figure.querySelector("figcaption") ??
    figure.insertAdjacentElement("afterbegin", document.createElement("figcaption"));
  caption?.append(row);
}

function button(told: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = told;
  return made;
}
