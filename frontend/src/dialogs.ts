/**
 * Open a `<dialog id="x">` by any element with `data-dialog="x"`. Close it by `data-close`, Escape, or a
 * click outside it.
 */
export function setUpDialogs(): void {
  document.addEventListener("click", (event) => {
    const at = event.target as Element;
    const opener = at.closest<HTMLElement>("[data-dialog]");
    if (opener && plainClick(event)) {
      const dialog = document.getElementById(opener.dataset.dialog ?? "");
      if (dialog instanceof HTMLDialogElement) {
        event.preventDefault();
        openDialog(dialog);
      }
      return;
    }
    if (at.closest("[data-close]")) {
      event.preventDefault();
      at.closest("dialog")?.close();
    } else if (at instanceof HTMLDialogElement && isBeside(at, event)) at.close();
  });
  // A form that came back with errors is still in its dialog.
  for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[data-open]")) openDialog(dialog);
  // A link to `#assign` on another page opens that dialog here.
  const named = document.getElementById(window.location.hash.slice(1));
  if (named instanceof HTMLDialogElement) openDialog(named);
}

export function openDialog(dialog: HTMLDialogElement): void {
  if (!dialog.open) dialog.showModal();
}

/** Whether a click is plain. The browser handles a click that asks for a new tab. */
function plainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

function isBeside(dialog: HTMLDialogElement, { clientX, clientY }: MouseEvent): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
