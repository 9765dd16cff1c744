import { drawAll } from "./charts/figure";

/**
 * Where `data-live="/url"` stands, what the server sends is put in: each message is HTML, and each of its elements takes
 * the place of the one with its id, or comes first in `data-live-into` (else in the element itself). `data-live-keep`
 * says how many stay; `data-live-state` is `open` or `lost`; a `data-live-pause` button holds messages back.
 */
export function live(part: ParentNode): void {
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
  // A page that is left keeps no connection, and one that comes back by the browser's memory has a new one.
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
  drawAll(place);
}

/** A row that is replaced keeps the focus that was in it. */
function replace(old: Element, element: Element): void {
  const had = old.contains(document.activeElement);
  old.replaceWith(element);
  if (had) element.querySelector<HTMLElement>("a[href], button, input")?.focus();
}
