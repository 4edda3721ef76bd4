import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  canary,
  column,
  currentRuntime,
  deploy,
  ErrorCode,
  evaluate,
  extract,
  type Model,
  map,
  merge,
  type Plan,
  patched,
  pipeline,
  python,
  recordPlan,
  step,
  train,
} from './index.ts';

const run = python('train.py');
const paths = (plan: Plan) => plan.steps.map(({ kind, path }) => `${kind} ${path}`);
const none = z.object({});

/** A plan of a body without parameters. */
const planOf = (body: () => Promise<unknown>) => recordPlan(pipeline({ name: 'p', params: none, run: body }), {});

const delays = pipeline({
  name: 'delays',
  params: z.object({ airports: z.array(z.string()).min(1).default(['EWR', 'JFK']), epochs: z.int().default(20) }),
  async run({ airports, epochs }) {
    const flights = await extract('flights', { sql: 'select 1', checks: [column('carrier').notNull()] });
    const models = await map('airport', airports, { concurrency: 8 }, (airport) =>
      train('delay', { run, data: { flights }, hyper: { airport, epochs }, on: 'gpu-spot' }),
    );
    const model = await merge('all', { run, models });
    const quality = await evaluate('holdout', { model, suite: 'eval/holdout' });
    return deploy('delays', { model, gates: [flights, quality] });
  },
});

describe('a plan', () => {
  it('lists steps in order with path, kind, class and spec, the branches of a map one after another', async () => {
    const plan = await recordPlan(delays, { airports: ['EWR', 'b/ж'] });
    expect(paths(plan)).toEqual([
      'extract flights',
      'map airport',
      'train airport=EWR/delay',
      'train airport=b%2Fж/delay',
      'merge all',
      'evaluate holdout',
      'deploy delays',
    ]);
    expect(plan.steps[1]).toEqual({
      path: 'airport',
      kind: 'map',
      on: null,
      spec: { name: 'airport', keys: ['EWR', 'b/ж'], concurrency: 8 },
    });
    expect(plan.steps[2]).toMatchObject({
      on: 'gpu-spot',
      spec: { kind: 'train', hyper: { airport: 'EWR', epochs: 20 } },
    });
    expect(plan.steps[4]).toMatchObject({
      on: null,
      spec: { models: [{ keys: { airport: 'EWR' } }, { step: 'airport=b%2Fж/delay' }] },
    });
  });

  it('says what the parameters are with their defaults, and what jobs and rollouts may spend', async () => {
    const two = pipeline({
      name: 'two',
      params: z.object({ epochs: z.int().default(20) }),
      async run({ epochs }) {
        const model = await train('a', { run, hyper: { epochs }, retry: { errors: 1 }, deadline: '1 hour' });
        const other = await train('b', { run, preempt: { max: 7 }, deadline: '30 minutes' });
        const slow = canary([5], { lease: '2 minutes' });
        await deploy('eu', { model, gates: [], rollout: canary([5]) });
        await deploy('eu-2', { endpoint: 'eu', model: other, gates: [], rollout: slow });
      },
    });
    expect(await recordPlan(two, {})).toMatchObject({
      pipeline: 'two',
      params: { epochs: 20 },
      budgets: { jobs: 2, errors: 3, preemptions: 57, deadline: 5_400_000, rollback: { eu: 120_000 } },
    });
  });

  it('has no sum of deadlines where one job has none', async () => {
    const plan = await planOf(async () => {
      await train('a', { run, deadline: '1 hour' });
      await train('b', { run });
    });
    expect(plan.budgets.deadline).toBeNull();
  });

  it('gives ordinary code well-typed results, all of them good, so that it goes on', async () => {
    const seen: unknown[] = [];
    await planOf(async () => {
      const rows = await extract('rows', { sql: 'select 1' });
      const model = await train('model', { run, data: { rows } });
      const report = await evaluate('quality', { model, suite: 'suite' });
      const output = await step('work', { run });
      const { ok, failed } = await map('k', ['a'], { tolerate: 0 }, async () => 1);
      const deployed = await deploy('shop', { model, gates: [rows, report] });
      seen.push(
        rows.verdict,
        rows.columns,
        model.lineage.data,
        report.candidate,
        output.value,
        ok,
        failed,
        deployed.state,
      );
    });
    const zeroes = `sha256:${'0'.repeat(64)}`;
    expect(seen).toEqual(['pass', [], { rows: zeroes }, zeroes, null, [{ key: 'a', value: 1 }], [], 'deployed']);
  });

  it('keeps the specs as they were declared, whatever becomes of the objects afterwards', async () => {
    const plan = await planOf(async () => {
      const hyper: { epochs: number } = { epochs: 1 };
      await train('a', { run, hyper });
      hyper.epochs = 2;
    });
    expect(plan.steps[0]).toMatchObject({ spec: { hyper: { epochs: 1 } } });
  });

  it('shows the pipeline as it is today, with every change that runs under way do not see', async () => {
    const plan = await planOf(async () => {
      if (patched('tune-first')) await train('tune', { run });
      await train('model', { run });
    });
    expect(paths(plan)).toEqual(['train tune', 'train model']);
    await expect(planOf(async () => patched(''))).rejects.toThrow(/the id of the change is ""/);
  });

  it('follows the branch that the parameters choose', async () => {
    const optional = pipeline({
      name: 'optional',
      params: z.object({ tune: z.boolean() }),
      async run({ tune }) {
        if (tune) await train('tune', { run });
        await train('model', { run });
      },
    });
    expect(paths(await recordPlan(optional, { tune: false }))).toEqual(['train model']);
    expect(paths(await recordPlan(optional, { tune: true }))).toEqual(['train tune', 'train model']);
  });
});

describe('scopes in a plan', () => {
  it('are right for maps that run at the same time, and for steps beside them', async () => {
    const plan = await planOf(() =>
      Promise.all([
        map('a', ['1', '2'], {}, async () => {
          await train('x', { run });
          await train('y', { run });
        }),
        map('b', ['1', '2'], {}, async () => {
          await train('x', { run });
          await Promise.all([train('y', { run }), train('z', { run })]);
        }),
        train('beside', { run }).then(() => train('after', { run })),
      ]),
    );
    expect(plan.steps.map(({ path }) => path).sort()).toEqual(
      [
        'a',
        'b',
        'beside',
        'after',
        ...['a=1/x', 'a=1/y', 'a=2/x', 'a=2/y'],
        ...['b=1/x', 'b=1/y', 'b=1/z', 'b=2/x', 'b=2/y', 'b=2/z'],
      ].sort(),
    );
  });

  it('nest', async () => {
    const plan = await planOf(() =>
      map('airport', ['EWR', 'JFK'], {}, async () => {
        await map('fold', [1, 2], {}, () => train('fit', { run }));
        await train('best', { run });
      }),
    );
    expect(plan.steps.map(({ path }) => path)).toEqual([
      'airport',
      'airport=EWR/fold',
      'airport=EWR/fold=1/fit',
      'airport=EWR/fold=2/fit',
      'airport=EWR/best',
      'airport=JFK/fold',
      'airport=JFK/fold=1/fit',
      'airport=JFK/fold=2/fit',
      'airport=JFK/best',
    ]);
    expect(plan.steps[2]).toMatchObject({ kind: 'train' });
  });

  it('stay right when branches share the promise of a step', async () => {
    const plan = await planOf(async () => {
      const shared = train('shared', { run });
      let first: Promise<Model> | undefined;
      await map('k', ['a', 'b'], {}, async () => {
        await shared;
        first ??= train('once', { run });
        await first;
        await train('own', { run });
      });
    });
    expect(plan.steps.map(({ path }) => path)).toEqual(['shared', 'k', 'k=a/once', 'k=a/own', 'k=b/own']);
  });

  it('survive long chains of awaits between steps', async () => {
    const plan = await planOf(() =>
      Promise.all(
        ['a', 'b'].map((name) =>
          map(name, ['1'], {}, async () => {
            for (let i = 0; i < 500; i++) await Promise.resolve();
            await train('x', { run });
            for (let i = 0; i < 500; i++) await null;
            await train('y', { run });
          }),
        ),
      ),
    );
    expect(plan.steps.map(({ path }) => path).sort()).toEqual(['a', 'a=1/x', 'a=1/y', 'b', 'b=1/x', 'b=1/y']);
  });
});

describe('what goes wrong in a plan', () => {
  it('lists wrong parameters by path, and plans nothing', async () => {
    await expect(recordPlan(delays, { airports: [] })).rejects.toMatchObject({
      code: ErrorCode.InvalidParams,
      data: [expect.stringMatching(/^airports: /)],
    });
  });

  it('is what the pipeline throws', async () => {
    class Odd extends Error {}
    await expect(planOf(() => Promise.reject(new Odd('mine')))).rejects.toBeInstanceOf(Odd);
    await expect(
      planOf(() => {
        throw new Odd('before anything was awaited');
      }),
    ).rejects.toBeInstanceOf(Odd);
  });

  it('is two steps of one name, even where the pipeline catches that', async () => {
    const twice = planOf(async () => {
      await train('a', { run });
      await evaluateTwice().catch(() => {});
      async function evaluateTwice() {
        await step('a', { run });
      }
    });
    await expect(twice).rejects.toMatchObject({
      code: ErrorCode.DuplicateStep,
      message: 'Two steps are called "a": train a and step a.',
    });
  });

  it('is a map inside a map of the same name', async () => {
    const nested = planOf(() => map('k', ['a'], {}, () => map('k', ['b'], {}, () => train('x', { run }))));
    await expect(nested).rejects.toMatchObject({
      message: expect.stringContaining('map k stands inside another map k'),
    });
  });

  it('is a branch that fails, named by its key', async () => {
    const failing = planOf(() =>
      map('k', ['a', 'b'], {}, async (key) => {
        if (key === 'b') throw new TypeError('no such thing');
        return train('x', { run });
      }),
    );
    await expect(failing).rejects.toMatchObject({
      code: ErrorCode.MapFailed,
      message: expect.stringContaining('b: no such thing'),
    });
  });

  it('is a loop that waits for a result', async () => {
    const endless = planOf(async () => {
      for (let round = 0; ; round++) {
        const output = await step(`round-${round}`, { run });
        if (output.value === 'good enough') return;
      }
    });
    await expect(endless).rejects.toThrow(/more than 20000 steps/);
  }, 30_000);

  it('is a loop that also swallows every error', async () => {
    const stubborn = planOf(async () => {
      for (let round = 0; ; round++) await step(`round-${round}`, { run }).catch(() => null);
    });
    await expect(stubborn).rejects.toThrow(/bound it|more than 20000 steps/);
  }, 30_000);

  it('is a pipeline called like a function', async () => {
    const outer = planOf(() => delays({}));
    await expect(outer).rejects.toMatchObject({
      message: expect.stringContaining('calls the pipeline delays like a function'),
    });
  });

  it('is a wait for something that never comes', async () => {
    const stuck = planOf(() => train('a', { run }).then(() => new Promise(() => {})));
    await expect(stuck).rejects.toThrow(/after 1 steps it waits for something that is no step/);
    await expect(stuck).rejects.toMatchObject({ code: ErrorCode.NotPlannable });
  });

  const keysOf = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);

  it('is a deploy inside of a map that is too large to stay in one workflow', async () => {
    const deployEach = (count: number) =>
      planOf(() =>
        map('city', keysOf(count), { tolerate: count }, async () => {
          const model = await train('model', { run });
          await deploy('shop', { model, approval: 'none', gates: [await evaluate('quality', { model, suite: 's' })] });
        }),
      );
    await expect(deployEach(501)).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      message: 'city=k0/shop stands in a map of more than 500 keys.',
    });
    expect((await deployEach(500)).steps).toHaveLength(1 + 3 * 500);
  });

  it('is more keys in maps inside of maps than one history holds', async () => {
    const nested = (outer: number, inner: number) =>
      planOf(() => map('o', keysOf(outer), {}, () => map('i', keysOf(inner), {}, async () => 1)));
    await expect(nested(2, 2001)).rejects.toMatchObject({ code: ErrorCode.InvalidStep, where: 'o=k1/i' });
    expect((await nested(2, 2000)).steps).toHaveLength(3);
    expect((await nested(600, 10)).steps).toHaveLength(601); // the outer map runs in children, a history each
  });

  it('is something that is no pipeline', async () => {
    await expect(recordPlan((async () => 1) as never, {})).rejects.toMatchObject({ code: ErrorCode.InvalidStep });
  });
});

describe('recordings at the same time', () => {
  it('do not mix', async () => {
    const many = pipeline({
      name: 'many',
      params: z.object({ tag: z.string() }),
      async run({ tag }) {
        await train(`first-${tag}`, { run });
        await map('k', [tag], {}, () => train('inner', { run }));
        await train(`last-${tag}`, { run });
      },
    });
    const plans = await Promise.all(['a', 'b', 'c'].map((tag) => recordPlan(many, { tag })));
    expect(plans.map((plan) => plan.steps.map(({ path }) => path))).toEqual(
      ['a', 'b', 'c'].map((tag) => [`first-${tag}`, 'k', `k=${tag}/inner`, `last-${tag}`]),
    );
  });

  it('go on after one that failed', async () => {
    const [bad, good] = await Promise.allSettled([
      planOf(() => Promise.reject(new Error('no'))),
      planOf(() => train('x', { run })),
    ]);
    expect(bad.status).toBe('rejected');
    expect(good).toMatchObject({ status: 'fulfilled', value: { steps: [{ path: 'x' }] } });
  });

  it('leave no runtime behind, and do not hear steps that a pipeline left running', async () => {
    const careless = await planOf(async () => {
      void train('a', { run }).then(() => train('b', { run }));
    });
    const next = await planOf(() => train('mine', { run }));
    await delay(10);
    expect(paths(careless)).toEqual(['train a']);
    expect(paths(next)).toEqual(['train mine']);
    expect(() => currentRuntime()).toThrow(/outside of a run/);
  });

  it('wait for a pause that is not a step, within reason', async () => {
    const plan = await planOf(async () => {
      await train('a', { run });
      await delay(30);
      await train('b', { run });
    });
    expect(paths(plan)).toEqual(['train a', 'train b']);
  });
});
