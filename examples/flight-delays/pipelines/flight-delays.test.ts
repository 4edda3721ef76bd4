import { parseParams, type Runtime, type StepSpec, useRuntime } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { flightDelays } from './flight-delays.ts';

const specs: StepSpec[] = [];
let restore = () => {};

/** Writes steps down instead of running them. */
const recorder: Runtime = {
  run: async (definition, args) => definition.run(await parseParams(definition.name, definition.params, args[0])),
  step: async (spec) => {
    specs.push(spec);
    return { name: spec.name, verdict: 'pass', evidence: [] } as never;
  },
  map: async ({ keys }, body) =>
    Promise.all(keys.map(async (key, index) => ({ key, ok: true as const, value: await body(index) }))),
};

beforeEach(() => {
  specs.length = 0;
  restore = useRuntime(recorder);
});
afterEach(() => restore());

const trained = () => specs.flatMap((spec) => (spec.kind === 'train' ? [spec.hyper.airport] : []));

test('the life of the model is one extract, a training per airport, a merge, two gates and a deploy', async () => {
  await flightDelays({ until: '2013-09-30' });
  expect(specs.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'extract flights',
    'train delay',
    'train delay',
    'train delay',
    'merge by-airport',
    'extract holdout-flights',
    'evaluate holdout',
    'replay recent-traffic',
    'deploy flight-delays',
  ]);
});

test('adding an airport is adding a string', async () => {
  await flightDelays({ until: '2013-09-30', airports: ['EWR', 'JFK', 'LGA', 'SWF'] });
  expect(trained()).toEqual(['EWR', 'JFK', 'LGA', 'SWF']);
});

test('no bug is planted unless asked for', async () => {
  await flightDelays({ until: '2013-09-30' });
  await flightDelays({ until: '2013-09-30', plant: 'drop-imputer' });
  const merges = specs.flatMap((spec) => (spec.kind === 'merge' ? [spec.hyper.plant] : []));
  expect(merges).toEqual(['none', 'drop-imputer']);
});

test('wrong parameters are named by path, and nothing is started', async () => {
  const started = flightDelays({ until: '2013-09-31', airports: ['EWR', 'Newark'], epochs: 0 });
  await expect(started).rejects.toThrow(/airports\.1: expected an IATA code.*until: .*epochs: /);
  expect(specs).toEqual([]);
});
