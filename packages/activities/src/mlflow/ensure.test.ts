import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { mlflowEnsure } from './ensure.ts';
import { MlflowRefused } from './errors.ts';
import type { MlflowRoutes } from './routes.ts';
import type { MlflowRun } from './types.ts';

const wanted = { experiment: 'e', key: 'k', name: 'n' };

/**
 * A server on which each call takes as long as is asked for, in ms or to an event: what is written is there at its end,
 * what is read is of its middle.
 */
function server(
  times: {
    readonly create: (nth: number) => number | Promise<void>;
    readonly call: () => number;
    readonly clock?: () => number;
  },
  patience = 2_000,
  onTag: (runId: string) => unknown = () => {},
) {
  const runs = new Map<string, MlflowRun>();
  /** When each run was begun, by its maker's clock. */
  const made: number[] = [];
  const routes = {
    getExperimentByName: async () => ({ experiment_id: '1', name: 'e', lifecycle_stage: 'active' }),
    searchRuns: async () => {
      const half = times.call() / 2;
      await delay(half);
      const seen = [...runs.values()];
      await delay(half);
      return seen;
    },
    createRun: async ({ start_time }: { start_time: number }) => {
      const nth = made.push(start_time) - 1;
      const began = start_time + (times.clock?.() ?? 0);
      const run = { info: { run_id: `run-${9 - nth}`, start_time: began }, data: {} } as unknown as MlflowRun;
      const time = times.create(nth);
      await (typeof time === 'number' ? delay(time) : time);
      runs.set(run.info.run_id, run);
      return run;
    },
    setRunTag: async (runId: string, key: string, value: string) => {
      await delay(times.call());
      onTag(runId);
      const run = runs.get(runId);
      if (run === undefined) {
        throw new MlflowRefused(`${runId} was deleted`, {
          status: 400,
          errorCode: 'INVALID_PARAMETER_VALUE',
          where: '',
        });
      }
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

test.each([
  ['however fast each is', 0],
  ['however far apart their clocks are', 200_000],
])('eight workers, %s, all keep one run, and no other is left', { timeout: 60_000 }, async (_, apart) => {
  const clock = () => Math.round((Math.random() - 0.5) * apart);
  const rounds = Array.from({ length: 100 }, async () => {
    const times = { create: () => Math.random() * 40, call: () => Math.random() * 15, clock };
    const { runs, ensure } = server(times);
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

test('two makers on a server that is slower than anybody is patient never give way to each other', {
  timeout: 60_000,
}, async () => {
  const rounds = Array.from({ length: 20 }, async () => {
    const { runs, ensure } = server({ create: () => 60 + Math.random() * 5, call: () => 60 + Math.random() * 5 }, 50);
    const [one, other] = await Promise.all([ensure.ensureRun(wanted), ensure.ensureRun(wanted)]);
    expect([...runs.keys()]).toEqual([one.runId]);
    expect(other.runId).toBe(one.runId);
  });
  await Promise.all(rounds);
});

test('a run that its maker takes back while somebody else settles it is not kept', async () => {
  const gone = { info: { run_id: 'gone', start_time: 0 }, data: {} } as unknown as MlflowRun;
  const { runs, made, ensure } = server({ create: () => 1, call: () => 1 }, 50, (runId) => {
    if (runId === 'gone') runs.delete(runId);
  });
  runs.set('gone', gone);
  const { runId, created } = await ensure.ensureRun(wanted);
  expect({ kept: [...runs.keys()], created, made: made.length }).toEqual({ kept: [runId], created: true, made: 1 });
});

test('a run that nobody settles, because its maker died or is of before, is gone on with', async () => {
  const { runs, made, ensure } = server({ create: () => 1, call: () => 1 }, 100);
  const left = { info: { run_id: 'left', start_time: Date.now() }, data: {} } as unknown as MlflowRun;
  runs.set('left', left);
  expect(await ensure.ensureRun(wanted)).toEqual({ runId: 'left', experimentId: '1', created: false });
  expect(made).toEqual([]);
});
