import { binomialUpperTail } from '../statistics/binomial.ts';
import { holm } from '../statistics/holm.ts';
import type { DifferenceKind } from './differing-places.ts';
import type { Kind, Replayed } from './replayed.ts';

/** How often answers to a kind of request differ at a place. */
export interface DifferingPlace extends Kind {
  readonly path: string;
  /** Requests whose answers were compared: of all three copies, all of them good. */
  readonly compared: number;
  /** Requests for which the candidate differs from the old version. */
  readonly raw: number;
  /** Requests for which the old version's second copy does. */
  readonly noise: number;
  /** Of these, where only the candidate differs, and where only the second copy does. */
  readonly rawOnly: number;
  readonly noiseOnly: number;
  /** Chance of so many `rawOnly` among both if the candidate differed no more than the second copy does. */
  readonly p: number;
  /** The same, allowing for how many places were looked at (Holm). */
  readonly adjusted: number;
  /** The candidate differs by more than noise. */
  readonly systematic: boolean;
  /** How the candidate differs, and how often. */
  readonly kinds: Readonly<Partial<Record<DifferenceKind, number>>>;
  readonly examples: readonly { readonly id: string; readonly old: string; readonly now: string }[];
}

/** Of calling any place systematic where none is: 5 %. */
const RISK = 0.05;
const EXAMPLES = 3;

/**
 * Where the candidate differs from the old version more often than the old version from itself. For each kind of
 * request and place, McNemar's exact test, one-sided, on the requests for which just one of both differs; Holm's
 * correction over all places at which anything differed. The most certain first.
 */
export function differingOf(replayed: readonly Pick<Replayed, 'request' | 'differences'>[]): DifferingPlace[] {
  const compared = new Map<string, number>();
  const tallies = new Map<string, Tally>();
  for (const { request, differences } of replayed) {
    if (differences === undefined) continue;
    const kind = `${request.route}\n${request.inputClass}`;
    compared.set(kind, (compared.get(kind) ?? 0) + 1);
    for (const { path, raw, noise, values } of differences) {
      const { route, inputClass, id } = request;
      const key = `${kind}\n${path}`;
      const tally = tallies.get(key) ?? newTally({ route, inputClass }, kind, path);
      tallies.set(key, tally);
      if (raw !== null) {
        tally.raw += 1;
        tally.kinds[raw] = (tally.kinds[raw] ?? 0) + 1;
        if (values !== null && tally.examples.length < EXAMPLES) {
          tally.examples.push({ id, old: values[0], now: values[1] });
        }
      }
      if (noise !== null) tally.noise += 1;
      if (raw !== null && noise === null) tally.rawOnly += 1;
      if (raw === null && noise !== null) tally.noiseOnly += 1;
    }
  }
  const tested = [...tallies.values()]
    .map((tally) => ({ ...tally, p: binomialUpperTail(tally.rawOnly, tally.rawOnly + tally.noiseOnly, 0.5) }))
    .sort((a, b) => a.p - b.p || b.rawOnly - a.rawOnly || (nameOf(a) < nameOf(b) ? -1 : 1));
  const adjusted = holm(tested.map(({ p }) => p));
  return tested.map(({ kind, ...tally }, i) => {
    const own = adjusted[i] ?? 1;
    return { ...tally, compared: compared.get(kind) ?? 0, adjusted: own, systematic: own <= RISK };
  });
}

type Tally = { -readonly [Name in 'raw' | 'noise' | 'rawOnly' | 'noiseOnly']: number } & Kind & {
    readonly kind: string;
    readonly path: string;
    readonly kinds: Partial<Record<DifferenceKind, number>>;
    readonly examples: { id: string; old: string; now: string }[];
  };

function newTally({ route, inputClass }: Kind, kind: string, path: string): Tally {
  return { route, inputClass, kind, path, raw: 0, noise: 0, rawOnly: 0, noiseOnly: 0, kinds: {}, examples: [] };
}

function nameOf({ route, inputClass, path }: Kind & { readonly path: string }): string {
  return `${route}\n${inputClass}\n${path}`;
}
