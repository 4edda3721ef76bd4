import type { Histogram } from '@sluice/sdk';
import type { Counts } from '../statistics/odds-evidence.ts';
import type { Bets } from './bets.ts';
import { type Callers, callerMetrics } from './callers.ts';
import type { Concurrent } from './concurrent.ts';
import type { Quantile, Slow } from './slow-answers.ts';
import type { Standing } from './standing.ts';

/** What is judged; latency as shares of slow answers, `worse` only in a shadow. */
export const metrics = [...callerMetrics, 'p50', 'p95', 'p99', 'worse'] as const;
export type Metric = (typeof metrics)[number];

/** What the judge knows of one metric. */
export interface MetricMemory {
  /** Of the stable version before the rollout. */
  readonly record: Counts;
  /** In this rollout. */
  readonly candidate: Counts;
  readonly stable: Counts;
  /** In this phase. */
  readonly phase: { readonly candidate: Counts; readonly stable: Counts; readonly unproven: number };
  readonly concurrent: Concurrent;
  readonly standing: Standing;
}

/** Plain JSON of some 13 kilobytes: a judge that goes on from it has lost nothing. */
export interface JudgeMemory {
  readonly phase: string | null;
  readonly callers: Callers;
  /** Null until enough answers of the stable version were seen, which `latency` collects till then. */
  readonly slow: Readonly<Record<Quantile, Slow>> | null;
  readonly latency: Histogram | null;
  readonly metrics: Readonly<Record<Metric, MetricMemory>>;
  /** Errors against `maxErrorRate`, for where there is nothing to compare with. */
  readonly absolute: Bets;
  /** Epoch ms of the candidate's first error. */
  readonly firstErrorAt: number | null;
}
