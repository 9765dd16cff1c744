import { formatCount } from "./charts/scale";

/**
 * Set up selection in a form with `data-bulk`: `data-all` ticks all rows, Shift extends the selection, and
 * `data-picked` shows the count.
 */
export function setUpSelection(): void {
  let last: HTMLInputElement | null = null;
  document.addEventListener("click", (event) => {
    const box = event.target as HTMLInputElement;
    const form = box.closest?.<HTMLFormElement>("form[data-bulk]");
    if (!form || box.type !== "checkbox") return;
    const all = boxes(form);
    if (box.matches("[data-all]")) for (const one of all) one.checked = box.checked;
    else {
      if (event.shiftKey && last) between(all, last, box);
      last = box;
    }
    showCount(form, all);
  });
}

function boxes(form: HTMLFormElement): HTMLInputElement[] {
  const all = [...form.querySelectorAll<HTMLInputElement>("tbody input[type=checkbox]")];
  return all.filter((one) => one.closest("tr")?.checkVisibility());
}

function between(all: HTMLInputElement[], from: HTMLInputElement, to: HTMLInputElement): void {
  const [a, b] = [all.indexOf(from), all.indexOf(to)].sort((x, y) => x - y) as [number, number];
  if (a < 0) return;
  for (const one of all.slice(a, b + 1)) one.checked = to.checked;
}

function showCount(form: HTMLFormElement, all: HTMLInputElement[]): void {
  const picked = all.filter((one) => one.checked).length;
  for (const place of form.querySelectorAll("[data-picked]")) {
    place.textContent = formatCount(picked);
  }
  const whole = form.querySelector<HTMLInputElement>("[data-all]");
  if (!whole) return;
  whole.checked = picked > 0 && picked === all.length;
  whole.indeterminate = picked > 0 && picked < all.length;
}
