/** What a chart is drawn of: the rows of its table. */
export interface Cell {
  readonly text: string;
  /** `data-value`, else the text. */
  readonly raw: string;
  /** As a number; NaN where it is none. */
  readonly value: number;
}

export interface Row {
  readonly cells: readonly Cell[];
  /** To the page narrowed by this row. */
  readonly href: string | null;
  /** No place, no day: drawn hatched. */
  readonly isUndetermined: boolean;
  /** What goes on still: today. */
  readonly isSoFar: boolean;
  /** The page is narrowed by it. */
  readonly isHere: boolean;
}

const NO_CELL: Cell = { text: "", raw: "", value: Number.NaN };

export function read(table: HTMLTableElement): Row[] {
  return [...table.tBodies].flatMap((body) => [...body.rows]).map(row);
}

export function heads(table: HTMLTableElement): string[] {
  return [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent?.trim() ?? "");
}

function row(tr: HTMLTableRowElement): Row {
  return {
    cells: [...tr.cells].map((cell) => {
      const text = cell.textContent?.trim().replace(/\s+/g, " ") ?? "";
      const raw = cell.dataset.value ?? text;
      return { text, raw, value: raw === "" ? Number.NaN : Number(raw) };
    }),
    href: tr.querySelector("a[href]")?.getAttribute("href") ?? null,
    isUndetermined: tr.classList.contains("undetermined"),
    isSoFar: tr.classList.contains("so-far"),
    isHere: tr.classList.contains("here"),
  };
}

export function at(one: Row, index: number): Cell {
  return one.cells[index] ?? NO_CELL;
}

/** The last cell, that charts have their count in. */
export function count(one: Row): Cell {
  return one.cells[one.cells.length - 1] ?? NO_CELL;
}

export function most(rows: readonly Row[]): number {
  return rows.reduce((high, one) => Math.max(high, count(one).value || 0), 0);
}
