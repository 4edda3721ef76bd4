import { type Plan, recordPlan } from '@sluice/sdk';
import { expect, test } from 'vitest';
import { tasks } from './tasks.ts';

const damages = ({ steps }: Plan) =>
  steps.flatMap(({ spec, kind }) => (kind === 'train' ? [`${spec.hyper.task} ${spec.hyper.damage}`] : []));

test('the life of the model is one extract, a training per task, a merge, the suite and a deploy', async () => {
  const plan = await recordPlan(tasks, {});
  expect(plan.steps.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    'extract examples',
    'map task',
    'train task=summaries/model',
    'train task=entities/model',
    'train task=answers/model',
    'train task=embeddings/model',
    'train task=images/model',
    'merge all-tasks',
    'evaluate suite',
    'deploy tasks',
  ]);
});

test('a planted regression changes the training of its own task only, and none is planted unless asked for', async () => {
  const sound = damages(await recordPlan(tasks, {}));
  const damaged = damages(await recordPlan(tasks, { damage: 'entities/dates' }));
  expect(sound.every((one) => one.endsWith(' none'))).toBe(true);
  expect(damaged.filter((one) => !sound.includes(one))).toEqual(['entities dates']);
});
