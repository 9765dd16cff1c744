import { drawCharts } from "./charts/figure";

/**
 * Show what the server sends to an element with `data-live="/url"`. Each message is HTML. Each of its
 * elements replaces the element with its id, or goes first into `data-live-into` (otherwise into the
 * element itself). `data-live-keep` is the maximum of elements. `data-live-state` is `open` or `lost`. A
 * `data-live-pause` button holds messages back.
 */
export function connectLive(part: ParentNode): void {
  const found = [...part.querySelectorAll<HTMLElement>("[data-live]")];
  if (part instanceof HTMLElement && part.matches("[data-live]")) found.push(part);
  for (const place of found) {
    if (place.dataset.liveState === undefined) follow(place);
  }
}

function follow(place: HTMLElement): void {
  const source = new EventSource(place.dataset.live ?? "");
  const held: string[] = [];
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
    else if (isPaused()) held.push(data);
    else put(place, data);
    if (held.length > keep(place)) held.shift();
  };
  button?.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!isPaused()));
    if (isPaused()) return;
    for (const data of held.splice(0)) put(place, data);
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

/** Replace a row, and keep the focus if it was in the row. */
function replace(old: Element, element: Element): void {
  const had = old.contains(document.activeElement);
  old.replaceWith(element);
  if (had) element.querySelector<HTMLElement>("a[href], button, input")?.focus();
}
