import type { BodyDifferences, Evidence } from '@sluice/sdk';
import type { Replayed } from './replayed.ts';
import { type DifferingPlace, differingOf } from './systematic.ts';

/** Rows of kinds of request whose answers differ. */
const ROWS = 5;

/**
 * What the comparison of bodies says. Evidence travels into Temporal's histories, so it names routes and kinds of
 * difference; places and values stay in the report. A gate that rests on this says nothing where the second copy left out
 * more than `maxStale` of what passes.
 */
export function differenceRows(
  replayed: readonly Replayed[],
  options: BodyDifferences | null,
  maxStale: number,
): Evidence[] {
  if (options === null) return [];
  const compared = replayed.filter(({ differences }) => differences !== undefined).length;
  const passed = replayed.filter(({ outcome }) => outcome === 'pass').length;
  const metric = 'places where answers differ by more than noise';
  if (compared === 0) {
    if (passed === 0) return [];
    const verdict = options.as === 'block' ? 'inconclusive' : 'pass';
    const note = 'not compared: a second copy of the old version gave no answers';
    return [{ metric, verdict, value: null, threshold: '= 0', n: 0, note }];
  }
  const places = differingOf(replayed);
  const systematic = places.filter((place) => place.systematic);
  const left = passed - compared;
  const unsaid = left / passed <= maxStale ? 'pass' : 'inconclusive';
  const blocking = systematic.length > 0 ? 'fail' : unsaid;
  const verdict = options.as === 'block' ? blocking : 'pass';
  const warning = systematic.length > 0 && options.as === 'warn' ? ['a warning only'] : [];
  const others = places.length - systematic.length;
  const note = [
    `${systematic.length} of ${places.length} places where anything differs, of ${compared} requests compared`,
    ...warning,
    ...(left > 0 ? [`${left} not compared: the second copy of the old version did not answer them`] : []),
    ...(others > 0 ? [`${others} no more than the old version differs from itself`] : []),
  ].join('; ');
  const row: Evidence = { metric, verdict, value: systematic.length, threshold: '= 0', n: compared, note };
  return [row, ...systematic.slice(0, ROWS).map((place) => placeRow(place, verdict))];
}

function placeRow(place: DifferingPlace, verdict: Evidence['verdict']): Evidence {
  const { route, compared, raw, noise, adjusted, kinds } = place;
  const how = Object.entries(kinds)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([kind, count]) => `${kind} ${count}`);
  return {
    metric: 'share of answers that differ at a place',
    slice: route,
    verdict,
    value: raw / compared,
    baseline: noise / compared,
    p: adjusted,
    n: compared,
    note: `${how.join(', ')}; the report names the place`,
  };
}
