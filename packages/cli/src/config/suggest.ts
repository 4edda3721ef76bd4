import { closest } from '@sluice/sdk';

/** ` Did you mean "classes"?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const guess = closest(word, known);
  return guess === null ? '' : ` Did you mean "${guess}"?`;
}
