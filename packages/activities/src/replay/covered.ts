import type { Outcome, Replayed } from './replayed.ts';
import { nameOf, OTHER, type Sample, type Stratum } from './sample.ts';

export type Counts = Readonly<Record<Outcome | 'sent' | 'waived', number>>;

/** What came of the requests of each stratum; a stratum of which none was sent is left out. */
export function countsByStratum(
  sample: Sample,
  replayed: readonly Replayed[],
  waived: ReadonlySet<Replayed> = new Set(),
): Map<Stratum, Counts> {
  const strata = new Map(sample.strata.map((stratum) => [nameOf(stratum), stratum]));
  const counts = new Map<Stratum, Record<keyof Counts, number>>();
  for (const one of replayed) {
    const { request, outcome } = one;
    const status = `${Math.floor(request.status / 100)}xx`;
    const stratum =
      strata.get(nameOf({ ...request, outcome: status })) ?? strata.get(nameOf({ ...OTHER, outcome: status }));
    if (stratum === undefined) continue;
    const known = counts.get(stratum) ?? {
      sent: 0,
      pass: 0,
      stale: 0,
      regression: 0,
      flaky: 0,
      unconfirmed: 0,
      waived: 0,
    };
    known.sent += 1;
    known[outcome] += 1;
    if (waived.has(one)) known.waived += 1;
    counts.set(stratum, known);
  }
  return counts;
}
