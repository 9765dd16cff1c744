import { openDialog } from "./dialogs";

/**
 * Move the cards of a `data-board`: drag one to a stage with `data-drop`, press `a` or `c` on it, or use its
 * buttons. Each opens the form of the act for that card. Arrow keys go from card to card.
 */
export function setUpBoard(): void {
  const board = document.querySelector<HTMLElement>("[data-board]");
  if (!board) return;
  for (const card of cards(board)) card.draggable = board.querySelector("[data-drop]") !== null;
  board.addEventListener("click", (event) => {
    const card = (event.target as Element).closest("[data-move]")?.closest<HTMLElement>("[data-lead]");
    const act = (event.target as Element).closest<HTMLElement>("[data-move]")?.dataset.dialog;
    if (card && act) fill(act, card);
  });
  setUpDragging(board);
  board.addEventListener("keydown", (event) => {
    const card = (event.target as Element).closest<HTMLElement>("[data-lead]");
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    const isOn = document.documentElement.dataset.keys !== "off";
    if (isOn && (event.key === "a" || event.key === "c")) {
      event.preventDefault();
      open(event.key === "a" ? "assign" : "close", card);
    } else if (event.key.startsWith("Arrow")) {
      const next = neighbour(board, card, event.key);
      if (!next) return;
      event.preventDefault();
      next.querySelector("a")?.focus();
    }
  });
}

function setUpDragging(board: HTMLElement): void {
  let dragged: HTMLElement | null = null;
  board.addEventListener("dragstart", (event) => {
    dragged = (event.target as Element).closest<HTMLElement>("[data-lead]");
    event.dataTransfer?.setData("text/plain", dragged?.dataset.number ?? "");
  });
  board.addEventListener("dragover", (event) => {
    const stage = (event.target as Element).closest<HTMLElement>("[data-drop]");
    for (const one of board.querySelectorAll("[data-drop]")) one.classList.toggle("is-over", one === stage);
    if (dragged && stage && !stage.contains(dragged)) event.preventDefault();
  });
  board.addEventListener("drop", (event) => {
    const stage = (event.target as Element).closest<HTMLElement>("[data-drop]");
    if (!dragged || !stage) return;
    event.preventDefault();
    open(stage.dataset.drop ?? "", dragged);
  });
  board.addEventListener("dragend", () => {
    dragged = null;
    for (const one of board.querySelectorAll(".is-over")) one.classList.remove("is-over");
  });
}

function cards(board: HTMLElement): HTMLElement[] {
  return [...board.querySelectorAll<HTMLElement>("[data-lead]")];
}

function open(act: string, card: HTMLElement): void {
  const dialog = fill(`card-${act}`, card);
  if (dialog) openDialog(dialog);
}

/** Write the lead of a card into the form of a dialog. */
function fill(id: string, card: HTMLElement): HTMLDialogElement | null {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return null;
  const field = dialog.querySelector<HTMLInputElement>("input[name=lead]");
  const named = dialog.querySelector("[data-card]");
  if (field) field.value = card.dataset.lead ?? "";
  if (named) named.textContent = card.dataset.number ?? "";
  return dialog;
}

/** Return the card above or below, or the one at the same height in the next stage that has cards. */
function neighbour(board: HTMLElement, card: HTMLElement, key: string): HTMLElement | undefined {
  const stages = [...board.querySelectorAll<HTMLElement>(":scope > section")].filter((one) => cards(one).length);
  const at = stages.findIndex((one) => one.contains(card));
  const stage = stages[at];
  const row = stage ? cards(stage).indexOf(card) : -1;
  if (key === "ArrowUp" || key === "ArrowDown") return stage && cards(stage)[row + (key === "ArrowUp" ? -1 : 1)];
  const beside = stages[at + (key === "ArrowLeft" ? -1 : 1)];
  const others = beside ? cards(beside) : [];
  return others[Math.min(row, others.length - 1)];
}
