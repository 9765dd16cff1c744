import { word } from "./words";

/**
 * Lead through the page by the sentences of its introduction: each points to a part of the page (`data-at`), which is
 * brought into sight and framed. Escape ends it. A sentence whose part is not on the page is left out.
 */
export function setUpTours(): void {
  const tour = document.querySelector<HTMLElement>(".tour");
  const stops = [...(tour?.querySelectorAll<HTMLElement>("li[data-at]") ?? [])].flatMap((item) => {
    const at = findShown(item.dataset.at ?? "");
    return at ? [{ text: item.textContent ?? "", at }] : [];
  });
  if (!tour || !stops.length) return;
  const begin = document.createElement("button");
  begin.type = "button";
  begin.className = "btn q small";
  begin.textContent = word("showMe");
  tour.querySelector(".actions")?.prepend(begin);
  begin.addEventListener("click", () => new Guide(stops, begin).go(0));
}

function findShown(selector: string): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(selector)].find((one) => one.checkVisibility());
}

interface Stop {
  text: string;
  at: HTMLElement;
}

class Guide {
  private readonly box = document.createElement("section");
  private readonly text = document.createElement("p");
  private readonly back = button(word("previous"), () => this.go(this.now - 1));
  private readonly next = button(word("next"), () => this.go(this.now + 1));
  private now = 0;

  constructor(
    private readonly stops: Stop[],
    private readonly from: HTMLElement,
  ) {
    this.box.className = "guide screen";
    this.box.setAttribute("aria-label", word("showMe"));
    this.text.setAttribute("role", "status");
    const actions = document.createElement("div");
    actions.className = "actions";
    actions.append(
      this.back,
      this.next,
      button(word("endTour"), () => this.end()),
    );
    this.box.append(this.text, actions);
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.end();
    });
    document.querySelector("main")?.append(this.box);
  }

  go(to: number): void {
    const stop = this.stops[to];
    if (!stop) {
      this.end();
      return;
    }
    this.frame(false);
    this.now = to;
    this.frame(true);
    this.text.textContent = `${to + 1} / ${this.stops.length}  ${stop.text}`;
    this.back.disabled = to === 0;
    stop.at.scrollIntoView({ block: "center" });
    this.next.focus({ preventScroll: true });
  }

  private frame(is: boolean): void {
    this.stops[this.now]?.at.classList.toggle("guided", is);
  }

  private end(): void {
    this.frame(false);
    this.box.remove();
    this.from.focus();
  }
}

function button(text: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn q small";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}
