import type { Candidate, Measurement, Mirror, ReadyOutcome, Weights } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import type { ActivityScope } from '../serving/activity-scope.ts';
import { localTarget } from './local-target.ts';

/** Where an endpoint's versions run. Every call may be made again. */
export interface Target {
  /** Starts a version without traffic, and waits until it is ready or will not be; then nothing of it is left. */
  start(endpoint: string, candidate: Candidate, scope: ActivityScope): Promise<ReadyOutcome>;
  /** Sets weights and mirror and returns once they are seen to be in force. */
  traffic(
    endpoint: string,
    traffic: { readonly weights: Weights; readonly mirror: Mirror | null },
    scope: ActivityScope,
  ): Promise<{ readonly at: number }>;
  /** Traffic of whole seconds from `since` to `until`, or as far as they are counted; and how things stand now. */
  measure(endpoint: string, window: { readonly since: number; readonly until?: number }): Promise<Measurement>;
  /** Renews the lease on the split. @throws when there is none. */
  renew(endpoint: string): Promise<void>;
  /** Ends a version; one that is gone is fine. */
  stop(endpoint: string, id: string, scope: ActivityScope): Promise<void>;
}

/** The target that the config gives an endpoint. */
export function targetOf(context: ActivityContext, endpoint: string): Target {
  const { kind } = context.config.endpoints?.[endpoint]?.target ?? { kind: 'local' };
  switch (kind) {
    case 'local':
      return localTarget(context);
  }
}
