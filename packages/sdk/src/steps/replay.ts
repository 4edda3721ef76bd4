import type { Model } from '../artifact.ts';
import { type Duration, milliseconds } from '../duration.ts';
import { checkName } from '../name.ts';
import { currentRuntime } from '../runtime.ts';
import type { TemporalOptions } from '../spec.ts';
import type { Report } from '../verdict.ts';

export interface ReplayOptions {
  readonly model: Model;
  readonly endpoint: string;
  /** How far back to take captured requests from. @default '24 hours' */
  readonly last?: Duration;
  /** Most requests to send. @default 1000 */
  readonly limit?: number;
  /** Times a request must fail on the candidate to count. @default 3 */
  readonly confirm?: number;
  /** A request that takes longer has failed. @default '10 seconds' */
  readonly deadline?: Duration;
  /** Share of requests that fail on the old version too, above which nothing can be said. @default 0.05 */
  readonly maxStale?: number;
  /** @default 0 */
  readonly seed?: number;
  readonly on?: string;
  readonly temporal?: TemporalOptions;
}

/** Sends captured requests to the old and the new version: what succeeded on the old must not fail on the new. */
export async function replay(name: string, options: ReplayOptions): Promise<Report> {
  checkName('replay', name);
  const where = `replay ${name}`;
  return currentRuntime().step({
    kind: 'replay',
    name,
    model: options.model,
    endpoint: options.endpoint,
    last: milliseconds(options.last ?? '24 hours', where),
    limit: options.limit ?? 1000,
    confirm: options.confirm ?? 3,
    deadline: milliseconds(options.deadline ?? '10 seconds', where),
    maxStale: options.maxStale ?? 0.05,
    seed: options.seed ?? 0,
    on: options.on ?? null,
    temporal: options.temporal ?? null,
  });
}
