import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Check, column, type Dataset, ErrorCode } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestProject, testProject } from '../extract/testing/project.ts';
import { checkDataset } from './check.ts';

let project: TestProject;

beforeAll(async () => {
  project = await testProject();
});
afterAll(() => project.remove());

function checked(dataset: Dataset, checks: readonly Check[]) {
  const ref = { workflowId: 'w/1', pipeline: 'w', step: 'prices-are-sane', name: 'prices-are-sane', keys: {} };
  const spec = { kind: 'check', name: ref.name, dataset, checks, on: null, temporal: null } as const;
  return checkDataset(project, { ref, spec, parentRunId: null }, { signal: new AbortController().signal });
}

describe('a check of rows that are there already', () => {
  test('says of each rule whether it holds, and keeps all of it in its report', async () => {
    const dataset = await project.extract('select range::INT as price from range(10)');
    const result = await checked(dataset, [column('price').between(0, 8), column('price').notNull()]);
    expect(result).toMatchObject({ name: 'prices-are-sane', verdict: 'fail', data: dataset.digest });
    expect(result.evidence).toMatchObject([
      { slice: 'price', verdict: 'fail', value: 0.9, n: 10, note: '1 of 10 unexpected: 9.' },
      { slice: 'price', verdict: 'pass', value: 1, n: 10 },
    ]);
    const path = join(project.root, 'report.json');
    await project.store.fetch(result.report, path);
    const report = JSON.parse(await readFile(path, 'utf8'));
    expect(report).toMatchObject({ kind: 'check', data: dataset.digest, rows: 10, checks: result.evidence });
  });

  test('gives the same report whenever it is done again', async () => {
    const dataset = await project.extract("select 'a' as x union all select null");
    const [once, again] = [
      await checked(dataset, [column('x').notNull()]),
      await checked(dataset, [column('x').notNull()]),
    ];
    expect(again).toEqual(once);
  });

  test('is inconclusive without a row, and never passes', async () => {
    const dataset = await project.extract('select 1 as x where false');
    expect((await checked(dataset, [column('x').notNull()])).verdict).toBe('inconclusive');
  });

  test('says which step it was when the dataset is not in the store any more', async () => {
    const dataset = await project.extract('select 42 as x');
    await project.store.discard([dataset], []);
    await expect(checked(dataset, [column('x').notNull()])).rejects.toMatchObject({
      code: ErrorCode.NotFound,
      where: expect.stringContaining('prices-are-sane'),
    });
  });
});
