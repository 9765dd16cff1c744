const NARROW = "(max-width: 560px)";
/** A text of more letters takes the whole width of its card. */
const LONG = 40;
const ROLES: Record<string, string> = { TABLE: "table", TBODY: "rowgroup", TR: "row", TD: "cell", TH: "rowheader" };

/**
 * Write the heading of its column into each cell of a list, so that the style can show a row as a card where the
 * screen is narrow. Elements that are no table in style keep their roles.
 */
export function labelCells(part: ParentNode): void {
  const narrow = window.matchMedia(NARROW);
  // A phone that is turned gets its cards then.
  if (part === document.body) narrow.addEventListener("change", () => labelCells(document));
  if (!narrow.matches) return;
  for (const table of part.querySelectorAll<HTMLTableElement>(".scroll > table:not(.dense, .stacked)")) {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map(headingOf);
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    if (!heads.length || rows.some((row) => row.cells.length !== heads.length)) continue;
    table.classList.add("as-cards");
    for (const one of [table, ...table.querySelectorAll<HTMLElement>("tbody, tbody tr, tbody td, tbody th")]) {
      const role = ROLES[one.tagName];
      if (role) one.setAttribute("role", role);
    }
    // An empty value has no heading, which would name nothing.
    for (const row of rows)
      for (const [at, cell] of [...row.cells].entries())
        if (cell.tagName === "TD" && heads[at] && (cell.childElementCount || cell.textContent?.trim())) {
          cell.dataset.label = heads[at];
          cell.classList.toggle("long", (cell.textContent?.trim().length ?? 0) > LONG);
        }
  }
}

/** Return the heading of a column without the explanation of its term. */
function headingOf(cell: HTMLTableCellElement): string {
  const own = cell.cloneNode(true) as HTMLElement;
  for (const one of own.querySelectorAll(".explanation, input")) one.remove();
  const text = own.textContent?.trim() ?? "";
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Let a table that is wider than its place scroll there. It would stick out of its panel, and off the screen. */
export function keepInside(part: ParentNode): void {
  for (const place of part.querySelectorAll<HTMLElement>(".scroll")) widths.observe(place);
}

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) target.toggleAttribute("data-wide", target.scrollWidth > target.clientWidth + 1);
});
