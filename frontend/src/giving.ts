import htmx from "htmx.org";
import { save } from "./charts/save";
import { notices, tell } from "./requests";
import { word } from "./words";

/**
 * A form with `data-gives` brings a file, and that changes what the page says: the file is saved, and what the page says
 * is asked for anew, with the focus where it was. What is refused is told as of any part of a page. Without script the browser saves the file, and the page stays.
 */
export function giving(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || !form.matches("form[data-gives]")) return;
    event.preventDefault();
    if (form.ariaBusy !== "true") void give(form);
  });
}

async function give(form: HTMLFormElement): Promise<void> {
  form.ariaBusy = "true";
  try {
    const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    const answer = await fetch(form.getAttribute("action") ?? "", {
      method: "POST",
      body,
      headers: { "HX-Request": "true" },
    });
    await take(answer, form);
  } catch {
    tell(word("fault"));
  } finally {
    form.ariaBusy = null;
  }
}

async function take(answer: Response, form: HTMLFormElement): Promise<void> {
  const elsewhere = answer.headers.get("HX-Redirect");
  const name = named(answer.headers.get("Content-Disposition"));
  if (elsewhere) window.location.assign(elsewhere);
  else if (answer.ok && name) {
    save(await answer.blob(), name);
    await anew(form);
  } else {
    notices().innerHTML = await answer.text();
    notices().scrollIntoView({ block: "nearest" });
  }
}

async function anew(form: HTMLFormElement): Promise<void> {
  const had = form.contains(document.activeElement);
  const same = `form[action="${CSS.escape(form.getAttribute("action") ?? "")}"] button`;
  const path = window.location.pathname + window.location.search;
  await htmx.ajax("get", path, { target: "main", select: "main", swap: "outerHTML" });
  if (had) (document.querySelector<HTMLElement>(same) ?? document.querySelector<HTMLElement>("main"))?.focus();
}

function named(disposition: string | null): string | null {
  const found = disposition?.match(/filename\*=UTF-8''([^;]+)/)?.[1];
  return found ? decodeURIComponent(found) : null;
}
