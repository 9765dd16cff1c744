/**
 * Make all marks of a drawing a single tab stop. Arrow keys go to the nearest mark in that direction, Home
 * and End to the first and last. After a new drawing, the same mark has the focus again.
 */
export function enableArrowKeys(box: HTMLElement): void {
  box.addEventListener("keydown", (event) => {
    const now = (event.target as Element).closest<SVGAElement>("a.mark");
    if (!now || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = nearestMark(event.key, now, marks(box));
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  box.addEventListener("focusin", (event) => {
    const now = (event.target as Element).closest("a.mark");
    if (now) setTabStop(box, now);
  });
}

export function marks(box: Element): SVGAElement[] {
  return [...box.querySelectorAll<SVGAElement>("a.mark")];
}

/** Make one mark the tab stop: the given one, or the first. */
export function setTabStop(box: Element, one: Element | undefined): void {
  const all = marks(box);
  const chosen = one ?? all.find((mark) => mark.classList.contains("here")) ?? all[0];
  for (const mark of all) mark.setAttribute("tabindex", mark === chosen ? "0" : "-1");
}

const DIRECTIONS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function nearestMark(key: string, now: SVGAElement, all: SVGAElement[]): SVGAElement | undefined {
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  const direction = DIRECTIONS[key];
  if (!direction) return undefined;
  const [x, y] = centre(now);
  let best: SVGAElement | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const mark of all) {
    const [dx, dy] = [centre(mark)[0] - x, centre(mark)[1] - y];
    const ahead = dx * direction[0] + dy * direction[1];
    const aside = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0]);
    if (mark === now || ahead <= 0.5 || aside > ahead * 2.5) continue;
    if (ahead + aside * 2 < least) [best, least] = [mark, ahead + aside * 2];
  }
  return best;
}

/** Return the centre of a mark's shape, without the invisible area around it that can be clicked. */
function centre(mark: SVGAElement): [number, number] {
  const shape = mark.querySelector(":not(.hit, .ring)") ?? mark;
  const { left, top, width, height } = (mark.querySelector("text.label") ?? shape).getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}
