import htmx from "htmx.org";
import { word } from "./words";

/** Set up htmx without inline script or style, and call `arrived` with each part that arrives on a page. */
export function setUpRequests(arrived: (part: HTMLElement) => void): void {
  Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    includeIndicatorStyles: false,
    selfRequestsOnly: true,
    // Pages must not stay in the browser's storage: going back asks the server again.
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      // A form with its errors, and two versions side by side, are pages to show.
      { code: "409", swap: true },
      { code: "422", swap: true },
      { code: "[45]..", swap: false, error: true },
    ],
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector<HTMLMetaElement>('meta[name="form-token"]')?.content;
    if (token) (event as CustomEvent).detail.headers["X-Form-Token"] = token;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event as CustomEvent<{ xhr: XMLHttpRequest; shouldSwap: boolean; target: Element }>;
    if (detail.xhr.status < 400 || !detail.xhr.getResponseHeader("HX-Retarget")) return;
    // The server says where its refusals go. Behind an open dialog nobody would see them.
    detail.shouldSwap = true;
    if (document.querySelector("dialog[open]")) detail.target = notices();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    if (!xhr.getResponseHeader("HX-Retarget")) showError(`${word("fault")} (${xhr.status})`);
  });
  document.addEventListener("htmx:sendError", () => showError(word("fault")));
  htmx.onLoad((part) => {
    const arrival = part as HTMLElement;
    // htmx tells of a new page a moment late, when it was painted. It is arranged before.
    if (arrival === document.body) return;
    arrived(arrival);
    arrival.closest(".notices, #notices")?.scrollIntoView({ block: "nearest" });
  });
}

/** Return the place for notices: on the page, or in the open dialog. */
export function notices(): Element {
  const dialog = document.querySelector("dialog[open]");
  const place = (dialog ?? document).querySelector(dialog ? ".notices" : "#notices");
  if (place) return place;
  const made = document.createElement("div");
  made.className = "notices";
  (dialog ?? document.querySelector("main") ?? document.body).prepend(made);
  return made;
}

export function showError(message: string): void {
  const box = document.createElement("p");
  box.className = "flash stop";
  box.setAttribute("role", "alert");
  box.textContent = message;
  notices().replaceChildren(box);
  box.scrollIntoView({ block: "nearest" });
}
