import { describe, expect, it } from 'vitest';
import { column } from '../column.ts';
import { python } from '../command.ts';
import { ErrorCode } from '../errors.ts';
import { canary } from '../rollout.ts';
import { someDataset, someModel, specOf } from '../testing/runtime.ts';
import { check } from './check.ts';
import { deploy } from './deploy.ts';
import { evaluate } from './evaluate.ts';
import { extract } from './extract.ts';
import { merge, step, train } from './job.ts';
import { replay } from './replay.ts';

const run = python('train.py');
const model = someModel;

/** Options as a caller without types would give them. */
type Loose = Record<string, unknown>;
const trainWith = (options: Loose) => train('delay', { run, ...options } as never);
const suiteWith = (suite: Loose) =>
  evaluate('quality', { model, suite: { cases: 'a.csv', label: 'y', ...suite } as never });
const waiver = { requests: ['r7'], reason: 'known', until: '2026-12-31' };
const replayWith = (options: Loose) => replay('recent', { model, endpoint: 'shop', ...options } as never);
const deployWith = (options: Loose) => deploy('shop', { model, gates: [], ...options } as never);
const extractWith = (options: Loose) => extract('rows', { sql: 'select 1', ...options } as never);
const checkWith = (options: Loose) =>
  check('sane', { dataset: someDataset, checks: [column('x').notNull()], ...options } as never);
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

describe('a step that cannot work is refused before anything runs:', () => {
  const cases: [string, () => Promise<unknown>, string][] = [
    ['extract rows', () => extractWith({ sql: '  ' }), 'sql is "  "'],
    ['extract rows', () => extractWith({ sql: undefined }), 'sql is undefined'],
    ['extract rows', () => extractWith({ params: { until: new Date(0) } }), 'params.until is a Date'],
    ['extract rows', () => extractWith({ params: ['x'] }), 'params is a list'],
    ['extract rows', () => extractWith({ checks: { column: 'x' } }), 'checks is an object'],
    ['extract rows', () => extractWith({ checks: [{ column: 'x', rule: { kind: 'odd' }, share: 1 }] }), 'is no rule'],
    ['extract rows', () => extractWith({ checks: [{ column: 'x', rule: { kind: 'unique' } }] }), 'is undefined'],
    ['extract rows', () => extractWith({ attach: { shop: 7 } }), 'attach.shop is 7'],
    ['database "my shop"', () => extractWith({ attach: { 'my shop': 'env:X' } }), 'is not usable'],
    ['extract rows', () => extractWith({ query: 'select 1' }), 'options: there is no "query"'],
    ['check sane', () => checkWith({ dataset: undefined }), 'there is neither dataset nor captured'],
    ['check sane', () => checkWith({ captured: { endpoint: 'shop' } }), 'there are both dataset and captured'],
    [
      'check sane',
      () => checkWith({ dataset: undefined, captured: { endpoint: 'shop', rows: 0 } }),
      'captured.rows is 0',
    ],
    ['check sane', () => checkWith({ checks: [] }), 'checks is an empty list'],
    ['check sane', () => checkWith({ checks: [undefined] }), 'undefined is no rule'],
    ['check sane', () => checkWith({ as: 'score' }), 'as has no effect without a model'],
    ['check sane', () => checkWith({ endpoint: 'shop' }), 'endpoint has no effect without a model'],
    ['extract rows', () => extract('rows', undefined as never), 'options: expected an object, got undefined'],
    ['train delay', () => trainWith({ run: 'python train.py' }), 'run is "python train.py", not a command'],
    ['train delay', () => trainWith({ run: undefined }), 'run is undefined, not a command'],
    [
      'train delay',
      () => trainWith({ hyperparameters: {}, epoch: 1 }),
      'options: there is no "hyperparameters", "epoch"',
    ],
    ['train delay', () => trainWith({ models: [model] }), 'options: there is no "models"'],
    ['train delay', () => trainWith({ hyper: { lr: Number.NaN } }), 'hyper.lr is NaN'],
    ['train delay', () => trainWith({ hyper: { layers: [1, { f: () => 1 }] } }), 'hyper.layers.1.f is a function'],
    ['train delay', () => trainWith({ hyper: cyclic }), 'hyper.self is an object, which JSON cannot carry'],
    ['train delay', () => trainWith({ hyper: { big: 10n } }), 'hyper.big is 10'],
    ['train delay', () => trainWith({ hyper: [1] }), 'hyper is a list'],
    ['train delay', () => trainWith({ hyper: new Map([['a', 1]]) }), 'hyper is a Map'],
    ['train delay', () => trainWith({ seed: -1 }), 'seed is -1'],
    ['train delay', () => trainWith({ seed: 0.5 }), 'seed is 0.5'],
    ['train delay', () => trainWith({ seed: '7' }), 'seed is "7"'],
    ['train delay', () => trainWith({ retry: { errors: -1 } }), 'retry.errors is -1'],
    ['train delay', () => trainWith({ retry: {} }), 'retry.errors is undefined'],
    ['train delay', () => trainWith({ retry: { error: 3 } }), 'retry: there is no "error"'],
    ['train delay', () => trainWith({ retry: 3 }), 'retry: expected an object, got 3'],
    ['train delay', () => trainWith({ preempt: { max: Number.POSITIVE_INFINITY } }), 'preempt.max is Infinity'],
    ['train delay', () => trainWith({ preempt: { onDemandAfter: -1 } }), 'preempt.onDemandAfter is -1'],
    ['train delay', () => trainWith({ deadline: 0 }), 'deadline is 0'],
    ['train delay', () => trainWith({ maxRuntime: '0s' }), 'maxRuntime is "0s"'],
    ['train delay', () => trainWith({ maxQueued: 0 }), 'maxQueued is 0'],
    ['train delay', () => trainWith({ stall: 0 }), 'stall is 0'],
    ['train delay', () => trainWith({ heartbeat: '500ms' }), 'at least 1000'],
    ['train delay', () => trainWith({ resume: 'yes' }), 'resume is "yes"'],
    ['train delay', () => trainWith({ keep: 0 }), 'keep is 0'],
    ['train delay', () => trainWith({ temporal: { retry: { maximumAttempts: 3 } } }), 'temporal.retry has no effect'],
    ['train delay', () => trainWith({ temporal: { timeout: '1 hour' } }), 'temporal: there is no "timeout"'],
    ['train delay', () => trainWith({ temporal: { heartbeatTimeout: 'soon' } }), 'temporal.heartbeatTimeout "soon"'],
    ['train delay', () => trainWith({ temporal: { taskQueue: '' } }), 'temporal.taskQueue is ""'],
    ['resource class "gpu spot"', () => trainWith({ on: 'gpu spot' }), 'is not usable'],
    [
      'train delay',
      () => trainWith({ data: { rows: Promise.resolve(someDataset) } }),
      'data.rows is a promise of a dataset',
    ],
    ['train delay', () => trainWith({ data: { rows: model } }), 'data.rows is not a dataset'],
    ['train delay', () => trainWith({ data: [someDataset] }), 'data is a list'],
    ['data "../x"', () => trainWith({ data: { '../x': someDataset } }), 'is not usable'],
    ['merge all', () => merge('all', { run, models: [] }), 'no models to merge'],
    ['merge all', () => merge('all', { run } as never), 'no models to merge'],
    ['merge all', () => merge('all', { run, models: [null] as never }), 'models.0 is not a model'],
    [
      'merge all',
      () => merge('all', { run, models: [Promise.resolve(model)] as never }),
      'models.0 is a promise of a model',
    ],
    ['step work', () => step('work', { run, models: model as never }), 'models is an object'],
    ['evaluate quality', () => evaluate('quality', { model, suite: '' }), 'suite is ""'],
    [
      'evaluate quality',
      () => evaluate('quality', { model: someDataset as never, suite: 'x' }),
      'model is not a model',
    ],
    [
      'evaluate quality',
      () => evaluate('quality', { model, suite: 'x', against: 'prod' as never }),
      'against is not a model',
    ],
    [
      'evaluate quality',
      () => evaluate('quality', { model, suite: 'x', against: { version: 0 } }),
      'against.version is 0',
    ],
    [
      'evaluate quality',
      () => evaluate('quality', { model, suite: 'x', against: { result: 'sha256:12' } }),
      'against.result is "sha256:12"',
    ],
    [
      'evaluate quality',
      () => evaluate('quality', { model, suite: 'x', against: { report: model } as never }),
      'against.report is not a report',
    ],
    ['endpoint "a b"', () => evaluate('quality', { model, suite: 'x', endpoint: 'a b' }), 'is not usable'],
    ['evaluate quality', () => suiteWith({ cases: '' }), 'cases is ""'],
    ['evaluate quality', () => suiteWith({ cases: model }), 'cases is not a dataset'],
    ['evaluate quality', () => suiteWith({ label: '' }), 'label is ""'],
    ['evaluate quality', () => suiteWith({ inputs: [] }), 'inputs is a list of no columns'],
    ['evaluate quality', () => suiteWith({ inputs: ['a', 'y'] }), 'inputs names the label "y"'],
    ['evaluate quality', () => suiteWith({ metric: 'accuracy' }), 'metric is "accuracy"'],
    ['evaluate quality', () => suiteWith({ margin: 0 }), 'margin is 0'],
    ['evaluate quality', () => suiteWith({ margin: Number.NaN }), 'margin is NaN'],
    ['evaluate quality', () => suiteWith({ margin: 5 }), 'margin is 5; it must be a number over 0 and below 1'],
    ['evaluate quality', () => suiteWith({ worst: 5 }), 'worst is given beside the metric correct'],
    ['evaluate quality', () => suiteWith({ metric: 'absolute_error', margin: 1, worst: 1 }), 'worst is 1'],
    ['evaluate quality', () => suiteWith({ metric: 'absolute_error', worst: Number.NaN }), 'worst is NaN'],
    ['evaluate quality', () => suiteWith({ metric: 'absolute_error', worst: Infinity }), 'worst is Infinity'],
    ['evaluate quality', () => suiteWith({ limit: 0 }), 'limit is 0'],
    ['evaluate quality', () => suiteWith({ labels: 'y' }), 'suite: there is no "labels"'],
    ['replay recent', () => replayWith({ limit: 0 }), 'limit is 0'],
    ['replay recent', () => replayWith({ limit: 1.5 }), 'limit is 1.5'],
    ['replay recent', () => replayWith({ confirm: 0 }), 'confirm is 0'],
    ['replay recent', () => replayWith({ differences: 'fail' }), 'differences is "fail"'],
    ['replay recent', () => replayWith({ ignore: '$.id' }), 'ignore is "$.id"; it must be a list'],
    ['replay recent', () => replayWith({ ignore: ['$.id', '$..id'] }), 'ignore[1]: "$..id" is no path'],
    ['replay recent', () => replayWith({ ignore: [7] }), 'ignore[0]: 7 is no path'],
    ['replay recent', () => replayWith({ tolerate: { score: {} } }), 'tolerate["score"]: "score" is no path'],
    ['replay recent', () => replayWith({ tolerate: { '$.a': { absolute: -1 } } }), 'tolerate["$.a"].absolute is -1'],
    ['replay recent', () => replayWith({ tolerate: { '$.a': { abs: 1 } } }), 'there is no "abs"'],
    ['replay recent', () => replayWith({ tolerate: [] }), 'tolerate is a list; it must be an object'],
    ['replay recent', () => replayWith({ differences: 'off', ignore: ['$.id'] }), 'nothing to ignore'],
    ['replay recent', () => replayWith({ pace: 'fast' }), 'pace is "fast"'],
    ['replay recent', () => replayWith({ pace: 20 }), 'pace is 20'],
    ['replay recent', () => replayWith({ pace: {} }), 'pace.perSecond is undefined'],
    ['replay recent', () => replayWith({ pace: { perSecond: 0 } }), 'pace.perSecond is 0'],
    ['replay recent', () => replayWith({ pace: { perMinute: 1 } }), 'there is no "perMinute"'],
    ['replay recent', () => replayWith({ waive: {} }), 'waive is an object; it must be a list'],
    ['replay recent', () => replayWith({ waive: [{ requests: ['a'], reason: 'b' }] }), 'waive[0].until is undefined'],
    ['replay recent', () => replayWith({ waive: [{ ...waiver, until: '2026-02-30' }] }), 'must be a day'],
    ['replay recent', () => replayWith({ waive: [{ ...waiver, until: '2026-12-31T00:00' }] }), 'must be a day'],
    ['replay recent', () => replayWith({ waive: [{ ...waiver, until: 20261231 }] }), 'must be a day'],
    ['replay recent', () => replayWith({ waive: [waiver, { ...waiver, reason: ' ' }] }), 'waive[1].reason is " "'],
    [
      'replay recent',
      () => replayWith({ waive: [{ kind: ' …', reason: 'known', until: '2026-12-31' }] }),
      'waive[0].kind names every request',
    ],
    ['replay recent', () => replayWith({ waive: [{ ...waiver, requests: [] }] }), 'must name at least one id'],
    ['replay recent', () => replayWith({ waive: [{ ...waiver, requests: 'r7' }] }), 'must name at least one id'],
    ['replay recent', () => replayWith({ waive: [{ ...waiver, requests: [7] }] }), 'waive[0].requests[0] is 7'],
    ['replay recent', () => replayWith({ waive: [{ ...waiver, kind: 'GET /' }] }), 'either requests or a kind'],
    ['replay recent', () => replayWith({ waive: [{ ...waiver, id: 'r7' }] }), 'waive[0]: there is no "id"'],
    ['replay recent', () => replayWith({ maxStale: 1.01 }), 'maxStale is 1.01'],
    ['replay recent', () => replayWith({ maxStale: -0.01 }), 'maxStale is -0.01'],
    ['replay recent', () => replayWith({ last: 0 }), 'last is 0'],
    ['replay recent', () => replayWith({ last: -1 }), 'last -1 is not a duration'],
    ['replay recent', () => replayWith({ deadline: 0 }), 'deadline is 0'],
    ['endpoint undefined', () => replayWith({ endpoint: undefined }), 'is not usable'],
    ['deploy shop', () => deployWith({ gates: undefined }), 'gates is undefined'],
    ['deploy shop', () => deployWith({ gates: [model] }), 'gates.0 is an object, which has no verdict'],
    ['deploy shop', () => deployWith({ gates: [Promise.resolve(someDataset)] }), 'gates.0 is a promise'],
    ['deploy shop', () => deployWith({ gates: [{ name: 'x', verdict: 'ok' }] }), 'gates.0.verdict is "ok"'],
    ['deploy shop', () => deployWith({ gates: [{ verdict: 'pass' }] }), 'gates.0.name is undefined'],
    ['deploy shop', () => deployWith({ approval: 'None' }), 'approval: expected an object, got "None"'],
    ['deploy shop', () => deployWith({ approval: false }), 'approval: expected an object, got false'],
    ['deploy shop', () => deployWith({ approval: { withn: '1 hour' } }), 'approval: there is no "withn"'],
    ['deploy shop', () => deployWith({ approval: { within: 0 } }), 'approval.within is 0'],
    ['deploy shop', () => deployWith({ approval: { recheck: 0 } }), 'approval.recheck is 0'],
    ['deploy shop', () => deployWith({ approval: 'none' }), 'nothing would hold a bad model back'],
    ['deploy shop', () => deployWith({ onBusy: 'wait' }), 'onBusy is "wait"'],
    ['deploy shop', () => deployWith({ rollout: 'canary' }), 'the rollout is "canary"'],
    ['deploy shop', () => deployWith({ rollout: { ...canary([5]), shadow: 200 } }), 'shadow is 200'],
    ['endpoint "a/b"', () => deployWith({ endpoint: 'a/b' }), 'is not usable'],
    ['deploy shop', () => deployWith({ temporal: {} }), 'options: there is no "temporal"'],
  ];
  it.each(cases.map(([where, declare, message]) => ({ where, declare, message })))(
    '$where: $message',
    async ({ where, declare, message }) => {
      await expect(specOf(declare)).rejects.toMatchObject({
        code: ErrorCode.InvalidStep,
        where,
        message: expect.stringContaining(message),
        fix: expect.stringMatching(/\.$/),
      });
    },
  );

  it.each(['', 'a b', 'a/b', 7])('any step called %j', async (name) => {
    for (const declare of [train, merge, step, evaluate, replay, deploy, extract]) {
      await expect(specOf(() => declare(name as never, {} as never))).rejects.toThrow(/name .* is not usable/);
    }
  });
});
