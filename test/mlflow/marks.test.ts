import { expect, test } from 'vitest';
import { markVersionActivity } from '../../packages/activities/src/registry/mark-version.ts';
import { registryStand } from './registry-stand.ts';

const on = registryStand();
const { context, trainedModel, register, versionTags, aliasOf } = on;

test('aliases follow the traffic: deployed, replaced, rolled back', async () => {
  const mark = markVersionActivity(context());
  const one = await register(await trainedModel('v1'), 'r/1');
  await mark({ endpoint: on.endpoint, candidate: one, previous: null, former: null, state: 'deployed', reason: null });
  expect([await aliasOf('production'), await aliasOf('previous'), await aliasOf('candidate')]).toEqual([
    '1',
    null,
    null,
  ]);

  const two = await register(await trainedModel('v2'), 'r/2');
  const deploy = {
    endpoint: on.endpoint,
    candidate: two,
    previous: one,
    former: one,
    state: 'deployed',
    reason: null,
  } as const;
  await mark(deploy);
  await mark(deploy);
  expect([await aliasOf('production'), await aliasOf('previous'), await aliasOf('candidate')]).toEqual([
    '2',
    '1',
    null,
  ]);
  expect((await versionTags(one))['sluice.state']).toBe('replaced');

  const three = await register(await trainedModel('v3'), 'r/3');
  const back = {
    endpoint: on.endpoint,
    candidate: three,
    previous: two,
    former: one,
    state: 'rolled-back',
    reason: '3 errors',
  } as const;
  await mark(back);
  await mark(back);
  expect([await aliasOf('production'), await aliasOf('previous'), await aliasOf('candidate')]).toEqual([
    '2',
    '1',
    null,
  ]);
  expect(await versionTags(three)).toMatchObject({
    'sluice.state': 'rolled-back',
    'sluice.rolled-back.reason': '3 errors',
  });
});

test('a version that is rolled back after it became production gives the alias back', async () => {
  const mark = markVersionActivity(context());
  const one = await register(await trainedModel('b1'), 'r/1');
  const two = await register(await trainedModel('b2'), 'r/2');
  await mark({ endpoint: on.endpoint, candidate: one, previous: null, former: null, state: 'deployed', reason: null });
  await mark({ endpoint: on.endpoint, candidate: two, previous: one, former: one, state: 'deployed', reason: null });
  await mark({
    endpoint: on.endpoint,
    candidate: two,
    previous: one,
    former: null,
    state: 'rolled-back',
    reason: 'latency',
  });
  expect(await aliasOf('production')).toBe('1');
});

test('going back by hand makes the older version production and marks the newer one', async () => {
  const mark = markVersionActivity(context());
  const one = await register(await trainedModel('h1'), 'r/1');
  const two = await register(await trainedModel('h2'), 'r/2');
  await mark({ endpoint: on.endpoint, candidate: two, previous: one, former: one, state: 'deployed', reason: null });
  const back = { state: 'rolled-back', reason: 'rolled back by zoë' } as const;
  await mark({ endpoint: on.endpoint, candidate: two, previous: one, former: null, ...back });
  // Nothing is left that a rollback could go to; least of all the version that was just left.
  expect([await aliasOf('production'), await aliasOf('previous')]).toEqual(['1', null]);
  expect((await versionTags(two))['sluice.state']).toBe('rolled-back');
  expect((await versionTags(one))['sluice.state']).toBe('deployed');
});

test('a superseded candidate loses the alias only while it has it', async () => {
  const mark = markVersionActivity(context());
  const one = await register(await trainedModel('s1'), 'r/1');
  await register(await trainedModel('s2'), 'r/2');
  await mark({
    endpoint: on.endpoint,
    candidate: one,
    previous: null,
    former: null,
    state: 'superseded',
    reason: 'r/2 came',
  });
  expect(await aliasOf('candidate')).toBe('2');
  expect((await versionTags(one))['sluice.state']).toBe('superseded');
});
