import htmx from "htmx.org";
import { save } from "./charts/save";
import { notices, showError } from "./requests";
import { word } from "./words";

/**
 * Set up forms with `data-gives`, which return a file and change the page. The file is saved, and the page
 * is loaded again with the focus in the same place. A refusal appears like that of any other form. Without
 * script the browser saves the file, and the page stays.
 */
export function setUpDownloads(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || !form.matches("form[data-gives]")) return;
    event.preventDefault();
    if (form.ariaBusy !== "true") void submitForm(form);
  });
}

async function submitForm(form: HTMLFormElement): Promise<void> {
  form.ariaBusy = "true";
  try {
    const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    const answer = await fetch(form.getAttribute("action") ?? "", {
      method: "POST",
      body,
      headers: { "HX-Request": "true" },
    });
    await handleAnswer(answer, form);
  } catch {
    showError(word("fault"));
  } finally {
    form.ariaBusy = null;
  }
}

async function handleAnswer(answer: Response, form: HTMLFormElement): Promise<void> {
  const elsewhere = answer.headers.get("HX-Redirect");
  const name = fileNameOf(answer.headers.get("Content-Disposition"));
  if (elsewhere) window.location.assign(elsewhere);
  else if (answer.ok && name) {
    save(await answer.blob(), name);
    await reloadPage(form);
  } else {
    notices().innerHTML = await answer.text();
    notices().scrollIntoView({ block: "nearest" });
  }
}

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
