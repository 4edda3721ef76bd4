import type { Difference } from './answer-differences.ts';
import type { Reply } from './send.ts';
import type { Asked } from './spool.ts';

/**
 * Stale: the old version fails it now. Regression: the old version answers it, the new one never does. Flaky: the new
 * one answers it sometimes. Unconfirmed: it failed once, and enough others were confirmed; while a replay is under way,
 * also what the old version has given no whole answer yet (`now` is null).
 */
export type Outcome = 'pass' | 'stale' | 'regression' | 'flaky' | 'unconfirmed';

/** What requests have in common. */
export interface Kind {
  readonly route: string;
  readonly inputClass: string;
}

export interface Replayed {
  readonly request: Pick<Asked, 'id' | 'at' | 'path' | 'status' | 'route' | 'inputClass'>;
  readonly outcome: Outcome;
  /** Null where nobody has to see it: for pass. */
  readonly old: Reply | null;
  /** The new version's last answer that would not do; null for pass and stale. */
  readonly now: Reply | null;
  readonly why: string | null;
  /** What was asked, redacted and cut; null where nobody has to see it. */
  readonly body: string | null;
  /** Where answers differ; left out where they were not compared. */
  readonly differences?: readonly Difference[];
}
