import { openDialog } from "./dialogs";

const FILTER = ["[data-search]", "main input[type=search]"];
const SEARCH = ["[data-find] input[type=search]", ...FILTER];

/**
 * Set up keys of one letter: `/` searches, `f` goes to the filter, `?` shows the keys, and `g` with a letter goes to
 * a page (`data-go="l"`). In a table with `data-keys`, `j` and `k` go from row to row, `x` ticks, and Enter follows.
 * On a page with links to the things beside it (`data-step`), `j` and `k` follow these. Control with Enter confirms. Off
 * with `<html data-keys="off">` (WCAG 2.1.4).
 */
export function setUpKeys(): void {
  let going = 0;
  showOwnKeys();
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) confirmForm(event);
    if (isTyping(event)) return;
    const isGoing = Date.now() - going < 1500;
    going = 0;
    if (isGoing) {
      const page = document.querySelector<HTMLElement>(`[data-go="${CSS.escape(event.key)}"]`);
      if (page) act(event, () => page.click());
    } else if (event.key === "g") going = Date.now();
    else if (event.key === "/") act(event, () => goTo(SEARCH));
    else if (event.key === "f") act(event, () => goTo(FILTER));
    else if (event.key === "?") act(event, help);
    else if (event.key === "j") act(event, () => step(1));
    else if (event.key === "k") act(event, () => step(-1));
    else if (event.key === "x") act(event, tick);
  });
}

function isTyping(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement;
  return (
    document.documentElement.dataset.keys === "off" ||
    event.defaultPrevented ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    at.isContentEditable ||
    at.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])") ||
    document.querySelector("dialog[open]") !== null
  );
}

/** Press the button of the form that confirms, from within one of its fields. */
function confirmForm(event: KeyboardEvent): void {
  const form = (event.target as HTMLElement).closest("form");
  const button = form?.querySelector<HTMLButtonElement>("button[data-confirm]");
  if (form && button) act(event, () => form.requestSubmit(button));
}

function act(event: KeyboardEvent, what: () => void): void {
  event.preventDefault();
  what();
}

function goTo(fields: string[]): void {
  const box = fields.map((one) => document.querySelector<HTMLInputElement>(one)).find((one) => one !== null);
  box?.focus();
  box?.select();
}

function help(): void {
  const dialog = document.getElementById("keys");
  if (dialog instanceof HTMLDialogElement) openDialog(dialog);
}

/** Whether a key that the help names does something on this page as it is now. */
const APPLIES: Record<string, () => boolean> = {
  slash: () => areOn() && has(SEARCH),
  filter: () => areOn() && has(FILTER),
  go: areOn,
  rows: () => areOn() && (rows().length > 0 || has(["a[data-step][href]"])),
  tick: () => areOn() && rows().some((row) => row.querySelector("input[type=checkbox]")),
  enter: () => rows().length > 0,
  confirm: () => has(["button[data-confirm]"]),
  marks: () => has(["figure.chart a.mark"]),
  board: () => areOn() && has(["[data-board] [data-drop]"]),
  help: areOn,
};

function areOn(): boolean {
  return document.documentElement.dataset.keys !== "off";
}

function has(some: readonly string[]): boolean {
  return some.some((one) => document.querySelector(one) !== null);
}

/** Show in the help only the keys that do something here, whenever it opens. */
function showOwnKeys(): void {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const update = () => {
    for (const entry of dialog.querySelectorAll<HTMLElement>("[data-when]"))
      entry.hidden = !(APPLIES[entry.dataset.when ?? ""]?.() ?? true);
  };
  new MutationObserver(update).observe(dialog, { attributeFilter: ["open"] });
}

function rows(): HTMLTableRowElement[] {
  return [...document.querySelectorAll<HTMLTableRowElement>("table[data-keys] tbody tr")].filter(
    (row) => leading(row) !== null && row.checkVisibility(),
  );
}

/** Return the link of the row, which Enter follows. */
function leading(row: Element): HTMLElement | null {
  return row.querySelector<HTMLElement>("a.row") ?? row.querySelector<HTMLElement>("a[href]");
}

function step(by: 1 | -1): void {
  const neighbour = document.querySelector<HTMLElement>(`a[data-step="${by}"]`);
  if (neighbour) {
    if (neighbour.hasAttribute("href")) neighbour.click();
    return;
  }
  const all = rows();
  const now = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1)];
  const link = next && leading(next);
  link?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function tick(): void {
  rows()
    .find((row) => row.contains(document.activeElement))
    ?.querySelector<HTMLInputElement>("input[type=checkbox]")
    ?.click();
}
