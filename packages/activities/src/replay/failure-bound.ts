import { type Drawn, mostUnseenFailures, mostUnseenShare } from '../statistics/unseen-failures.ts';
import { countsByStratum } from './covered.ts';
import type { Replayed } from './replay-requests.ts';
import type { Sample } from './sample.ts';

/** What can be said of the requests that were not sent, 95 % sure, when none that was sent failed. */
export interface FailureBound {
  /** Fewer than this share of requests of these kinds, in this mix, fail on the candidate only; 1 says nothing. */
  readonly share: number;
  /** Of the captured requests at most so many. */
  readonly most: number;
  /** Captured requests that could be sent, stale ones taken out. */
  readonly captured: number;
  /** Every one of them was sent. */
  readonly all: boolean;
}

/** Of being wrong: 95 % sure. */
const RISK = 0.05;

/**
 * Rare kinds of request are sent whole and common ones in part, so one count of requests says too much: failures may
 * sit where few of many were sent. The bounds hold wherever they sit.
 */
export function failureBound(sample: Sample, replayed: readonly Replayed[]): FailureBound {
  const counts = countsByStratum(sample, replayed);
  const strata = sample.strata.map((stratum) => {
    const { sent = 0, stale = 0 } = counts.get(stratum) ?? {};
    return { of: Math.max(stratum.captured, sent) - stale, drawn: sent - stale };
  });
  return boundOf(strata);
}

/** The same from what there is and what was drawn. */
export function boundOf(strata: readonly Drawn[]): FailureBound {
  const captured = strata.reduce((sum, { of }) => sum + of, 0);
  return {
    share: mostUnseenShare(strata, RISK),
    most: mostUnseenFailures(strata, RISK),
    captured,
    all: strata.every(({ of, drawn }) => of === drawn),
  };
}
