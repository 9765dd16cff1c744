import htmx from "htmx.org";
import { save } from "./charts/save";
import { clearRefusal, showNoAnswer, showRefusal } from "./refusals";
import { word } from "./words";

/** After how long a page says that a form is being sent, in milliseconds: an answer mostly comes before. */
const SOON_MS = 400;
/** How long an answer is awaited, in milliseconds: files take as long as the network needs. */
const ANSWER_MS = 120_000;
const FILES_MS = 900_000;
/** How long a button rests when the next page is on its way, in milliseconds: it may be a file, and this page stays. */
const NEXT_PAGE_MS = 30_000;

/**
 * Send every form that changes something, once, and stay on its page until the answer is there. A refusal is shown
 * beside the form with all that was typed; a file is saved; another page is opened. Forms with `data-gives` get a file
 * and a page that changed with it. Forms that htmx sends, and the search field (`data-find`), are left alone. Without
 * script the browser sends them.
 */
export function setUpSending(): void {
  const sent = new Map<HTMLFormElement, string>();
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-find]")) return;
    event.preventDefault();
    const button = event.submitter;
    const action = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
    if (sent.get(form) === action) return;
    sent.set(form, action);
    form.ariaBusy = "true";
    const rest = showBusy(button);
    const release = () => {
      rest();
      if (sent.get(form) !== action) return;
      sent.delete(form);
      form.ariaBusy = null;
    };
    void sendForm(form, button, action).then((isLeaving) => {
      if (isLeaving) window.setTimeout(release, NEXT_PAGE_MS);
      else release();
      // A page that is shown again, by the Back button, can send its forms again.
      if (isLeaving) window.addEventListener("pageshow", release, { once: true });
    });
  });
  const { state } = window.history;
  const { pathname } = window.location;
  window.addEventListener("popstate", ({ state: next }) => {
    // Back from a page that a form gave, to the page of the form: it is asked for again.
    if (window.location.pathname !== pathname || next?.gave !== state?.gave) window.location.reload();
  });
}

/** Send a form and show its answer. Returns whether another page is on its way. */
async function sendForm(form: HTMLFormElement, button: HTMLElement | null, action: string): Promise<boolean> {
  const url = new URL(action || window.location.href, window.location.href);
  clearRefusal(form);
  try {
    const body = bodyOf(form, button);
    const hasFiles = body instanceof FormData && [...body.values()].some((one) => one instanceof File && one.size > 0);
    const answer = await fetch(url, {
      method: "POST",
      body,
      // As htmx says of a form that leads to a whole page.
      headers: { "HX-Request": "true", "HX-Boosted": "true" },
      signal: AbortSignal.timeout(hasFiles ? FILES_MS : ANSWER_MS),
    });
    return await handleAnswer(answer, form, button, url);
  } catch {
    showNoAnswer(form, button);
    return false;
  }
}

/** Return the fields of a form, encoded as the form says, with the line ends that a browser sends. */
function bodyOf(form: HTMLFormElement, button: HTMLElement | null): FormData | URLSearchParams {
  const fields = new FormData(form, button);
  if (form.enctype === "multipart/form-data") return fields;
  return new URLSearchParams([...fields].map(([name, value]) => [name, String(value).replace(/\r?\n/g, "\r\n")]));
}

async function handleAnswer(
  answer: Response,
  form: HTMLFormElement,
  button: HTMLElement | null,
  url: URL,
): Promise<boolean> {
  const elsewhere = answer.headers.get("HX-Redirect");
  if (elsewhere !== null) {
    openPage(new URL(elsewhere, url), url.hash);
    return true;
  }
  const name = fileNameOf(answer.headers.get("Content-Disposition"));
  if (answer.ok && name) {
    save(await answer.blob(), name);
    if (form.matches("[data-gives]")) await reloadPage(form);
    return false;
  }
  const html = await answer.text();
  if (answer.ok) showPage(html, url);
  else showRefusal(form, button, html, answer.status);
  return answer.ok;
}

/** Open the page that an answer leads to. One that is open already is asked for again, also for a part of it. */
function openPage(page: URL, hash: string): void {
  page.hash ||= hash;
  const isHere = page.pathname === window.location.pathname && page.search === window.location.search;
  if (!isHere || !page.hash) {
    window.location.assign(page);
    return;
  }
  window.history.replaceState(window.history.state, "", page);
  window.history.scrollRestoration = "manual";
  window.location.reload();
}

/** Show a page that a form gave. Its address is the form's: a reload leads to the page that has the form. */
function showPage(html: string, url: URL): void {
  window.history.pushState({ gave: Date.now() }, "", url);
  document.open();
  document.write(html);
  document.close();
  window.scrollTo(0, 0);
}

/** Ask for the page again after it gave a file, with the focus in the same place. */
async function reloadPage(form: HTMLFormElement): Promise<void> {
  const had = form.contains(document.activeElement);
  const same = `form[action="${CSS.escape(form.getAttribute("action") ?? "")}"] button`;
  const path = window.location.pathname + window.location.search;
  await htmx.ajax("get", path, { target: "main", select: "main", swap: "outerHTML" });
  if (had) (document.querySelector<HTMLElement>(same) ?? document.querySelector<HTMLElement>("main"))?.focus();
}

function fileNameOf(disposition: string | null): string | null {
  const encodedName = disposition?.match(/filename\*=UTF-8''([^;]+)/)?.[1];
  return encodedName ? decodeURIComponent(encodedName) : null;
}

/** Say after a moment that a form is being sent. Returns what ends it. */
function showBusy(button: HTMLElement | null): () => void {
  if (!button) return () => undefined;
  const note = document.createElement("span");
  note.className = "hint sending";
  note.setAttribute("role", "status");
  note.textContent = word("sending");
  const timer = window.setTimeout(() => {
    button.ariaBusy = "true";
    button.ariaDisabled = "true";
    button.after(note);
  }, SOON_MS);
  return () => {
    window.clearTimeout(timer);
    button.ariaBusy = null;
    button.ariaDisabled = null;
    note.remove();
  };
}

/** Let a reload of a refusal lead to the page that has the form: it would send the refused form again. */
export function setUpReload(): void {
  const { reloads } = document.body.dataset;
  if (reloads) window.history.replaceState(null, "", reloads);
}
