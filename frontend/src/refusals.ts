import { word } from "./words";

/** What an answer says of a refusal: errors of a page that came back with its form, or of the page of a failure. */
const SAYS = ".failed, .conflict, .flash.stop[role=alert], .error";

/**
 * Show beside a form why it was refused, and go there. What the officer typed stays as it is. `html` is the answer: a
 * part of a page, or a whole one.
 */
export function showRefusal(form: HTMLFormElement, button: HTMLElement | null, html: string, status: number): void {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const own = sameForm(answer, form, button) ?? answer.body;
  const errors = [...own.querySelectorAll(SAYS)];
  const parts = errors.length ? errors : [...answer.querySelectorAll(SAYS)];
  const box = openBox(form, button);
  renewTokens(answer);
  for (const part of parts.length ? parts : [paragraph(`${word("fault")} (${status})`)]) {
    const copy = document.createElement("div");
    copy.replaceChildren(...part.childNodes);
    copy.className = part.classList.contains("conflict") ? "conflict" : "";
    for (const one of copy.querySelectorAll("[id]")) one.removeAttribute("id");
    box.append(copy);
  }
  for (const field of own.querySelectorAll<HTMLInputElement>("[aria-invalid=true]")) mark(form, field.name);
  box.focus();
}

/** Say beside a form that no answer came. Whether the server did what was asked is not known then. */
export function showNoAnswer(form: HTMLFormElement, button: HTMLElement | null): void {
  const box = openBox(form, button);
  const link = document.createElement("a");
  Object.assign(link, { href: window.location.href, target: "_blank", rel: "noopener", textContent: word("newTab") });
  const last = paragraph("");
  last.append(link);
  box.append(paragraph(word("noAnswer")), paragraph(word("typedStays")), last);
  box.focus();
}

/** Take away what was said about an earlier sending of the form. */
export function clearRefusal(form: HTMLFormElement): void {
  for (const box of form.querySelectorAll(".refused")) box.remove();
  for (const field of form.querySelectorAll("[data-refused]")) {
    field.removeAttribute("data-refused");
    field.removeAttribute("aria-invalid");
  }
}

function openBox(form: HTMLFormElement, button: HTMLElement | null): HTMLElement {
  clearRefusal(form);
  // A field that sends its form when files are chosen tells nothing when the same ones are chosen again.
  for (const field of form.querySelectorAll<HTMLInputElement>("input[type=file][data-submits]")) field.value = "";
  const box = document.createElement("div");
  box.className = "refused";
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  const inside = button && form.contains(button) ? button : (form.querySelector("button") ?? form.lastElementChild);
  const row = inside?.closest(".actions, .bulk");
  if (!inside) form.append(box);
  else (row && row !== form && form.contains(row) ? row : inside).before(box);
  return box;
}

/** Return the form of a page that came back which is the one that was sent. */
function sameForm(answer: Document, form: HTMLFormElement, button: HTMLElement | null): Element | null {
  const actions = [button?.getAttribute("formaction"), form.getAttribute("action")].filter(Boolean);
  const forms = [...answer.querySelectorAll("form")];
  return forms.find((one) => actions.includes(one.getAttribute("action"))) ?? null;
}

function mark(form: HTMLFormElement, name: string): void {
  for (const field of form.querySelectorAll<HTMLElement>(`[name="${CSS.escape(name)}"]`)) {
    field.setAttribute("aria-invalid", "true");
    field.dataset.refused = "";
  }
}

/**
 * A form of an older session can be sent again when its officer has signed in again: the refusal brings the token of
 * this session. A page of another officer keeps its token.
 */
function renewTokens(answer: Document): void {
  const { token, officer } = answer.querySelector<HTMLElement>("[data-token]")?.dataset ?? {};
  const page = document.querySelector<HTMLMetaElement>('meta[name="form-token"]');
  if (!token || !page || page.dataset.officer !== officer) return;
  page.content = token;
  for (const field of document.querySelectorAll<HTMLInputElement>("input[name=form_token]")) field.value = token;
}

function paragraph(text: string): HTMLParagraphElement {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}
