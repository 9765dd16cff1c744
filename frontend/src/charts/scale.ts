/** Return the lower edges of the shades, as the report's map has them: 1, 2 or 5 times a power of ten. */
export function shadeEdges(most: number): number[] {
  if (!(most > 0)) return [];
  const nice = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((factor) => factor * 10 ** power)).flat();
  const near = (aim: number) =>
    nice.reduce((best, one) => (Math.abs(Math.log(one / aim)) < Math.abs(Math.log(best / aim)) ? one : best));
  const found = [0, 1, 2, 3, 4].map((part) => near(most ** (part / 5))).filter((one) => one <= most);
  return [...new Set(found)].sort((a, b) => a - b);
}

/**
 * Return the edges of five shades of equal width, for counts that are near one another, such as those of
 * hours.
 */
export function evenEdges(most: number): number[] {
  if (!(most > 0)) return [];
  return [
    ...new Set([0, 1, 2, 3, 4].map((part) => Math.max(1, Math.floor((most * part) / 5) + (part ? 1 : 0)))),
  ].filter((one) => one <= most);
}

/** Return which of the shades 0 to 5 a value has: 0 for none; the highest is the darkest. */
export function shade(value: number, steps: readonly number[]): number {
  const passed = steps.filter((step) => value >= step).length;
  return passed && passed + 5 - steps.length;
}

const NUMBERS = new Intl.NumberFormat("en-GB");

/** Return a count as the pages write it, in every language: 1,234,567. */
export function formatCount(value: number): string {
  return NUMBERS.format(value);
}

/** Return the locale of dates: `18 Oct`, not `Oct 18`. */
export function locale(): string {
  return `${(document.documentElement.lang || "en").slice(0, 2)}-IN`;
}

/** Return the counts of each shade in words: `2-4`. */
export function ranges(steps: readonly number[]): string[] {
  return steps.map((low, index) => {
    const next = steps[index + 1];
    if (next === undefined) return `${formatCount(low)}+`;
    return next - 1 > low ? `${formatCount(low)}–${formatCount(next - 1)}` : formatCount(low);
  });
}
