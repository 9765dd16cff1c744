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
    const token = document.querySelector<HTMLMetaElement>('meta[name="form-token"]')?.content;
    if (token) (event as CustomEvent).detail.headers["X-Form-Token"] = token;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event as CustomEvent<{ xhr: XMLHttpRequest; shouldSwap: boolean; target: Element }>;
    if (detail.xhr.status < 400 || !detail.xhr.getResponseHeader("HX-Retarget")) return;
    // The room says where its refusals go; behind a dialog nobody would see them.
    detail.shouldSwap = true;
    if (document.querySelector("dialog[open]")) detail.target = notices();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    if (!xhr.getResponseHeader("HX-Retarget")) tell(`${word("fault")} (${xhr.status})`);
  });
  document.addEventListener("htmx:sendError", () => tell(word("fault")));
  htmx.onLoad((part) => {
    const arrival = part as HTMLElement;
    arrived(arrival);
    arrival.closest(".notices, #notices")?.scrollIntoView({ block: "nearest" });
  });
}

/** Where notices stand: on the page, or in the dialog that is open. */
export function notices(): Element {
  const dialog = document.querySelector("dialog[open]");
  const place = (dialog ?? document).querySelector(dialog ? ".notices" : "#notices");
  if (place) return place;
  const made = document.createElement("div");
  made.className = "notices";
  (dialog ?? document.querySelector("main") ?? document.body).prepend(made);
  return made;
}

export function tell(told: string): void {
  const box = document.createElement("p");
  box.className = "flash stop";
  box.setAttribute("role", "alert");
  box.textContent = told;
  notices().replaceChildren(box);
  box.scrollIntoView({ block: "nearest" });
}
