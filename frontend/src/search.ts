/**
 * Search from every page: `/` or Ctrl-K goes to the field on top, and while you type the server shows the first findings.
 * The text is sent in the body of a request, never in a URL. Arrow keys go through the findings, Escape closes them.
 */
const LEAST = 2;
const WAIT_MS = 280;

export function setUpSearch(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-find]");
  const field = form?.querySelector<HTMLInputElement>("input[type=search]");
  const list = form?.querySelector<HTMLElement>("[data-suggestions]");
  if (!form || !field || !list) return;
  fitPlaceholder(field);
  let timer = 0;
  let asked: AbortController | null = null;
  const close = () => {
    window.clearTimeout(timer);
    asked?.abort();
    list.hidden = true;
  };
  const suggest = async () => {
    asked?.abort();
    const own = new AbortController();
    asked = own;
    const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    try {
      const headers = { "HX-Request": "true" };
      const answer = await fetch("/search", { method: "POST", body, headers, signal: own.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      if (own.signal.aborted) return;
      list.innerHTML = html;
      list.hidden = false;
    } catch {
      // A search that did not work is told by the page that Enter leads to.
      if (!own.signal.aborted) list.hidden = true;
    }
  };
  field.addEventListener("input", () => {
    close();
    if (field.value.trim().length >= LEAST) timer = window.setTimeout(suggest, WAIT_MS);
  });
  form.addEventListener("submit", (event) => {
    close();
    if (!field.value.trim()) event.preventDefault();
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget as Node | null)) close();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
      field.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event, field, list);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

function move(event: KeyboardEvent, field: HTMLElement, list: HTMLElement): void {
  if (list.hidden) return;
  event.preventDefault();
  const all = [field, ...list.querySelectorAll<HTMLElement>("a[href]")];
  const now = all.indexOf(document.activeElement as HTMLElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  all[Math.min(Math.max(now + step, 0), all.length - 1)]?.focus();
}

/** Show the short placeholder on a narrow screen, where the long one would be cut. */
function fitPlaceholder(field: HTMLInputElement): void {
  const [long, narrow] = [field.placeholder, window.matchMedia("(max-width: 820px)")];
  const fit = () => {
    field.placeholder = (narrow.matches && field.dataset.short) || long;
  };
  narrow.addEventListener("change", fit);
  fit();
}
