import type { Pace } from '@sluice/sdk';
import type { Redactor } from '@sluice/sdk/redact';
import type { ActivityScope } from '../serving/activity-scope.ts';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import type { Diary } from './diary.ts';
import type { Comparison } from './differing-places.ts';
import type { Asked, Spool } from './spool.ts';

/** How a replay is done. */
export interface ReplayOptions {
  readonly old: SupervisedServer;
  readonly fresh: SupervisedServer;
  /** A second copy of the old version, and what to compare by it; null: bodies are not compared. */
  readonly second: { readonly server: SupervisedServer; readonly comparison: Comparison } | null;
  readonly spool: Spool;
  /** What attempts before this one have learned, and where this one writes it down. */
  readonly diary: Pick<Diary, 'entries' | 'note'>;
  /** When requests are sent; null: as fast as the answers come. */
  readonly pace: Pace | null;
  /** Times a request must fail on the new version. */
  readonly confirm: number;
  /** Requests whose failures are let pass: they are confirmed after all others. @default none */
  readonly waived?: (request: Asked) => boolean;
  /** Milliseconds for one answer. */
  readonly deadline: number;
  readonly redactor: Redactor;
  readonly scope: ActivityScope;
}
