/** How much of a run a report shows. */
export interface Limits {
  /** Rows of evidence of one step. */
  readonly rows: number;
  /** Worst cases of one evaluation, and regressions of one replay. */
  readonly cases: number;
  /** Characters of one text. */
  readonly characters: number;
  /** Columns of one dataset with their histograms. */
  readonly columns: number;
  /** Steps of one kind that are shown in full. */
  readonly steps: number;
}

/** Of an ordinary run nothing is left out. */
export const limits: Limits = { rows: 500, cases: 20, characters: 4_000, columns: 200, steps: 60 };

/** The next smaller ones, for what became too large. */
export function halved(given: Limits): Limits {
  const half = (value: number, least: number) => Math.max(least, Math.floor(value / 2));
  return {
    rows: half(given.rows, 5),
    cases: half(given.cases, 1),
    characters: half(given.characters, 100),
    columns: half(given.columns, 2),
    steps: half(given.steps, 2),
  };
}

/** The first of a list, and how many there are besides. */
export function firstOf<Value>(
  list: readonly Value[],
  most: number,
): { readonly first: readonly Value[]; readonly more: number } {
  return { first: list.slice(0, most), more: Math.max(0, list.length - most) };
}

/** A text's beginning, and what was cut off in words. A sign of two halves is not cut in its middle. */
export function cutText(text: string, most: number): { readonly text: string; readonly cut: number } {
  if (text.length <= most) return { text, cut: 0 };
  const end = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return { text: text.slice(0, end), cut: text.length - end };
}
