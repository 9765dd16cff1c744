/** How long a form waits for its answer before the same button may send it again, in milliseconds. */
const AWAITED_MS = 5000;

/**
 * Send a form once: a second click on the same button has no effect while the answer is awaited. Forms that a script
 * sends (`hx-post`, `data-gives`) are left alone. A form that gives a file stays on its page, so the wait has an end.
 */
export function setUpSending(): void {
  const sent = new Map<HTMLFormElement, string>();
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.method !== "post") return;
    const button = event.submitter;
    const action = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
    if (sent.get(form) === action) {
      event.preventDefault();
      return;
    }
    sent.set(form, action);
    if (button) button.ariaBusy = "true";
    window.setTimeout(() => release(form, button), AWAITED_MS);
  });
  // A page that is shown again, by the Back button, can send its forms again.
  window.addEventListener("pageshow", () => {
    for (const form of sent.keys()) release(form, null);
    for (const busy of document.querySelectorAll("form button[aria-busy]")) busy.ariaBusy = null;
  });

  function release(form: HTMLFormElement, button: HTMLElement | null): void {
    sent.delete(form);
    if (button) button.ariaBusy = null;
  }
}

/** Let a reload of a refusal lead to the page that has the form: it would send the refused form again. */
export function setUpReload(): void {
  const { reloads } = document.body.dataset;
  if (reloads) window.history.replaceState(null, "", reloads);
}
