import {
  canary,
  column,
  deploy,
  type EndpointConfig,
  ErrorCode,
  evaluate,
  extract,
  map,
  pipeline,
  python,
  replay,
  step,
  train,
} from '@sluice/sdk';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkPlan } from './check-plan.ts';

const config = {
  classes: { cpu: { gpus: 0, slots: 1, interruptible: false } },
  endpoints: { shop: { serve: python('s.py') } },
};
const run = python('train.py');

function check(body: () => Promise<unknown>, name = 'shop') {
  const workflow = pipeline({ name, params: z.unknown(), run: body });
  return checkPlan({ name, workflow }, {}, config);
}

describe('a run is planned before it is started', () => {
  test('and nothing is said of one that can work', async () => {
    const whole = check(async () => {
      const rows = await extract('rows', { sql: 'select 1' });
      const model = await train('model', { run, data: { rows }, on: 'cpu' });
      const gates = [
        rows,
        await evaluate('quality', { model, suite: 's' }),
        await replay('same', { model, endpoint: 'shop' }),
      ];
      return deploy('shop', { model, gates });
    });
    expect(await whole).toMatchObject({ plan: { steps: [{}, {}, {}, {}, {}] } });
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['a class', () => train('model', { run, on: 'gpu' }), /^model: there is no resource class "gpu"\./],
    [
      'a class in a map',
      () => map('k', ['a'], {}, () => step('s', { run, on: 'cpuu' })),
      /"cpuu"\. Did you mean "cpu"\?/,
    ],
    [
      'an endpoint',
      async () => deploy('shopp', { model: await train('m', { run }), gates: [] }),
      /no endpoint "shopp"\. Did you mean "shop"/,
    ],
    [
      "a replay's endpoint",
      async () => replay('same', { model: await train('m', { run }), endpoint: 'till' }),
      /^same: there is no endpoint "till"/,
    ],
    [
      "an evaluation's endpoint",
      async () => evaluate('quality', { model: await train('m', { run }), suite: 's', endpoint: 'till' }),
      /^quality: there is no endpoint "till"/,
    ],
  ])('but %s that the config does not have is refused', async (_what, body, message) => {
    await expect(check(body)).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      message: expect.stringMatching(message),
    });
  });

  test.each<[string, EndpointConfig['capture'], RegExp]>([
    ['nothing is captured', 0, /^shop: .*"shop" captures nothing/],
    ['nothing is captured, said at length', { percent: 0 }, /^shop: .*"shop" captures nothing/],
    ['they are redacted', { redact: { json: ['user', 'predictions.*'] } }, /"shop" redacts them .*"predictions\.\*"/],
    ['everything is redacted', { redact: { json: ['*'] } }, /"shop" redacts them/],
  ])('and so are checks of shadow answers where %s', async (_, capture, message) => {
    const shadow = { percent: 20, checks: [column('prediction').between(0, 1)] };
    const rollout = canary([5], { shadow });
    const body = async () => deploy('shop', { model: await train('m', { run }), gates: [], rollout });
    const workflow = pipeline({ name: 'shop', params: z.unknown(), run: body });
    const capturing = (how: EndpointConfig['capture'] & {}) =>
      checkPlan(
        { name: 'shop', workflow },
        {},
        { ...config, endpoints: { shop: { ...config.endpoints.shop, capture: how } } },
      );
    await expect(capturing(capture ?? 100)).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      message: expect.stringMatching(message),
    });
    const others = { percent: 20, redact: { json: ['dataframe_records.*.name', 'predictions_of_others'] } };
    for (const how of [100, others]) expect(await capturing(how)).toMatchObject({ plan: { steps: expect.anything() } });
    expect(await check(body)).toMatchObject({ plan: { steps: expect.anything() } });
  });

  test('and so is the endpoint that an evaluation takes by default', async () => {
    const body = async () => evaluate('quality', { model: await train('m', { run }), suite: 's' });
    await expect(check(body, 'sales')).rejects.toThrow(/no endpoint "sales"/);
  });

  test('and so is what a step itself refuses, also in the last of them', async () => {
    const late = async () => {
      await train('model', { run });
      await train('model', { run });
    };
    await expect(check(late)).rejects.toMatchObject({ code: ErrorCode.DuplicateStep });
    const wrong = () => train('m', { run, retry: { errors: -1 } });
    await expect(check(wrong)).rejects.toMatchObject({ where: 'train m' });
    await expect(check(() => map('k', ['a'], {}, wrong))).rejects.toMatchObject({ where: 'train m' });
    await expect(check(() => map('k', ['a'], { tolerate: 1 }, wrong))).rejects.toMatchObject({ where: 'train m' });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['needs a real value', async () => ((await step('s', { run })).value as { n: number }).n],
    [
      'refuses no rows',
      async () => {
        if ((await extract('rows', { sql: 'select 1' })).rows === 0) throw new Error('no rows');
      },
    ],
    [
      'leaves failing branches behind',
      async () => {
        void step('a', { run }).then(() => Promise.reject(new Error('left behind')));
        await step('b', { run });
      },
    ],
    ['waits for what is no step', () => new Promise(() => {})],
  ])('and code that %s is no mistake', async (_what, body) => {
    await expect(check(body)).resolves.toBeDefined();
  });

  test('and what ended the plan is told', async () => {
    const checked = await check(async () => ((await step('s', { run })).value as { n: number }).n);
    expect(checked).toMatchObject({ plan: null, givenUp: expect.any(TypeError) });
  });
});
