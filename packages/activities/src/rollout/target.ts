import type { Candidate, Lease, Measurement, Mirror, Observation, ReadyOutcome, Weights } from '@sluice/sdk';
import type { CapturedRequest } from '../replay/captured.ts';
import type { CapturedQuery } from '../replay/captured-over-http.ts';
import type { ShadowedAnswer } from '../replay/shadowed.ts';
import type { ActivityScope } from '../serving/activity-scope.ts';

/** Where an endpoint's versions run. Every call may be made again. */
export interface Target {
  /** Starts a version without traffic, and waits until it is ready or will not be; then nothing of it is left. */
  start(endpoint: string, candidate: Candidate, scope: ActivityScope): Promise<ReadyOutcome>;
  /**
   * Sets weights, mirror and lease and returns once they are seen to be in force; `refused` says why a version of them
   * cannot serve, then nothing has changed.
   */
  traffic(
    endpoint: string,
    traffic: TrafficWanted,
    scope: ActivityScope,
  ): Promise<{ readonly at: number; readonly refused: string | null }>;
  /** What is in force, and which versions there are; null when it has no such endpoint. */
  observe(endpoint: string): Promise<Observation['target']>;
  /** Traffic of whole seconds from `since` to `until`, or as far as they are counted; and how things stand now. */
  measure(endpoint: string, window: { readonly since: number; readonly until?: number }): Promise<Measurement>;
  /** Renews the lease on the split; false when there is none any more. */
  renew(endpoint: string): Promise<boolean>;
  /** Answered requests that were kept, newest first, as they come; null for what cannot be read. May be read again. */
  captured(endpoint: string, query: CapturedQuery): AsyncIterable<CapturedRequest | null>;
  /** Answers to mirrored requests that were kept, newest first, in the same way. */
  shadowed(endpoint: string, query: CapturedQuery): AsyncIterable<ShadowedAnswer | null>;
  /** Ends a version; one that is gone is fine. */
  stop(endpoint: string, id: string, scope: ActivityScope): Promise<void>;
}

export interface TrafficWanted {
  readonly weights: Weights;
  readonly mirror: Mirror | null;
  /** Of a split that is watched. */
  readonly lease: Lease | null;
  /** Take versions that have a process, ready or not. */
  readonly unready: boolean;
  /** What has to be in force before; null: whatever. */
  readonly expect: { readonly weights: Weights; readonly mirror: Mirror | null } | null;
}
