import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { mlflowEnsure } from './ensure.ts';
import type { MlflowRoutes } from './routes.ts';
import type { MlflowRun } from './types.ts';

const wanted = { experiment: 'e', key: 'k', name: 'n' };

/** A server on which each call takes as long as is asked for, in ms or to an event: what is written is there at its end. */
function server(
  times: { readonly create: (nth: number) => number | Promise<void>; readonly call: () => number },
  patience = 2_000,
) {
  const runs = new Map<string, MlflowRun>();
  /** When each run was begun, by its maker's clock. */
  const made: number[] = [];
  const routes = {
    getExperimentByName: async () => ({ experiment_id: '1', name: 'e', lifecycle_stage: 'active' }),
    searchRuns: async () => {
      const seen = [...runs.values()];
      await delay(times.call());
      return seen;
    },
    createRun: async ({ start_time }: { start_time: number }) => {
      const nth = made.push(start_time) - 1;
      const run = { info: { run_id: `run-${9 - nth}`, start_time }, data: {} } as unknown as MlflowRun;
      const time = times.create(nth);
      await (typeof time === 'number' ? delay(time) : time);
      runs.set(run.info.run_id, run);
      return run;
    },
    setRunTag: async (runId: string, key: string, value: string) => {
      await delay(times.call());
      const run = runs.get(runId);
      if (run === undefined) throw new Error(`${runId} was deleted`);
      runs.set(runId, { ...run, data: { tags: [...(run.data.tags ?? []), { key, value }] } });
    },
    deleteRun: async (runId: string) => {
      await delay(times.call());
      runs.delete(runId);
    },
  } as unknown as MlflowRoutes;
  return { runs, made, ensure: mlflowEnsure(routes, patience) };
}

test('a run that was found alone and kept stays, though one that says it is older comes after it', async () => {
  const fastIsKept = Promise.withResolvers<void>();
  const { runs, made, ensure } = server({ create: (nth) => (nth === 0 ? fastIsKept.promise : 1), call: () => 1 });
  const slow = ensure.ensureRun(wanted);
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(made[0] ?? Number.POSITIVE_INFINITY));
  const fast = await ensure.ensureRun(wanted);
  fastIsKept.resolve();
  expect(await slow).toEqual({ ...fast, created: false });
  expect([...runs.keys()]).toEqual([fast.runId]);
  expect(made).toHaveLength(2);
});

test('however fast each of eight workers is, all keep one run, and no other is left', { timeout: 60_000 }, async () => {
  const rounds = Array.from({ length: 100 }, async () => {
    const { runs, ensure } = server({ create: () => Math.random() * 40, call: () => Math.random() * 15 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        await delay(Math.random() * 60);
        return ensure.ensureRun(wanted);
      }),
    );
    expect(new Set(answers.map(({ runId }) => runId))).toEqual(new Set(runs.keys()));
    expect(runs.size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
  });
  await Promise.all(rounds);
});

test('a run that nobody settles, because its maker died or is of before, is gone on with', async () => {
  const { runs, made, ensure } = server({ create: () => 1, call: () => 1 }, 100);
  const left = { info: { run_id: 'left', start_time: Date.now() }, data: {} } as unknown as MlflowRun;
  runs.set('left', left);
  expect(await ensure.ensureRun(wanted)).toEqual({ runId: 'left', experimentId: '1', created: false });
  expect(made).toEqual([]);
});
