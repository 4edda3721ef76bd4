import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogView, RunsView, RunView, StepView } from '../../packages/ui/src/api.ts';
import { dataset, model } from './artifacts.ts';
import { asking, failedRun, hostileRun, hostileStep } from './changed.ts';
import { largeRun, manyRuns } from './large.ts';
import { hostile } from './recorded.ts';

/** Answers by path and query, as `sluice ui` gave them during the demo, and some that are larger or odder than the demo. */
export async function pageAnswers(): Promise<Map<string, unknown>> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(import.meta.dirname, 'recorded', `${name}.json`), 'utf8'));
  const run = async (name: string) => (await read(`run-${name}`)) as RunView;
  const training = await run('training');
  const deployed = await run('deployed');
  const recordedRuns = (await read('runs')) as RunsView;
  const answers = new Map<string, unknown>([
    ['/api/project', await read('project')],
    ['/api/endpoints', await read('endpoints')],
    ['/api/endpoint?name=flight-delays', await read('endpoint-steady')],
    ['/api/endpoint?name=moving', await read('endpoint-rolling-out')],
    ['/api/step?run=delays/training&step=airport=LGA/delay', await read('step-training')],
    ['/api/step?run=delays/rejected&step=recent-traffic', await read('step-replay')],
    ['/api/step?run=delays/rejected&step=holdout', await read('step-holdout')],
    ['/api/log?run=delays/training&step=airport=LGA/delay', await read('log')],
    [
      '/api/log?run=delays/hostile&step=x',
      { step: 'x', attempt: 1, attempts: [1], lines: [hostile], cut: false } satisfies LogView,
    ],
    [`/api/artifact?digest=${dataset.link.digest}`, dataset],
    [`/api/artifact?digest=${model.link.digest}`, model],
    ['/api/runs', manyRuns(recordedRuns)],
    ...['a', 'an', 'ana'].map((text) => [`/api/runs?text=${text}`, manyRuns(recordedRuns)] as const),
    ['/api/runs?state=failed', { runs: [], next: null, total: 0 } satisfies RunsView],
    ['/api/run?id=large/keys', largeRun(deployed)],
    ['/api/run?id=delays/hostile', hostileRun(deployed)],
    ['/api/run?id=delays/failed', failedRun(deployed)],
    ['/api/step?run=delays/hostile&step=x', hostileStep((await read('step-training')) as StepView)],
  ]);
  for (const [name, view] of Object.entries({
    training,
    deployed,
    asking: asking(await run('asking'), (await read('step-asking')) as StepView, 'awaiting-approval'),
    blocked: asking(await run('rejected'), (await read('step-blocked')) as StepView, 'blocked'),
    'rolling-out': await run('rolling-out'),
    rejected: await run('rejected'),
  })) {
    answers.set(`/api/run?id=delays/${name}`, view);
  }
  return answers;
}
