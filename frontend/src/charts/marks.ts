/**
 * One stop of the Tab key for all marks of a drawing; arrow keys go to the nearest mark that way, Home and End to the
 * first and last. A mark that is in view again after a new drawing has the focus that it had.
 */
export function roving(box: HTMLElement): void {
  box.addEventListener("keydown", (event) => {
    const now = (event.target as Element).closest<SVGAElement>("a.mark");
    if (!now || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = aim(event.key, now, marks(box));
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  box.addEventListener("focusin", (event) => {
    const now = (event.target as Element).closest("a.mark");
    if (now) stop(box, now);
  });
}

export function marks(box: Element): SVGAElement[] {
  return [...box.querySelectorAll<SVGAElement>("a.mark")];
}

/** Make one mark the stop: the one given, else the first. */
export function stop(box: Element, one: Element | undefined): void {
  const all = marks(box);
  const chosen = one ?? all.find((mark) => mark.classList.contains("here")) ?? all[0];
  for (const mark of all) mark.setAttribute("tabindex", mark === chosen ? "0" : "-1");
}

const WAYS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function aim(key: string, now: SVGAElement, all: SVGAElement[]): SVGAElement | undefined {
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  const way = WAYS[key];
  if (!way) return undefined;
  const [x, y] = centre(now);
  let best: SVGAElement | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const mark of all) {
    const [dx, dy] = [centre(mark)[0] - x, centre(mark)[1] - y];
    const ahead = dx * way[0] + dy * way[1];
    const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    if (mark === now || ahead <= 0.5 || aside > ahead * 2.5) continue;
    if (ahead + aside * 2 < least) [best, least] = [mark, ahead + aside * 2];
  }
  return best;
}

/** The middle of what is drawn, without the room around it that can be clicked. */
function centre(mark: SVGAElement): [number, number] {
  const shape = mark.querySelector(":not(.hit, .ring)") ?? mark;
  const { left, top, width, height } = (mark.querySelector("text.label") ?? shape).getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}
