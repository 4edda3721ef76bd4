import { hash } from '../statistics/random.ts';
import type { CapturedRequest } from './captured.ts';
import { inputClassOf, routeOf } from './input-class.ts';

/** Requests of one route, one class of input and one class of status. */
export interface Stratum {
  readonly route: string;
  readonly inputClass: string;
  readonly outcome: string;
  /** Requests captured. */
  captured: number;
  /** Those with the smallest keys so far, at most {@link mostKept}. */
  readonly kept: Kept[];
}

interface Kept {
  readonly key: number;
  readonly id: string;
}

export interface Sample {
  readonly strata: readonly Stratum[];
  /** Ids of chosen requests, stratum by stratum. */
  readonly chosen: readonly string[];
  /** Captured requests that count: in the window, not malformed. */
  readonly captured: number;
  /** Of those, not replayed because they failed when they were captured. */
  readonly failedThen: number;
  /** Of those, not replayed because their body was left out. */
  readonly withoutBody: number;
  readonly malformed: number;
  /** Chosen ones that were left out because there is no room for them. */
  readonly withoutSpace: number;
}

export interface SampleOptions {
  readonly requests: AsyncIterable<CapturedRequest | null>;
  /** Epoch ms; what was captured before is left out. */
  readonly since: number;
  readonly limit: number;
  readonly seed: number;
  /** Called now and then. */
  readonly onProgress?: () => void;
}

/** Most strata told apart; what comes after shares one of each class of status. */
const MOST_STRATA = 2_000;
export const OTHER = { route: '(other routes)', inputClass: '(other inputs)' } as const;
/** Most ids held for all strata together. */
const MOST_IDS = 200_000;

/**
 * Draws the requests to replay. Every request has a number made of the seed and its id, and a stratum's sample is the
 * requests with the smallest numbers: the same captures give the same sample in whatever order they come. Only ids are
 * held, never bodies, and no more of them than a fixed number.
 */
export async function sampleCaptures(options: SampleOptions): Promise<Sample> {
  const strata = new Map<string, Stratum>();
  const counts = { captured: 0, failedThen: 0, withoutBody: 0, malformed: 0, withoutSpace: 0 };
  for await (const request of options.requests) {
    if (request === null) counts.malformed += 1;
    else if (request.at >= options.since) {
      counts.captured += 1;
      if (request.status >= 400) counts.failedThen += 1;
      else if (request.body === null) counts.withoutBody += 1;
      else keep(stratumOf(strata, request), request.id, mostKept(options.limit, strata.size), options.seed);
      if (counts.captured % 1000 === 0) options.onProgress?.();
    }
  }
  const list = [...strata.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  for (const { kept } of list) kept.splice(mostKept(options.limit, list.length));
  return { ...counts, strata: list, chosen: choose(list, options.limit) };
}

/** How many ids a stratum keeps, at least as many as its even share of the limit. */
function mostKept(limit: number, strata: number): number {
  return Math.min(limit, Math.max(Math.floor(Math.max(MOST_IDS, limit) / strata), 1));
}

function stratumOf(strata: Map<string, Stratum>, { method, path, body, status }: CapturedRequest): Stratum {
  let stratum: Stratum = {
    route: routeOf(method, path),
    inputClass: inputClassOf(body),
    outcome: `${Math.floor(status / 100)}xx`,
    captured: 0,
    kept: [],
  };
  const known = strata.get(nameOf(stratum));
  if (known !== undefined) return known;
  if (strata.size >= MOST_STRATA) {
    stratum = { ...stratum, ...OTHER };
    const other = strata.get(nameOf(stratum));
    if (other !== undefined) return other;
  }
  strata.set(nameOf(stratum), stratum);
  return stratum;
}

function keep(stratum: Stratum, id: string, most: number, seed: number): void {
  stratum.captured += 1;
  const { kept } = stratum;
  kept.splice(most);
  const entry = { key: hash(`${seed}/${id}`), id };
  if (kept.length >= most) {
    const last = kept[kept.length - 1];
    if (last === undefined || order(entry, last) >= 0) return;
    kept.pop();
  }
  kept.splice(rankOf(kept, entry), 0, entry);
}

function order(a: Kept, b: Kept): number {
  return a.key - b.key || (a.id < b.id ? -1 : 1);
}

/** Where `entry` belongs in the sorted list. */
function rankOf(kept: readonly Kept[], entry: Kept): number {
  let [low, high] = [0, kept.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = kept[middle];
    if (there !== undefined && order(there, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function choose(strata: readonly Stratum[], limit: number): Sample['chosen'] {
  const parts = strata.map(({ kept, captured }) => ({ kept: kept.length, captured, luck: kept[0]?.key ?? 0 }));
  const quotas = shareOut(parts, limit);
  return strata.flatMap(({ kept }, i) => kept.slice(0, quotas[i]).map(({ id }) => id));
}

/** A stratum, as far as it takes to share out. */
export interface Part {
  /** What can be drawn of it. */
  readonly kept: number;
  readonly captured: number;
  /** Where there are more strata than requests to send, those with the smallest number come first. */
  readonly luck: number;
}

/**
 * Shares the limit out: half of it evenly, so that rare routes and inputs come whole, and the rest by how often each
 * was seen. How many of each stratum are sent.
 */
export function shareOut(strata: readonly Part[], limit: number): number[] {
  const quotas = new Map<Part, number>(strata.map((stratum) => [stratum, stratum.kept]));
  const total = strata.reduce((sum, { kept }) => sum + kept, 0);
  if (total > limit) {
    const rare = Math.max(1, Math.floor(limit / 2 / strata.length));
    let left = limit;
    for (const stratum of [...strata].sort((a, b) => a.luck - b.luck)) {
      const quota = Math.min(stratum.kept, rare, left);
      quotas.set(stratum, quota);
      left -= quota;
    }
    const common = strata.filter(({ kept }) => kept > rare).sort((a, b) => a.captured - b.captured);
    let seen = common.reduce((sum, { captured }) => sum + captured, 0);
    for (const stratum of common) {
      const share = seen === 0 ? 0 : Math.round((left * stratum.captured) / seen);
      const quota = Math.min(stratum.kept - (quotas.get(stratum) ?? 0), share, left);
      quotas.set(stratum, (quotas.get(stratum) ?? 0) + quota);
      left -= quota;
      seen -= stratum.captured;
    }
  }
  return strata.map((stratum) => quotas.get(stratum) ?? 0);
}

export function nameOf({ route, inputClass, outcome }: Pick<Stratum, 'route' | 'inputClass' | 'outcome'>): string {
  return `${route}\n${inputClass}\n${outcome}`;
}
