/** The server sets this cookie with a file, because a browser does not tell a page that its form gave one. */
const SAVED = "saved";
const LOOK_MS = 250;

/** How long a form waits for its answer where the browser does not tell that there will be none, in milliseconds. */
const AWAITED_MS = 60_000;

/**
 * Send a form once: a second click on the same button has no effect until the answer comes, fails, is stopped or
 * gives a file. Forms that a script sends (`hx-post`, `data-gives`) are left alone.
 */
export function setUpSending(): void {
  const sent = new Map<HTMLFormElement, string>();
  let begun: (() => void) | null = null;
  let looks = 0;
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
    begun = () => release(form, button);
    forget();
    looks ||= window.setInterval(releaseSaved, LOOK_MS);
    if (!window.navigation) window.setTimeout(begun, AWAITED_MS);
  });
  // The page stays after a failure, a stop or a file. Each sending has its own signal: a later one ends an earlier.
  window.navigation?.addEventListener("navigate", (event) => {
    if (!event.formData || !begun) return;
    event.signal.addEventListener("abort", begun);
    begun = null;
  });
  // A page that is shown again, by the Back button, can send its forms again.
  window.addEventListener("pageshow", releaseAll);

  function releaseSaved(): void {
    if (document.cookie.includes(`${SAVED}=`)) releaseAll();
  }

  function releaseAll(): void {
    forget();
    window.clearInterval(looks);
    looks = 0;
    sent.clear();
    for (const busy of document.querySelectorAll("form button[aria-busy]")) busy.ariaBusy = null;
  }

  function release(form: HTMLFormElement, button: HTMLElement | null): void {
    sent.delete(form);
    if (button) button.ariaBusy = null;
  }
}

function forget(): void {
  // biome-ignore lint/suspicious/noDocumentCookie: browsers of this year have no other way that all of them know.
  document.cookie = `${SAVED}=; path=/; max-age=0; samesite=strict`;
}

/** Let a reload of a refusal lead to the page that has the form: it would send the refused form again. */
export function setUpReload(): void {
  const { reloads } = document.body.dataset;
  if (reloads) window.history.replaceState(null, "", reloads);
}
