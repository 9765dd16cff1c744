/** Return the lower edges of the shades, as the report's map has them: 1, 2 or 5 times a power of ten. */
export function shadeEdges(most: number): number[] {
  if (!(most > 0)) return [];
  const nice = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((factor) => factor * 10 ** power)).flat();
  const near = (aim: number) =>
    nice.reduce((best, one) => (Math.abs(Math.log(one / aim)) < Math.abs(Math.log(best / aim)) ? one : best));
  const steps = [0, 1, 2, 3, 4].map((part) => near(most ** (part / 5))).filter((one) => one <= most);
  return [...new Set(steps)].sort((a, b) => a - b);
}

/**
 * Return the lower edges of at most five shades for these counts, so that a shade holds counts that are near
 * one another: the breaks with the least variance of the logarithms within a shade, at round numbers.
 */
export function naturalEdges(counts: readonly number[]): number[] {
  const sorted = [...new Set(counts.filter((one) => one > 0))].sort((a, b) => a - b);
  const first = sorted[0];
  if (first === undefined) return [];
  const logs = sorted.map(Math.log);
  const starts = sorted.length <= 5 ? sorted.map((_, index) => index) : breaks(logs, 5);
  const edges = starts.slice(1).map((at) => roundBetween(sorted[at - 1] ?? 0, sorted[at] ?? 0));
  return [Math.min(first, roundBetween(0, first)), ...edges];
}

/** Return where each of `classes` parts of sorted values begins, with the least sum of squares within parts. */
function breaks(values: readonly number[], classes: number): number[] {
  const spread = (from: number, until: number) => {
    const part = values.slice(from, until);
    const mean = part.reduce((sum, one) => sum + one, 0) / part.length;
    return part.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  };
  let best: { cost: number; starts: number[] }[] = values.map((_, at) => ({ cost: spread(0, at + 1), starts: [0] }));
  for (let made = 1; made < classes; made++) {
    const before = best;
    best = values.map((_, at) => {
      let least = { cost: Number.POSITIVE_INFINITY, starts: [0] };
      for (let from = made; from <= at; from++) {
        const left = before[from - 1];
        const cost = (left?.cost ?? 0) + spread(from, at + 1);
        if (left && left.starts.length === made && cost < least.cost) least = { cost, starts: [...left.starts, from] };
      }
      return least;
    });
  }
  return best[best.length - 1]?.starts ?? [0];
}

/** Return the roundest whole number above `low` and up to `high`: the fewest digits that are not zero. */
function roundBetween(low: number, high: number): number {
  for (let power = 10 ** Math.floor(Math.log10(high)); power >= 1; power /= 10) {
    const round = Math.floor(high / power) * power;
    if (round > low) return round;
  }
  return high;
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
