import type { Json } from '@sluice/sdk';
import { upToOne } from '../facts.ts';
import { badAnswer, badExpected, type CorpusMetric, show } from '../metric.ts';
import type { OptionReader } from '../options.ts';
import { averageF1, type ClassCounts } from './classification.ts';

/** What one case contributes, by label. */
type EntityCounts = { readonly [label: string]: ClassCounts };

/**
 * F1 of entities, each a `{ start, end, label }`: an entity is found where all three are equal, and one that is said
 * twice counts once. `micro` counts entities of all labels together, `macro` is the mean over labels; both as seqeval
 * computes them.
 *
 * Options: `average`, `micro` or `macro`, @default micro.
 */
export function entityF1(options: OptionReader): CorpusMetric<EntityCounts> {
  const average = options.oneOf('average', 'micro', ['micro', 'macro']);
  return {
    of: 'corpus',
    ...upToOne(options),
    part({ expected, answer }) {
      const wanted = entitiesOf(expected);
      if (typeof wanted === 'string') return badExpected(`what was expected ${wanted}`);
      const said = entitiesOf(answer);
      return typeof said === 'string' ? badAnswer(`the answer ${said}`) : countEntities(wanted, said);
    },
    score(parts) {
      const sums = new Map<string, ClassCounts>();
      for (const part of parts) {
        for (const [label, [right, said, wanted]] of Object.entries(part)) {
          const before = sums.get(label) ?? [0, 0, 0];
          sums.set(label, [before[0] + right, before[1] + said, before[2] + wanted]);
        }
      }
      return averageF1([...sums.values()], average);
    },
  };
}

/** The label of each entity by its key; or what is wrong, as the end of a sentence. */
function entitiesOf(value: Json): Map<string, string> | string {
  if (!Array.isArray(value)) return `is ${show(value)}, not a list of entities`;
  const entities = new Map<string, string>();
  for (const [at, one] of (value as readonly Json[]).entries()) {
    const { start, end, label } = (one ?? {}) as { readonly [key: string]: Json };
    if (!isPlace(start) || !isPlace(end) || end <= start || typeof label !== 'string') {
      return `has an entity, number ${at + 1}, that is no { start, end, label }: ${show(one)}`;
    }
    entities.set(`${start} ${end} ${label}`, label);
  }
  return entities;
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function countEntities(wanted: ReadonlyMap<string, string>, said: ReadonlyMap<string, string>): EntityCounts {
  const counts = new Map<string, [number, number, number]>();
  const count = (label: string, at: 0 | 1 | 2) => {
    const known = counts.get(label) ?? [0, 0, 0];
    known[at] += 1;
    counts.set(label, known);
  };
  for (const [key, label] of said) {
    count(label, 1);
    if (wanted.has(key)) count(label, 0);
  }
  for (const label of wanted.values()) count(label, 2);
  return Object.fromEntries(counts);
}
