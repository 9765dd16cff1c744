/** Open what a page folds (`details[data-prints]`) while it is printed, and fold it again afterwards. */
export function setUpPrinting(): void {
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
