/**
 * Let Escape hide the explanation of a term until the pointer or the focus comes back to it (WCAG 1.4.13). Without this
 * script explanations show all the same.
 */
export function setUpTerms(): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const term of document.querySelectorAll<HTMLElement>(".term:hover, .term:focus-within")) {
      term.dataset.dismissed = "";
      for (const back of ["pointerleave", "focusout"]) {
        term.addEventListener(back, () => delete term.dataset.dismissed, { once: true });
      }
    }
  });
}
