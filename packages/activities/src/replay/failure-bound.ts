import { type Drawn, mostUnseenFailures, mostUnseenShare } from '../statistics/unseen-failures.ts';
import { countsByStratum } from './covered.ts';
import type { Replayed } from './replayed.ts';
import type { Sample } from './sample.ts';
import { isKind, type Waived } from './waived.ts';

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
 * sit where few of many were sent. The bounds hold wherever they sit. Stale requests and waived regressions are taken
 * out of both what there is and what was sent; of a kind that is waived as a kind, what was not sent too.
 */
export function failureBound(sample: Sample, replayed: readonly Replayed[], waived: Waived = none): FailureBound {
  const counts = countsByStratum(sample, replayed, waived.regressions);
  const kinds = waived.waivers.flatMap(({ waiver, expired }) => ('kind' in waiver && !expired ? [waiver.kind] : []));
  const strata = sample.strata.map((stratum) => {
    const { sent = 0, stale = 0, waived: out = 0 } = counts.get(stratum) ?? {};
    const all = out > 0 && kinds.some((kind) => isKind(kind, stratum)) ? sent : Math.max(stratum.captured, sent);
    return { of: all - stale - out, drawn: sent - stale - out };
  });
  return boundOf(strata);
}

const none: Waived = { regressions: new Set(), waivers: [] };

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
