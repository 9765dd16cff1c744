/** A cell of a chart's table. Charts are drawn from the rows of their table. */
export interface Cell {
  readonly text: string;
  /** `data-value`, or the text without it. */
  readonly raw: string;
  /** The value as a number; NaN if it is none. */
  readonly value: number;
}

export interface Row {
  readonly cells: readonly Cell[];
  /** The page filtered by this row. */
  readonly href: string | null;
  /** No place or no day: drawn hatched. */
  readonly isUndetermined: boolean;
  /** A period that is not over, such as today. */
  readonly isSoFar: boolean;
  /** The page is filtered by this row. */
  readonly isHere: boolean;
}

const NO_CELL: Cell = { text: "", raw: "", value: Number.NaN };

export function readRows(table: HTMLTableElement): Row[] {
  return [...table.tBodies].flatMap((body) => [...body.rows]).map(readRow);
}

export function readHeads(table: HTMLTableElement): string[] {
  return [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent?.trim() ?? "");
}

function readRow(tr: HTMLTableRowElement): Row {
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

export function cellAt(one: Row, index: number): Cell {
  return one.cells[index] ?? NO_CELL;
}

/** Return the last cell, which holds the count. */
export function countCell(one: Row): Cell {
  return one.cells[one.cells.length - 1] ?? NO_CELL;
}

export function maxCount(rows: readonly Row[]): number {
  return rows.reduce((high, one) => Math.max(high, countCell(one).value || 0), 0);
}
