/**
 * Open what a page folds (`details[data-prints]`) while it is printed, and fold it again afterwards. Show the buttons
 * that print the page (`data-print-page`).
 */
export function setUpPrinting(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-print-page]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  const opened = new Set<HTMLDetailsElement>();
  window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll<HTMLDetailsElement>("details[data-prints]:not([open])")) {
      folded.open = true;
      opened.add(folded);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened.clear();
  });
}
