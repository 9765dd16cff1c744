import { marks } from "./marks";

/**
 * Let several marks of a chart be chosen at once: by dragging over them, or by Shift and the arrow keys and
 * Enter. The page is then filtered by all of them. `data-brush` names the field of the filter; `day` becomes a
 * range from the first day to the last.
 */
export function enableBrush(figure: HTMLElement, box: HTMLElement): void {
  const field = figure.dataset.brush;
  if (!field) return;
  let from: SVGAElement | null = null;
  let to: SVGAElement | null = null;
  let isDragging = false;
  const chosen = () => (from && to ? between(box, from, to) : []);
  const show = () => {
    const now = new Set(chosen());
    for (const mark of marks(box)) mark.classList.toggle("brushed", now.size > 1 && now.has(mark));
  };
  const forget = () => {
    from = to = null;
    isDragging = false;
    show();
  };
  const go = (): boolean => {
    const some = chosen();
    if (some.length < 2) return false;
    window.location.assign(filterBy(field, some));
    return true;
  };
  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    from = to = markAt(event.target);
    isDragging = from !== null;
  });
  box.addEventListener("pointermove", (event) => {
    if (!isDragging) return;
    to = markAt(document.elementFromPoint(event.clientX, event.clientY)) ?? to;
    show();
  });
  window.addEventListener("pointerup", () => {
    if (!isDragging) return;
    isDragging = false;
    if (!go()) return forget();
    // The click that ends a drag follows no link.
    box.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
  });
  box.addEventListener("dragstart", (event) => event.preventDefault());
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return forget();
    if (event.key === "Enter" && chosen().length > 1) {
      event.preventDefault();
      go();
    }
    if (!event.key.startsWith("Arrow")) return;
    if (!event.shiftKey) return forget();
    from ??= markAt(event.target);
    // The focus moves first.
    queueMicrotask(() => {
      to = markAt(document.activeElement);
      show();
    });
  });
}

function markAt(at: EventTarget | null): SVGAElement | null {
  return at instanceof Element ? at.closest<SVGAElement>("a.mark") : null;
}

/** Return the marks whose middle lies in the rectangle from one mark to another. */
function between(box: HTMLElement, one: SVGAElement, other: SVGAElement): SVGAElement[] {
  const [a, b] = [area(one), area(other)];
  const [left, right] = [Math.min(a.left, b.left), Math.max(a.right, b.right)];
  const [top, bottom] = [Math.min(a.top, b.top), Math.max(a.bottom, b.bottom)];
  return marks(box).filter((mark) => {
    const its = area(mark);
    const [x, y] = [(its.left + its.right) / 2, (its.top + its.bottom) / 2];
    return x >= left && x <= right && y >= top && y <= bottom;
  });
}

function area(mark: SVGAElement): DOMRect {
  return (mark.querySelector(".hit, .cell") ?? mark).getBoundingClientRect();
}

/** Return the page filtered by the values of these marks, which their own links have. */
function filterBy(field: string, some: readonly SVGAElement[]): string {
  const links = some.map((mark) => new URL(mark.getAttribute("href") ?? "", window.location.href));
  const url = links[0] ?? new URL(window.location.href);
  const values = links.flatMap((link) => link.searchParams.getAll(field)).sort();
  for (const name of field === "day" ? ["day", "since", "until"] : [field]) url.searchParams.delete(name);
  if (field === "day") {
    url.searchParams.set("since", values[0] ?? "");
    url.searchParams.set("until", values[values.length - 1] ?? "");
  } else for (const value of values) url.searchParams.append(field, value);
  return `${url.pathname}${url.search}`;
}
