import type { Ledger } from '@sluice/sdk';
import type { Machine } from './machine.ts';

/**
 * What outlives the workflow: a terminated or reset endpoint reads it and goes on. The queue is not in it: whoever waits
 * asks again, and a candidate that was withdrawn meanwhile must not come back.
 */
export function ledgerOf(machine: Machine): Ledger {
  const { mode, stable, formers, banned, answered, horizon, left, history } = machine;
  return {
    stable,
    formers,
    banned,
    answered,
    horizon,
    left,
    history,
    underWay: mode.kind === 'rolling-out' ? { request: mode.request, startedAt: mode.startedAt } : null,
  };
}
