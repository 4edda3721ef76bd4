import type { Suite } from '@sluice/sdk';
import type { Comparison } from './compare-means.ts';

/** What a verdict rests on, and how many cases would do where they are too few; undefined where nothing is to be said. */
export async function comparisonNote(found: Comparison, metric: Suite['metric']): Promise<string | undefined> {
  const parts: string[] = [];
  if (found.verdict === 'inconclusive') parts.push(tooFew(await found.needed()));
  if (metric !== 'correct' && found.verdict !== 'fail') {
    parts.push(`reckons with a case that loses ${short(found.reckoned)}`);
  }
  if (found.beyond !== null) parts.push(`a case lost ${short(found.beyond)}, more than the suite's worst`);
  return parts.length === 0 ? undefined : parts.join('; ');
}

function tooFew(needed: number | null): string {
  if (needed === null) return 'too few cases to tell, and the gain is so near −margin that no number of cases would do';
  return `too few cases to tell: about ${rounded(needed)} like these would do`;
}

/** Up to two digits that count, never down: 368 is 370. */
function rounded(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return (Math.ceil(count / unit) * unit).toLocaleString('en');
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
