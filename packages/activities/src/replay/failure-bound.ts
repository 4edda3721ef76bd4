import { shareBound } from '../statistics/share-bound.ts';
import { mostUnseenFailures } from '../statistics/unseen-failures.ts';
import { countsByStratum } from './covered.ts';
import type { Replayed } from './replay-requests.ts';
import type { Sample } from './sample.ts';

/** What can be said of the requests that were not sent, 95 % sure, when none that was sent failed. */
export interface FailureBound {
  /** Fewer than this share of such requests fail on the candidate only; 1 says nothing. */
  readonly share: number;
  /** Of the captured requests at most so many. */
  readonly most: number;
  /** Captured requests that could be sent, stale ones taken out. */
  readonly captured: number;
  /** Every one of them was sent. */
  readonly all: boolean;
}

export const RISK = 0.05;
/** Of {@link RISK}: for the captured requests that were not sent, and the rest for what more there is like them. */
const UNSENT = 0.04;

/**
 * Rare kinds of request are sent whole and common ones in part, so one count of requests says too much: failures may
 * sit where few of many were sent. The bound holds wherever they sit, for the captured requests as they are and for
 * traffic that they are a sample of.
 */
export function failureBound(sample: Sample, replayed: readonly Replayed[]): FailureBound {
  const counts = countsByStratum(sample, replayed);
  const strata = sample.strata.map((stratum) => {
    const { sent = 0, stale = 0 } = counts.get(stratum) ?? {};
    return { of: Math.max(stratum.captured, sent) - stale, drawn: sent - stale };
  });
  const captured = strata.reduce((sum, { of }) => sum + of, 0);
  if (strata.every(({ of, drawn }) => of === drawn)) {
    return { share: shareBound(0, captured, RISK), most: 0, captured, all: true };
  }
  const share = shareBound(mostUnseenFailures(strata, UNSENT), captured, RISK - UNSENT);
  return { share, most: mostUnseenFailures(strata, RISK), captured, all: false };
}
