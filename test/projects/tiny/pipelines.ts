import { canary, check, column, deploy, evaluate, extract, pipeline, python, replay, train } from '@sluice/sdk';
import { z } from 'zod';

/** A rollout of seconds. */
export const quick = canary([20, 50], {
  hold: '2 seconds',
  extend: '10 seconds',
  bake: '2 seconds',
  lease: '10 seconds',
  health: {
    interval: '1 second',
    switch: '1 second',
    verify: '1 second',
    minRequests: 5,
    // A busy machine can make anything slow; what tests slowness sets a factor of its own.
    latencyFactor: 1000,
  },
});

const trainer = z.object({
  /** Steps of the training. */
  steps: z.int().positive().default(40),
  /** Milliseconds a step takes. */
  pace: z.number().default(20),
  /** Steps between checkpoints. */
  every: z.int().positive().default(5),
  /** Bytes of the state that is checkpointed. */
  bytes: z.int().default(1000),
  /** How the trainer misbehaves, if it does. */
  fault: z
    .enum(['none', 'exit-1', 'rubbish', 'no-model', 'hang', 'out-of-memory', 'ignore-sigterm', 'slow-goodbye'])
    .default('none'),
  /** Changes what the model answers. */
  version: z.string().default('a'),
  /** How the model server misbehaves, if it does. */
  serving: z.enum(['well', 'never-ready', 'fails-after', 'fails-some', 'slow', 'wild']).default('well'),
});

const job = {
  on: z.string().default('spot'),
  errors: z.int().default(0),
  onDemandAfter: z.int().default(5),
  heartbeat: z.string().default('4 seconds'),
  stall: z.string().default('30 minutes'),
};

type JobParams = z.infer<z.ZodObject<typeof job>> & { trainer: z.infer<typeof trainer> };

function trainModel({ trainer, on, errors, onDemandAfter, heartbeat, stall }: JobParams) {
  return train('model', {
    run: python('trainers/train.py'),
    hyper: trainer,
    on,
    retry: { errors },
    preempt: { onDemandAfter },
    heartbeat: heartbeat as '4 seconds',
    stall: stall as '30 minutes',
    seed: 7,
  });
}

/** Training alone. */
export const training = pipeline({
  name: 'training',
  params: z.object({ trainer: trainer.prefault({}), ...job }),
  run: (params) => trainModel(params),
});

/** The whole life of a model. */
export const life = pipeline({
  name: 'life',
  params: z.object({
    trainer: trainer.prefault({}),
    ...job,
    sql: z
      .string()
      .default(
        "select i, i * 2 as label, case when i % 2 = 0 then 'even' else 'odd' end as parity from range(200) t(i)",
      ),
    /** Least share of right answers; over 1 nothing passes, and a typo in `cases` makes evaluate fail. */
    cases: z.string().default('rows'),
    last: z.string().default('1 hour'),
    within: z.string().default('1 hour'),
    gates: z.enum(['all', 'none']).default('all'),
    endpoint: z.string().default('shop'),
    /** Silence after which an evaluation or a replay is given to another worker. */
    silence: z.string().default('30 seconds'),
    /** Seconds of each canary step. */
    hold: z.number().default(2),
    /** Seconds of extra time for a canary step, while measurements are inconclusive. */
    extend: z.number().default(10),
    /** Seconds after which a split that nobody watches goes back. */
    lease: z.number().default(quick.lease / 1000),
  }),
  async run(params) {
    const temporal = { heartbeatTimeout: params.silence as '30 seconds' };
    const rows = await extract('rows', { sql: params.sql, checks: [column('i').notNull()] });
    const model = await trainModel(params);
    const quality = await evaluate('quality', {
      model,
      suite: {
        cases: params.cases === 'rows' ? rows : params.cases,
        label: 'label',
        category: 'parity',
        inputs: ['i'],
        metric: 'absolute_error',
        margin: 0.5,
        worst: 20, // 200 cases are too few to reckon with the 50 of a suite that does not say
      },
      endpoint: params.endpoint,
      temporal,
    });
    const replayed = await replay('traffic', {
      model,
      endpoint: params.endpoint,
      last: params.last as '1 hour',
      temporal,
    });
    return deploy('shop', {
      model,
      endpoint: params.endpoint,
      gates: params.gates === 'all' ? [rows, quality, replayed] : [rows],
      approval: { within: params.within as '1 hour', recheck: '2 seconds' },
      rollout: { ...quick, hold: params.hold * 1000, extend: params.extend * 1000, lease: params.lease * 1000 },
      settle: true,
    });
  },
});

/** A model and its way to an endpoint, with nobody asked. */
export const release = pipeline({
  name: 'release',
  params: z.object({
    trainer: trainer.prefault({}),
    ...job,
    endpoint: z.string(),
    steps: z.array(z.number()).default([20, 50]),
    /** Seconds of each step. */
    hold: z.number().default(2),
    /** Seconds of extra time, while measurements are inconclusive. */
    extend: z.number().default(30),
    /** Seconds at 100 % with the old version still warm. */
    bake: z.number().default(2),
    /** Factor by which the latency may grow. */
    latencyFactor: z.number().default(1000),
    /** Copies all requests first, and checks that no answer is over this. */
    shadowMost: z.number().nullable().default(null),
  }),
  async run(params) {
    const rows = await extract('rows', { sql: 'select i from range(10) t(i)' });
    const model = await trainModel(params);
    return deploy('release', {
      model,
      endpoint: params.endpoint,
      gates: [rows],
      approval: 'none',
      rollout: canary(params.steps, {
        hold: params.hold * 1000,
        extend: params.extend * 1000,
        bake: params.bake * 1000,
        ...(params.shadowMost === null
          ? {}
          : { shadow: { percent: 100, checks: [column('prediction').between(0, params.shadowMost)] } }),
        lease: quick.lease,
        health: { ...quick.health, latencyFactor: params.latencyFactor },
      }),
      settle: true,
    });
  },
});

/** A model's answers to rows of its own, and to what callers have sent. */
export const answers = pipeline({
  name: 'answers',
  params: z.object({ trainer: trainer.prefault({}), ...job, endpoint: z.string(), most: z.number() }),
  async run(params) {
    const rows = await extract('rows', { sql: 'select i from range(100) t(i)' });
    const model = await trainModel(params);
    const { endpoint, most } = params;
    const within = column('prediction').between(0, most);
    const own = await check('own', { dataset: rows, model, endpoint, checks: [within] });
    const live = await check('live', { captured: { endpoint }, model, checks: [within, column('i').notNull()] });
    return { own, live };
  },
});

/** What is known of a model before anybody is asked: a suite folder, and what callers have sent. */
export const evidence = pipeline({
  name: 'evidence',
  params: z.object({
    trainer: trainer.prefault({}),
    ...job,
    endpoint: z.string(),
    against: z.literal('production').nullable().default(null),
  }),
  async run(params) {
    const { endpoint, against } = params;
    const model = await trainModel(params);
    const temporal = { heartbeatTimeout: '4 seconds' } as const;
    const quality = await evaluate('quality', { model, suite: 'eval/doubles', against, endpoint, temporal });
    const replayed = await replay('traffic', { model, endpoint, last: '1 hour', differences: 'off', temporal });
    return { quality, replayed };
  },
});
