import type { RunStatus, Spent } from '@sluice/sdk';
import type { Cost } from '@sluice/ui/api';
import { costOf } from '../../follow/format.ts';

/** Machine time of all steps; runs of before tell of those that they list. */
export function spentBy(status: Pick<RunStatus, 'spent' | 'steps'>): readonly Spent[] {
  return status.spent ?? status.steps.flatMap(({ attempts }) => attempts);
}

/** What a run's jobs cost; null where none has run. An unknown price makes it unknown, never 0. */
export function costView(spent: readonly Spent[]): Cost | null {
  if (spent.length === 0) return null;
  const seconds = spent.reduce((total, one) => total + one.seconds, 0);
  const secondsLost = spent.reduce((total, one) => total + one.secondsLost, 0);
  const cost = costOf(spent);
  if (cost !== null) return { ...cost, why: null, seconds, secondsLost };
  const unpriced = [...new Set(spent.filter(({ price }) => price === null).map((one) => one.class))];
  const why = unpriced.length > 0 ? `no price for class ${unpriced.join(', ')}` : 'prices in more than one currency';
  return { amount: null, lost: null, currency: null, why, seconds, secondsLost };
}
