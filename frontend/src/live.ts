import { labelCells } from "./cards";
import { drawCharts } from "./charts/figure";
import { setUpLists } from "./lists";

/**
 * Show what the server sends to an element with `data-live="/url"`. Each message is HTML. Each of its
 * elements replaces the element with its id, or goes first into `data-live-into` (otherwise into the
 * element itself). `data-live-keep` is the maximum of elements. `data-live-state` is `open` or `lost`. A
 * `data-live-pause` button holds messages back.
 */
export function connectLive(part: ParentNode): void {
  const places = [...part.querySelectorAll<HTMLElement>("[data-live]")];
  if (part instanceof HTMLElement && part.matches("[data-live]")) places.push(part);
  for (const place of places) {
    if (place.dataset.liveState === undefined) follow(place);
  }
}

function follow(place: HTMLElement): void {
  const source = new EventSource(place.dataset.live ?? "");
  const paused: string[] = [];
  const button = place.querySelector<HTMLButtonElement>("[data-live-pause]");
  const isPaused = () => button?.getAttribute("aria-pressed") === "true";
  place.dataset.liveState = "opening";
  source.onopen = () => {
    place.dataset.liveState = "open";
  };
  source.onerror = () => {
    place.dataset.liveState = "lost";
  };
  source.onmessage = ({ data }) => {
    if (!place.isConnected) source.close();
    else if (isPaused()) paused.push(data);
    else put(place, data);
    if (paused.length > keep(place)) paused.shift();
  };
  button?.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!isPaused()));
    if (isPaused()) return;
    for (const data of paused.splice(0)) put(place, data);
  });
  // A page that is left keeps no connection. A page that the browser restores from memory is reloaded.
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}

function keep(place: HTMLElement): number {
  return Number(place.dataset.liveKeep ?? 200);
}

function put(place: HTMLElement, data: string): void {
  const sent = document.createElement("template");
  sent.innerHTML = data;
  const into = place.dataset.liveInto ? place.querySelector(place.dataset.liveInto) : place;
  for (const element of [...sent.content.children]) {
    const old = element.id ? document.getElementById(element.id) : null;
    if (old && place.contains(old)) replace(old, element);
    else if (into) {
      element.classList.add("fresh");
      into.prepend(element);
      while (into.children.length > keep(place)) into.lastElementChild?.remove();
    }
  }
  drawCharts(place);
}

/** Replace a row or a part, and keep the focus if it was there: in the filter of a list, or at the first link. */
function replace(old: Element, element: Element): void {
  const had = old.contains(document.activeElement) ? document.activeElement : null;
  const caret = had instanceof HTMLInputElement ? had.selectionStart : null;
  old.replaceWith(element);
  setUpLists(element);
  labelCells(element);
  if (!had) return;
  const wanted = had.matches(".list-tools input") ? ".list-tools input" : "a[href], button, input";
  const next =
    element.querySelector<HTMLElement>(wanted) ?? element.querySelector<HTMLElement>("a[href], button, input");
  next?.focus();
  if (next instanceof HTMLInputElement && next.type === "search") next.setSelectionRange(caret, caret);
}
