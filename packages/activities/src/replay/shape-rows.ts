import type { Evidence } from '@sluice/sdk';
import type { Replayed } from './replayed.ts';
import { shapeNoiseOf, withinNoise } from './shape-noise.ts';
import type { DifferingPlace } from './systematic.ts';

/** Rows of places where the shape of answers is noise. */
const ROWS = 3;

/**
 * What is let pass because the old version's own answers change their shape as well. Evidence travels into Temporal's
 * histories, so places stay in the report. None where nothing was let pass.
 */
export function shapeRows(replayed: readonly Replayed[]): Evidence[] {
  const excused = withinNoise(replayed).length;
  if (excused === 0) return [];
  const { places } = shapeNoiseOf(replayed);
  const n = replayed.filter(({ differences }) => differences !== undefined).length;
  const row: Evidence = {
    metric: 'requests whose answers differ in shape no more than the old version from itself',
    verdict: 'pass',
    value: excused,
    n,
    note: `no regressions; ${places.length} ${places.length === 1 ? 'place' : 'places'}, named in the report`,
  };
  const shown = places.filter(({ raw }) => raw > 0).sort((a, b) => b.raw - a.raw);
  return [row, ...shown.slice(0, ROWS).map(placeRow)];
}

function placeRow({ route, compared, raw, noise, adjusted, kinds }: DifferingPlace): Evidence {
  return {
    metric: 'share of answers that differ in shape at a place',
    slice: route,
    verdict: 'pass',
    value: raw / compared,
    baseline: noise / compared,
    p: adjusted,
    n: compared,
    note: `${Object.keys(kinds).sort().join(', ')}: ${raw} of ${compared}, the old version from itself ${noise}; the report names the place`,
  };
}
