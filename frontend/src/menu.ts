/** A choice that is an act of its own: language, theme. */
export function submitting(): void {
  document.addEventListener("change", (event) => {
    const at = event.target as HTMLElement;
    if (at instanceof HTMLSelectElement && at.matches("[data-submits]")) at.form?.requestSubmit();
  });
}

/** The pages behind a button where there is no room for them beside. */
export function menu(): void {
  const button = document.querySelector<HTMLButtonElement>("nav .menu");
  if (!button) return;
  const show = (is: boolean) => button.setAttribute("aria-expanded", String(is));
  show(false);
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  button.closest("nav")?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    show(false);
    button.focus();
  });
}
