import type { Verdict } from '@sluice/sdk';
import type { Fact, Row } from './data-row.ts';

/** Captured requests, sent to both versions. */
export interface ReplayPart {
  readonly step: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly counts: readonly Fact[];
  readonly evidence: readonly Row[];
  /** What may fail although nothing did, as a sentence. */
  readonly bound: string | null;
  /** Places at which answers differ by more than noise; null where bodies were not compared. */
  readonly differing: DifferingPart | null;
  /** Regressions that are let pass for a while. */
  readonly waivers: readonly WaiverPart[];
  readonly coverage: readonly Covered[];
  /** What the candidate said to those that fail on it only, the most frequent first. */
  readonly ways: readonly FailingWay[];
  readonly regressions: readonly Regression[];
  /** Of those there are, more than are listed. */
  readonly moreRegressions: number;
}

export interface DifferingPart {
  /** The most certain first. */
  readonly places: readonly DifferingPlace[];
  /** Places at which the candidate differs no more than the old version from itself. */
  readonly noise: number;
}

/** A place in the answers to one kind of request. */
export interface DifferingPlace {
  readonly path: string;
  readonly kind: string;
  readonly compared: number | null;
  /** Requests for which the candidate differs, and for which a second copy of the old version does. */
  readonly candidate: number | null;
  readonly copy: number | null;
  /** Allowing for how many places were looked at. */
  readonly p: number | null;
  readonly example: { readonly old: string; readonly now: string } | null;
}

export interface WaiverPart {
  readonly what: string;
  readonly reason: string;
  /** Its last day. */
  readonly until: string;
  readonly expired: boolean;
  readonly matched: number | null;
}

/** One kind of request: how many were captured and sent, and how they went. */
export interface Covered {
  readonly kind: string;
  readonly captured: number | null;
  readonly sent: number | null;
  readonly failed: number | null;
}

export interface Regression {
  readonly id: string;
  readonly route: string;
  readonly why: string | null;
  readonly outcome: string;
  readonly body: string | null;
  readonly old: Reply | null;
  readonly new: Reply | null;
}

/** Requests to which the candidate said the same. */
export interface FailingWay {
  readonly said: string;
  readonly count: number;
}

export interface Reply {
  readonly status: number | null;
  readonly text: string;
}
