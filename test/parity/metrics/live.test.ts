import { beforeAll, describe, expect, test } from 'vitest';
import { askOracle } from '../../../packages/activities/src/metrics/testing/ask-oracle.ts';
import { differences } from '../../../packages/activities/src/metrics/testing/differences.ts';
import { parityTasks } from '../../../packages/activities/src/metrics/testing/parity-tasks.ts';
import { referenceLibraries } from './reference-libraries.ts';

/** Other cases than the stored ones, and other ones again by `SLUICE_PARITY_SEED` and `SLUICE_PARITY_SIZE`. */
const tasks = parityTasks(Number(process.env.SLUICE_PARITY_SIZE ?? 300), Number(process.env.SLUICE_PARITY_SEED ?? 2));

describe('the reference libraries, asked now, answer the same', () => {
  let answers: readonly unknown[] = [];
  beforeAll(async () => {
    ({ answers } = await askOracle(await referenceLibraries(console.error), tasks));
  });

  test.each(tasks.map((task, at) => ({ ...task, at })))('$name', ({ ours, relative, at }) => {
    expect(differences(ours(), answers[at], relative)).toEqual([]);
  });
});
