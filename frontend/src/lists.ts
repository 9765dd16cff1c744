import { formatCount } from "./charts/scale";
import { word } from "./words";

/** Rows from which a list gets headings that sort, and a filter; and rows of a list that are shown at once. */
const LEAST = 8;
const SHOWN = 50;

/** What an officer chose of a list: a filter, a page, and the heading that it is sorted by. */
interface Chosen {
  wanted: string;
  page: number;
  sortedBy?: { at: number; isDown: boolean };
}

interface List extends Chosen {
  rows: HTMLTableRowElement[];
  body: HTMLTableSectionElement;
  countLabel: HTMLElement;
  pager: HTMLElement;
}

/**
 * Let a list that is whole on its page be sorted by its headings, filtered by text, and paged. A list that the server
 * sorts or pages keeps its own ways. In a part that the server renews, what was chosen stays. Without this script all
 * rows are there, in their order.
 */
const renewed = new Map<string, Chosen>();

export function setUpLists(part: ParentNode): void {
  for (const table of part.querySelectorAll<HTMLTableElement>(
    ".scroll > table:not(.dense:not([data-list]), .whole-list, [data-in-order])",
  )) {
    const body = table.tBodies[0];
    const place = table.parentElement;
    if (
      !body ||
      !place ||
      table.closest(".chart") ||
      table.tBodies.length > 1 ||
      !isPlain(table, body) ||
      isServed(table, place)
    )
      continue;
    table.classList.add("whole-list");
    const id = table.closest("[data-live] > [id]")?.id;
    const list = addTools(place, [...body.rows], body, id ? renewed.get(id) : undefined);
    if (id) renewed.set(id, list);
    addSorting(table, list);
    if (list.sortedBy) sort(list, list.page);
    else show(list);
  }
}

/** Whether each row has a cell for each heading, and there are enough rows. */
function isPlain(table: HTMLTableElement, body: HTMLTableSectionElement): boolean {
  const heads = table.tHead?.rows[0]?.cells.length ?? 0;
  return body.rows.length >= LEAST && [...body.rows].every((row) => row.cells.length === heads);
}

/** Whether the server sorts, pages or renews a list. */
function isServed(table: HTMLTableElement, place: HTMLElement): boolean {
  if (table.tHead?.querySelector("a[href], [aria-sort]")) return true;
  const around = place.closest("form[data-bulk]")?.parentElement ?? place.parentElement;
  const pager = around?.querySelector(":scope > .pager");
  const isPart = !!pager?.querySelector("a[rel][href]") || /[?&](?:after|before)=/.test(window.location.search);
  return (!!pager && isPart) || !!table.closest("[data-live-into]");
}

function addTools(place: HTMLElement, rows: HTMLTableRowElement[], body: HTMLTableSectionElement, was?: Chosen): List {
  const field = document.createElement("input");
  field.type = "search";
  field.autocomplete = "off";
  field.placeholder = word("filterList");
  field.setAttribute("aria-label", `${word("filterList")}: ${place.getAttribute("aria-label") ?? ""}`);
  field.hidden = document.querySelector("main form :is(.filters, [data-search]), main form.filters") !== null;
  if (!field.hidden && !document.querySelector("[data-search]")) field.dataset.search = "";
  const countLabel = document.createElement("output");
  const tools = document.createElement("div");
  tools.className = "list-tools screen";
  tools.append(field, countLabel);
  place.before(tools);
  const pager = document.createElement("nav");
  pager.className = "pager screen";
  pager.setAttribute("aria-label", place.getAttribute("aria-label") ?? "");
  const list: List = { rows, body, wanted: was?.wanted ?? "", page: was?.page ?? 0, countLabel, pager };
  if (was?.sortedBy) list.sortedBy = was.sortedBy;
  field.value = list.wanted;
  pager.append(turn(list, -1, word("previous")), turn(list, 1, word("next")));
  place.after(pager);
  field.addEventListener("input", () => {
    list.wanted = field.value.trim().toLocaleLowerCase();
    list.page = 0;
    show(list);
  });
  // Enter in a field of a form would send the form.
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  return list;
}

function turn(list: List, by: 1 | -1, name: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn q small";
  button.textContent = name;
  button.addEventListener("click", () => {
    list.page += by;
    show(list);
    list.body.closest(".scroll")?.scrollIntoView({ block: "start" });
  });
  return button;
}

/** Show the rows of the filter and the page. A ticked row is never out of sight: it would be acted on unseen. */
function show(list: List): void {
  const matches = list.rows.filter((row) => isWanted(row, list.wanted));
  const last = Math.max(0, Math.ceil(matches.length / SHOWN) - 1);
  list.page = Math.min(Math.max(list.page, 0), last);
  const begins = list.page * SHOWN;
  const pageRows = new Set(matches.slice(begins, begins + SHOWN));
  for (const row of list.rows) {
    const isTicked = row.querySelector("input[type=checkbox]:checked") !== null;
    row.classList.toggle("out-of-list", !isTicked && !matches.includes(row));
    row.classList.toggle("on-other-page", !isTicked && matches.includes(row) && !pageRows.has(row));
  }
  const total = list.rows.length;
  list.countLabel.textContent = list.wanted
    ? `${formatCount(matches.length)} / ${formatCount(total)}`
    : last
      ? `${formatCount(begins + 1)}–${formatCount(begins + pageRows.size)} / ${formatCount(total)}`
      : "";
  list.pager.hidden = last === 0;
  const [before, next] = [...list.pager.querySelectorAll("button")];
  if (before) before.disabled = list.page === 0;
  if (next) next.disabled = list.page === last;
}

function isWanted(row: HTMLTableRowElement, wanted: string): boolean {
  if (!wanted) return true;
  const text = [...row.cells].map((cell) => cell.textContent ?? "").join(" ");
  const bare = text.toLocaleLowerCase();
  return wanted.split(/\s+/).every((one) => bare.includes(one));
}

function addSorting(table: HTMLTableElement, list: List): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  for (const [at, head] of heads.entries()) {
    const name = head.querySelector("dfn")?.textContent?.trim() ?? head.textContent?.trim() ?? "";
    if (!name || head.querySelector("input, button, .hidden")) continue;
    if (list.sortedBy?.at === at) head.setAttribute("aria-sort", list.sortedBy.isDown ? "descending" : "ascending");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    if (head.querySelector("dfn")) {
      // The term has an explanation of its own.
      button.setAttribute("aria-label", `${word("sortBy")}: ${name}`);
      head.append(button);
    } else {
      button.append(...head.childNodes);
      head.append(button);
    }
    button.addEventListener("click", () => {
      const isDown = head.getAttribute("aria-sort") === "ascending";
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      list.sortedBy = { at, isDown };
      sort(list);
    });
  }
}

function sort(list: List, page = 0): void {
  if (!list.sortedBy) return;
  const { at, isDown } = list.sortedBy;
  const keys = new Map(list.rows.map((row) => [row, keyOf(row.cells[at])]));
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
  list.rows.sort((one, other) => {
    const [a, b] = [keys.get(one) ?? "", keys.get(other) ?? ""];
    const order = typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b));
    return isDown ? -order : order;
  });
  list.body.append(...list.rows);
  list.page = page;
  show(list);
}

/** Return what a cell is sorted by: its instant, its number, or its text. */
function keyOf(cell: HTMLTableCellElement | undefined): string | number {
  if (!cell) return "";
  const value = cell.dataset.value ?? cell.querySelector("time")?.dateTime;
  if (value) return Number.isNaN(Number(value)) ? value : Number(value);
  const text = cell.textContent ?? "";
  const number = Number(text.trim().split(/\s/)[0]?.replaceAll(",", ""));
  return cell.classList.contains("n") && text.trim() && !Number.isNaN(number) ? number : text.trim();
}
