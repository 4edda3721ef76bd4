import { inputClassOf, routeOf } from './input-class.ts';
import type { Outcome, Replayed } from './replay-requests.ts';
import { nameOf, OTHER, type Sample, type Stratum } from './sample.ts';

export type Counts = Readonly<Record<Outcome | 'sent', number>>;

/** What came of the requests of each stratum; a stratum of which none was sent is left out. */
export function countsByStratum(sample: Sample, replayed: readonly Replayed[]): Map<Stratum, Counts> {
  const strata = new Map(sample.strata.map((stratum) => [nameOf(stratum), stratum]));
  const counts = new Map<Stratum, Record<Outcome | 'sent', number>>();
  for (const { request, outcome } of replayed) {
    const status = `${Math.floor(request.status / 100)}xx`;
    const own = { route: routeOf(request.method, request.path), inputClass: inputClassOf(request.body) };
    const stratum =
      strata.get(nameOf({ ...own, outcome: status })) ?? strata.get(nameOf({ ...OTHER, outcome: status }));
    if (stratum === undefined) continue;
    const known = counts.get(stratum) ?? { sent: 0, pass: 0, stale: 0, regression: 0, flaky: 0, unconfirmed: 0 };
    known.sent += 1;
    known[outcome] += 1;
    counts.set(stratum, known);
  }
  return counts;
}
