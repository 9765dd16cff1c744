/**
 * Complete the query of the leads page while you type: fields, and values of those whose values are few. The list is a
 * listbox of the field; the focus stays in the field. Nothing that is typed is sent before the form is.
 */
const MOST = 8;

interface Known {
  values: Record<string, string[]>;
  without: string[];
}

/** The part of the query that the caret is in, and what could stand there. */
export interface Completion {
  from: number;
  to: number;
  options: string[];
}

export function setUpQuery(): void {
  const field = document.querySelector<HTMLInputElement>("input[data-completes]");
  const list = field?.form?.querySelector<HTMLElement>("[role=listbox]");
  if (!field || !list) return;
  let known: Promise<Known> | null = null;
  let completion: Completion = { from: 0, to: 0, options: [] };
  let active = -1;
  const close = () => {
    list.hidden = true;
    active = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (at: number) => {
    const text = completion.options[at];
    if (text === undefined) return;
    const isField = text.endsWith(":");
    field.setRangeText(isField ? text : `${text} `, completion.from, completion.to, "end");
    close();
    if (isField) void show();
  };
  const show = async () => {
    known ??= fetch(field.dataset.completes ?? "").then((answer) => (answer.ok ? answer.json() : Promise.reject()));
    try {
      completion = complete(field.value, field.selectionStart ?? 0, await known);
    } catch {
      known = null;
      return close();
    }
    if (!completion.options.length || document.activeElement !== field) return close();
    list.replaceChildren(...completion.options.map(option));
    list.hidden = false;
    active = -1;
    field.setAttribute("aria-expanded", "true");
    field.removeAttribute("aria-activedescendant");
  };
  field.addEventListener("input", () => void show());
  field.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    choose([...list.children].indexOf((event.target as HTMLElement).closest("[role=option]") as HTMLElement));
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (event.key === "ArrowDown") void show();
      return;
    }
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && active >= 0) choose(active);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const count = list.children.length;
      active = event.key === "ArrowDown" ? (active + 1) % count : (active + count - (active < 0 ? 0 : 1)) % count;
      [...list.children].forEach((one, at) => {
        one.setAttribute("aria-selected", String(at === active));
      });
      list.children[active]?.scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", `completion-${active}`);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function option(text: string, at: number): HTMLElement {
  const made = document.createElement("div");
  made.id = `completion-${at}`;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  made.textContent = text;
  return made;
}

/** What could stand where the caret is: a field before a colon, a value behind it; values with spaces in quotes. */
export function complete(text: string, caret: number, known: Known): Completion {
  const before = text.slice(0, caret);
  const from = beginOfPart(before);
  const part = before.slice(from);
  const minus = part.startsWith("-") ? "-" : "";
  const colon = part.indexOf(":");
  const to = caret + (/^[^\s,"]*/.exec(text.slice(caret))?.[0].length ?? 0);
  if (colon < 0) {
    const fields = minus ? known.without : Object.keys(known.values);
    const typed = part.slice(minus.length).toLowerCase();
    const options = fields.filter((one) => one.startsWith(typed)).map((one) => `${minus}${one}:`);
    return { from, to, options: options.slice(0, minus || typed ? MOST : fields.length) };
  }
  const begins = from + Math.max(colon, part.lastIndexOf(",")) + 1;
  const typed = text.slice(begins, caret).replaceAll('"', "").toLowerCase();
  const values = known.values[part.slice(minus.length, colon).toLowerCase()] ?? [];
  const near = values.filter((one) => one.toLowerCase().includes(typed) && one.toLowerCase() !== typed);
  near.sort((a, b) => Number(b.toLowerCase().startsWith(typed)) - Number(a.toLowerCase().startsWith(typed)));
  return { from: begins, to, options: near.slice(0, MOST).map((one) => (/[\s,]/.test(one) ? `"${one}"` : one)) };
}

function beginOfPart(before: string): number {
  let at = 0;
  let isQuoted = false;
  for (let i = 0; i < before.length; i++) {
    if (before[i] === '"') isQuoted = !isQuoted;
    else if (/\s/.test(before[i] as string) && !isQuoted) at = i + 1;
  }
  return at;
}
