/** Submit the form when a choice changes that acts at once: language, theme, the files of replies. */
export function submitOnChange(): void {
  document.addEventListener("change", (event) => {
    const at = event.target as HTMLElement;
    const isChosen = at instanceof HTMLSelectElement || (at instanceof HTMLInputElement && at.files?.length);
    if (isChosen && at.matches("[data-submits]")) at.form?.requestSubmit();
  });
}

/** Set up the button that shows the navigation on narrow screens. */
export function setUpMenu(): void {
  const button = document.querySelector<HTMLButtonElement>("nav .menu");
  if (!button) return;
  const show = (is: boolean) => button.setAttribute("aria-expanded", String(is));
  show(false);
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  document.querySelector("[data-menu]")?.addEventListener("click", () => {
    show(true);
    document.querySelector<HTMLElement>("#page-links a")?.focus();
  });
  button.closest("nav")?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    show(false);
    button.focus();
  });
}
