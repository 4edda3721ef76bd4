import type { Model, ModelRef, Report } from '../artifact.ts';
import { type Duration, inWords } from '../duration.ts';
import { checkName } from '../name.ts';
import { checkFields, invalidStep, modelRef, numberWithin, period, shown, wholeNumber } from '../options.ts';
import { currentRuntime } from '../runtime.ts';
import type { SpecBase } from '../spec.ts';
import { type BodyDifferences, type DifferenceOptions, differencesOf } from './body-differences.ts';
import { noCaptures, plannedReport, type StepKind } from './kind.ts';
import { type Placement, placementFields, placementOf } from './placement.ts';
import { type Waiver, waiverLine, waiversOf } from './waiver.ts';

export interface ReplaySpec extends SpecBase<'replay', Report> {
  readonly model: ModelRef;
  readonly endpoint: string;
  /** How far back, milliseconds. */
  readonly last: number;
  /** Most requests to send, a sample stratified by route and outcome; all rare routes. */
  readonly limit: number;
  /** Times a request must fail on the candidate to count as a regression. */
  readonly confirm: number;
  /** Milliseconds a request may take. */
  readonly deadline: number;
  /** Share of stale requests (0 to 1) above which the gate is inconclusive. */
  readonly maxStale: number;
  readonly seed: number;
  /** Regressions that are let pass for a while; left out where there are none. */
  readonly waive?: readonly Waiver[];
  /** Left out: bodies are not compared. */
  readonly differences?: BodyDifferences;
  /** Left out: as fast as the answers come. */
  readonly pace?: Pace;
}

/** When requests are sent: with the time between them as when they were captured, or so many a second. */
export type Pace = 'original' | { readonly perSecond: number };

/** What a {@link replay} takes. */
export interface ReplayOptions extends Placement, DifferenceOptions {
  /** The new version. */
  readonly model: Model;
  /** Endpoint whose captured requests are sent. */
  readonly endpoint: string;
  /** How far back to take captured requests from. @default '24 hours' */
  readonly last?: Duration;
  /** Most requests to send, at least 1: a sample stratified by route and outcome. @default 1000 */
  readonly limit?: number;
  /** Times a request must fail on the candidate to count, at least 1. @default 3 */
  readonly confirm?: number;
  /** A request that takes longer has failed. @default '10 seconds' */
  readonly deadline?: Duration;
  /** Share (0 to 1) of requests that fail on the old version too, above which nothing can be said. @default 0.05 */
  readonly maxStale?: number;
  /** Seed of the sample. @default 0 */
  readonly seed?: number;
  /** Regressions that are let pass, each with a reason and a last day. @default none */
  readonly waive?: readonly Waiver[];
  /**
   * When requests are sent, at most eight at a time: with the time between them as when they were captured (which takes as
   * long as `last`), or so many a second. @default as fast as the answers come
   */
  readonly pace?: Pace;
}

const fields = {
  model: true,
  endpoint: true,
  last: true,
  limit: true,
  confirm: true,
  deadline: true,
  maxStale: true,
  seed: true,
  waive: true,
  differences: true,
  ignore: true,
  tolerate: true,
  pace: true,
  ...placementFields,
} as const;

/**
 * Sends captured requests to the old and the new version: what succeeded on the old must not fail on the new. The
 * report is a gate: hand it to `deploy`.
 */
export async function replay(name: string, options: ReplayOptions): Promise<Report> {
  checkName('replay', name);
  const where = `replay ${name}`;
  checkFields<ReplayOptions>(where, options, fields);
  checkName('endpoint', options.endpoint);
  return currentRuntime().step<ReplaySpec>({
    kind: 'replay',
    name,
    model: modelRef(where, 'model', options.model),
    endpoint: options.endpoint,
    last: period(where, 'last', options.last ?? '24 hours'),
    limit: wholeNumber(where, 'limit', options.limit ?? 1000, 1),
    confirm: wholeNumber(where, 'confirm', options.confirm ?? 3, 1),
    deadline: period(where, 'deadline', options.deadline ?? '10 seconds'),
    maxStale: numberWithin(where, 'maxStale', options.maxStale ?? 0.05, { least: 0, most: 1 }),
    seed: wholeNumber(where, 'seed', options.seed ?? 0, 0),
    ...(options.waive === undefined ? {} : { waive: waiversOf(where, options.waive) }),
    ...differencesOf(where, options),
    ...(options.pace === undefined ? {} : { pace: paceOf(where, options.pace) }),
    ...placementOf(options, where),
  });
}

function paceOf(where: string, pace: unknown): Pace {
  if (pace === 'original') return pace;
  if (typeof pace !== 'object' || pace === null) {
    throw invalidStep(where, `pace is ${shown(pace)}.`, "Write 'original' or { perSecond: 20 }, or leave it out.");
  }
  checkFields<Exclude<Pace, string>>(where, pace, { perSecond: true }, 'pace');
  const { perSecond } = pace as { readonly perSecond?: unknown };
  return { perSecond: numberWithin(where, 'pace.perSecond', perSecond, { over: 0 }) };
}

export const replayKind: StepKind<ReplaySpec> = {
  planned: plannedReport,
  endpoint: (spec) => spec.endpoint,
  plan: ({ endpoint, last, limit, waive = [] }, now) => [
    `at most ${limit} requests of the last ${inWords(last)} to ${endpoint}`,
    ...waive.map((waiver) => waiverLine(waiver, now)),
  ],
  alone: (_, path) => {
    throw noCaptures(path, 'replay');
  },
};
