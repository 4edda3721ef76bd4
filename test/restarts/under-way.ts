import type { DeployResult, RunStatus } from '@sluice/sdk';
import { expect } from 'vitest';
import type { RunHandle } from '../harness/project.ts';
import { untilState, untilStatus, waitFor } from '../harness/wait-for.ts';
import { type Shop, type Shopping, shop } from '../rollback/shop.ts';
import { type Place, type Traces, tracesOf } from './traces.ts';

/** Endpoints of the runs under way; the first two have a stable version. */
export const endpoints = { leaving: 'shop', waiting: 'shop-1', training: 'shop-2', evaluating: 'shop-3' } as const;

/** Four runs, each in the middle of something else. */
export type Runs = Readonly<Record<keyof typeof endpoints, RunHandle>>;

/** Gives the endpoints that take rollouts their first version. */
export async function openShops(project: Shopping): Promise<readonly [leaving: Shop, waiting: Shop]> {
  const shops = [shop(project, endpoints.leaving), shop(project, endpoints.waiting)] as const;
  await Promise.all(
    shops.map(async (one) => {
      const result = (await (await one.release({ version: 'old' }, { hold: 0 })).result()) as DeployResult;
      expect(result.state).toBe('deployed');
    }),
  );
  return shops;
}

/**
 * Starts runs and returns when one trains, one is evaluated, one waits for approval and one is in its canary. A round
 * has data and states of its own, or they would be artifacts that are there already.
 */
export async function underWay(project: Shopping, round: number): Promise<Runs> {
  const life = (what: keyof typeof endpoints, trainer: object, more: object = {}) =>
    project.start(
      'life',
      {
        endpoint: endpoints[what],
        on: 'cpu',
        silence: '5 seconds',
        heartbeat: '15 seconds',
        last: '10 seconds',
        extend: 120,
        lease: 120,
        sql: `select i, i * 2 as label, 'any' as parity from range(${200 + round}) t(i)`,
        trainer: { steps: 1, pace: 0, version: `${what} ${round}`, ...trainer },
        ...more,
      },
      `${what}-${round}`,
    );
  const [waiting, leaving] = await Promise.all([life('waiting', {}), life('leaving', {})]);
  for (const run of [waiting, leaving]) {
    const { state, gates } = await untilState(run, 'awaiting-approval', 'blocked');
    expect({ state, gates }).toMatchObject({ state: 'awaiting-approval' });
  }
  const many = `select i, i * 2 as label, 'any' as parity from range(${4000 + round}) t(i)`;
  const [training, evaluating] = await Promise.all([
    life('training', { steps: 300, pace: 40, every: 20, bytes: 1000 + round }, { on: 'spot' }),
    life('evaluating', { serving: 'slow' }, { sql: many }),
  ]);
  await Promise.all([
    untilStatus(training, 'the training', (status) => stateOf(status, 'model') === 'running'),
    untilStatus(evaluating, 'the evaluation', (status) => stateOf(status, 'quality') === 'running'),
  ]);
  await waitFor('a checkpoint', async () => (await training.logs('model'))[0]?.includes('did step 25'));
  await leaving.signal('approve', { by: 'ana' });
  await shop(project, endpoints.leaving).untilPhase('canary 20 %');
  return { training, evaluating, waiting, leaving };
}

function stateOf(status: RunStatus, step: string): string | undefined {
  return status.steps.find((one) => one.step === step)?.state;
}

/** Lets all runs come to their end. */
export async function complete({ training, evaluating, waiting, leaving }: Runs): Promise<void> {
  await waiting.signal('approve', { by: 'ana' });
  const [left, waited] = (await Promise.all([leaving.result(), waiting.result()])) as DeployResult[];
  expect(left).toMatchObject({ state: 'deployed', reason: null });
  expect(waited).toMatchObject({ state: 'deployed', reason: null });
  await Promise.all(
    [training, evaluating].map(async (run) => {
      await untilState(run, 'awaiting-approval', 'blocked');
      await run.signal('reject', { by: 'ana', reason: 'seen enough' });
      expect(await run.result()).toMatchObject({ state: 'rejected' });
    }),
  );
}

/** Everything that the runs made is there once; `trained` tells what is known of the disturbed training. */
export async function expectNothingTwice(place: Place, runs: Runs, trained: Partial<Traces> = {}): Promise<void> {
  const deployed: Omit<Traces, 'mlflowRuns'> = {
    modelVersions: 1,
    repeatedMetrics: 0,
    rollouts: ['deployed'],
    attempts: ['done'],
    decisions: 1,
  };
  const rejected = { ...deployed, rollouts: [] };
  const expected = {
    leaving: deployed,
    waiting: deployed,
    evaluating: rejected,
    training: { ...rejected, ...trained },
  };
  for (const what of ['leaving', 'waiting', 'evaluating', 'training'] as const) {
    const { workflowId } = runs[what];
    const { mlflowRuns, ...seen } = await tracesOf(place, workflowId, endpoints[what]);
    expect({ what, ...seen }).toEqual({ what, ...expected[what] });
    expect(mlflowRuns).toEqual([workflowId, 'model'].sort());
  }
}
