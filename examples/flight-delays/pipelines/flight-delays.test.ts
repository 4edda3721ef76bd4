import { type Plan, recordPlan } from '@sluice/sdk';
import { expect, test } from 'vitest';
import { flightDelays } from './flight-delays.ts';

const trained = ({ steps }: Plan) => steps.flatMap(({ spec, kind }) => (kind === 'train' ? [spec.hyper.airport] : []));

test('the life of the model is one extract, a training per airport, a merge, two gates and a deploy', async () => {
  const plan = await recordPlan(flightDelays, { until: '2013-09-30' });
  expect(plan.steps.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    'extract flights',
    'map airport',
    'train airport=EWR/delay',
    'train airport=JFK/delay',
    'train airport=LGA/delay',
    'merge by-airport',
    'extract holdout-flights',
    'evaluate holdout',
    'replay recent-traffic',
    'deploy flight-delays',
  ]);
});

test('adding an airport is adding a string', async () => {
  const plan = await recordPlan(flightDelays, { until: '2013-09-30', airports: ['EWR', 'JFK', 'LGA', 'SWF'] });
  expect(trained(plan)).toEqual(['EWR', 'JFK', 'LGA', 'SWF']);
});

test('no bug is planted unless asked for', async () => {
  const plans = [
    await recordPlan(flightDelays, { until: '2013-09-30' }),
    await recordPlan(flightDelays, { until: '2013-09-30', plant: 'drop-imputer' }),
  ];
  const merges = plans.flatMap((plan) =>
    plan.steps.flatMap(({ spec, kind }) => (kind === 'merge' ? [spec.hyper.plant] : [])),
  );
  expect(merges).toEqual(['none', 'drop-imputer']);
});

test('wrong parameters are named by path', async () => {
  const started = recordPlan(flightDelays, { until: '2013-09-31', airports: ['EWR', 'Newark'], epochs: 0 });
  await expect(started).rejects.toThrow(/airports\.1: expected an IATA code.*until: .*epochs: /);
});
