import { word } from "./words";

const ENOUGH = 3;

/**
 * Say beside the field that a reason is too short before the form is sent, so that the officer stays on the page. The
 * server decides (`require_reason`), and refuses every text that is too short here.
 */
export function setUpReasons(): void {
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) || field.name !== "why") return;
    field.setCustomValidity(field.value.trim() && isTooShort(field.value) ? word("reason") : "");
  });
}

/** Whether a text has no number, and fewer than three different words of at least two different letters. */
function isTooShort(text: string): boolean {
  const plain = text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u200c\u200d]/g, "");
  if (/\p{N}/u.test(plain)) return false;
  const words = plain.match(/[\p{L}\p{M}]+/gu) ?? [];
  return new Set(words.filter((one) => new Set(one).size > 1)).size < ENOUGH;
}
