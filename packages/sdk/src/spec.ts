import type { ActivityOptions } from '@temporalio/common';

/** Raw Temporal activity options for a step; they win over what Sluice would set (a job's `retry` excepted). */
export type TemporalOptions = Partial<
  Pick<
    ActivityOptions,
    | 'heartbeatTimeout'
    | 'priority'
    | 'retry'
    | 'scheduleToCloseTimeout'
    | 'scheduleToStartTimeout'
    | 'startToCloseTimeout'
    | 'taskQueue'
  >
>;

declare const gives: unique symbol;

/** What a step function makes: plain JSON that says what is to be done, of a kind that has a file in `steps/`. */
export interface SpecBase<Kind extends string = string, Result = unknown> {
  readonly kind: Kind;
  /** The declared name; it identifies the work. */
  readonly name: string;
  /** Resource class to run on; null is the project's default class. */
  readonly on: string | null;
  readonly temporal: TemporalOptions | null;
  /** Never there: it carries the type of the result. */
  readonly [gives]?: Result;
}

/** Type of a step's result, by its spec. */
export type ResultOf<Spec extends SpecBase> = Spec extends SpecBase<string, infer Result> ? Result : never;

/** How many keys may fail: a count, or `{ ratio }` of all keys (0 to 1, itself included). */
export type Tolerance = number | { readonly ratio: number };

/** Whether so many failures of so many keys are few enough. */
export function isTolerated(tolerate: Tolerance | undefined, failed: number, total: number): boolean {
  if (tolerate === undefined || typeof tolerate === 'number') return failed <= (tolerate ?? 0);
  // The share is compared, not a count: 0.29 × 100 is a little under 29.
  return failed === 0 || failed / total <= tolerate.ratio;
}

/** A fan-out over keys; the bodies are code and travel beside it. */
export interface MapSpec {
  readonly name: string;
  readonly keys: readonly string[];
  readonly concurrency: number;
  /** Left out where the pipeline does not say. @default 0 */
  readonly tolerate?: Tolerance;
}
