let tip: HTMLElement | undefined;

/** Show the tip of a mark beside the pointer or the focused mark. Escape hides it. */
export function showTips(box: HTMLElement): void {
  const from = (event: Event) => (event.target as Element).closest<SVGElement>("[data-tip]");
  box.addEventListener("pointermove", (event) => {
    const mark = from(event);
    if (mark) show(mark, event.clientX, event.clientY);
    else hide();
  });
  box.addEventListener("pointerleave", hide);
  box.addEventListener("focusin", (event) => {
    const mark = from(event);
    if (!mark?.matches(":focus-visible")) return;
    const { left, width, bottom } = mark.getBoundingClientRect();
    show(mark, left + width / 2 - 14, bottom - 8);
  });
  box.addEventListener("focusout", hide);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
}

function show(mark: SVGElement, x: number, y: number): void {
  tip ??= document.body.appendChild(Object.assign(document.createElement("div"), { className: "tip" }));
  tip.setAttribute("aria-hidden", "true");
  tip.hidden = false;
  tip.textContent = mark.dataset.tip ?? "";
  const { width, height } = tip.getBoundingClientRect();
  const top = y + 16 + height > window.innerHeight ? y - height - 10 : y + 16;
  tip.style.left = `${Math.max(8, Math.min(x + 14, window.innerWidth - width - 8))}px`;
  tip.style.top = `${top}px`;
}

function hide(): void {
  if (tip) tip.hidden = true;
}
