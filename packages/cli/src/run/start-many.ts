import { createHash } from 'node:crypto';
import { describeError } from '@sluice/sdk';
import { canonicalJson } from './canonical-json.ts';
import { isUnreachable } from './temporal-call.ts';

/** A run to start. */
export interface PlannedRun {
  readonly line: number;
  readonly key: string;
  readonly params: unknown;
}

export type Outcome =
  | { readonly line: number; readonly run: string; readonly outcome: 'started' }
  | { readonly line: number; readonly run: string; readonly outcome: 'there'; readonly state: string }
  | { readonly line: number; readonly run: string; readonly outcome: 'refused'; readonly why: string };

/**
 * Key of the run of a parameter set: the same parameters have the same, in whatever order they are written, so that
 * the same file starts nothing twice.
 */
export function keyOfSet(prefix: string, params: unknown): string {
  return `${prefix}-${createHash('sha256').update(canonicalJson(params)).digest('hex').slice(0, 16)}`;
}

/** The sets that are no repetition of an earlier one, and the lines of those that are. */
export function withoutRepetitions(runs: readonly PlannedRun[]): {
  readonly once: readonly PlannedRun[];
  readonly repeated: readonly { readonly line: number; readonly of: number }[];
} {
  const first = new Map<string, number>();
  const repeated: { line: number; of: number }[] = [];
  const once = runs.filter(({ key, line }) => {
    const of = first.get(key);
    if (of === undefined) first.set(key, line);
    else repeated.push({ line, of });
    return of === undefined;
  });
  return { once, repeated };
}

export interface StartManyOptions {
  /** How many are worked on at once. */
  readonly concurrency: number;
  /** State of a run that is there; null where there is none. */
  readonly look: (key: string) => Promise<string | null>;
  /** Starts one. @returns its id */
  readonly start: (run: PlannedRun) => Promise<string>;
  readonly idOf: (key: string) => string;
  /** What else is done with a run before the next one is begun: following it, until the signal says that all has ended. */
  readonly afterwards?: (outcome: Outcome, signal: AbortSignal) => Promise<void>;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly signal?: AbortSignal;
}

export interface StartedMany {
  /** In the order of their lines. */
  readonly outcomes: readonly Outcome[];
  /** What ended it before its end. */
  readonly failure?: unknown;
}

/**
 * Starts the runs that are not there, so many at a time. One that the server refuses is told and hinders no other; a
 * server that does not answer ends it all: what was started is there when the same is asked for again.
 */
export async function startMany(runs: readonly PlannedRun[], options: StartManyOptions): Promise<StartedMany> {
  const outcomes: Outcome[] = [];
  const queue = [...runs];
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const lane = async () => {
    for (let run = queue.shift(); run !== undefined && !signal.aborted; run = queue.shift()) {
      try {
        const outcome = await startOne(run, options);
        outcomes.push(outcome);
        options.onOutcome(outcome);
        if (outcome.outcome !== 'refused') await options.afterwards?.(outcome, signal);
      } catch (error) {
        failed.abort();
        throw error;
      }
    }
  };
  const lanes = Array.from({ length: Math.min(options.concurrency, runs.length) }, lane);
  const ended = await Promise.allSettled(lanes);
  outcomes.sort((a, b) => a.line - b.line);
  const first = ended.find((one) => one.status === 'rejected');
  return first === undefined ? { outcomes } : { outcomes, failure: first.reason };
}

async function startOne(run: PlannedRun, { look, start, idOf }: StartManyOptions): Promise<Outcome> {
  const { line, key } = run;
  const id = idOf(key);
  const state = await look(key);
  if (state !== null) return { line, run: id, outcome: 'there', state };
  try {
    return { line, run: await start(run), outcome: 'started' };
  } catch (error) {
    if (isUnreachable(error) || (error as { code?: unknown }).code === 'Unreachable') throw error;
    // Somebody else was faster, with the same file.
    const meanwhile = await look(key);
    if (meanwhile !== null) return { line, run: id, outcome: 'there', state: meanwhile };
    return { line, run: id, outcome: 'refused', why: describeError(error) };
  }
}
