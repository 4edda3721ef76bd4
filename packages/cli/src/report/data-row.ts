import type { Evidence } from '@sluice/sdk';
import type { Gain } from '@sluice/ui/shared';

/** A row of evidence, and what a reader has to know of it besides. */
export interface Row extends Evidence {
  /** The difference as one of which more is better, for a chart; null where there is none. */
  readonly gain: Gain | null;
  /** False: it is shown, and sinks nothing by itself. */
  readonly counts: boolean;
}

export type Fact = readonly [name: string, value: string];
