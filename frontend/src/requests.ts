import htmx from "htmx.org";
import { word } from "./words";

/** Set htmx up for a room without inline script or style, and call `arrived` with each part of a page that comes. */
export function requests(arrived: (part: HTMLElement) => void): void {
  Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    includeIndicatorStyles: false,
    selfRequestsOnly: true,
    // Pages hold what is not to stay in a browser's storage: going back asks the server again.
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      // A form with its errors, and two versions side by side, are pages to look at.
      { code: "409", swap: true },
      { code: "422", swap: true },
      { code: "[45]..", swap: false, error: true },
    ],
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content;
    if (token) (event as CustomEvent).detail.headers["X-CSRF"] = token;
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    if (xhr.status === 401) window.location.reload();
    else notice(refusal(xhr.responseText) ?? plain(`${word("fault")} (${xhr.status})`));
  });
  document.addEventListener("htmx:sendError", () => notice(plain(word("fault"))));
  htmx.onLoad((part) => arrived(part as HTMLElement));
}

/** The notice of a page that refuses, with the id that the journal has. */
function refusal(page: string): HTMLElement | null {
  return new DOMParser().parseFromString(page, "text/html").querySelector<HTMLElement>(".flash");
}

function plain(text: string): HTMLElement {
  const box = document.createElement("div");
  box.className = "flash stop";
  box.textContent = text;
  return box;
}

/** Show a notice at the top of the page, or of the dialog that is open, and read it out. */
function notice(box: HTMLElement): void {
  const shown = document.importNode(box, true);
  shown.setAttribute("role", "alert");
  shown.tabIndex = -1;
  const place = document.querySelector("dialog[open]") ?? document.querySelector("main");
  for (const old of place?.querySelectorAll(":scope > .flash[role=alert]") ?? []) old.remove();
  place?.prepend(shown);
  shown.focus();
}
