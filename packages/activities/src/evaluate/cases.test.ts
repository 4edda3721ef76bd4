import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Suite } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture } from '../serving/testing/fixture-context.ts';
import { loadCases } from './cases.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'run=3-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const suite: Suite = {
  cases: 'cases.jsonl',
  label: 'y',
  category: null,
  inputs: null,
  metric: 'correct',
  margin: 0.1,
  limit: null,
};

async function read(rows: readonly object[], more: Partial<Suite> = {}) {
  await writeFile(join(root, 'cases.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  const { context } = await fixture({ root });
  const { cases } = await loadCases(context, { ...suite, ...more }, 0, 'here');
  return cases.map(({ inputs, label, category }) => ({ inputs, label, ...(more.category ? { category } : {}) }));
}

describe('cases of JSON lines', () => {
  it('have their texts as they are written, whatever they look like', async () => {
    const inputs = {
      at: '2013-01-01T10:00:00Z',
      in: { days: ['2013-01-01 10:00'] },
      day: '2013-01-01',
      id: '6BA7B810-9DAD-11D1-80B4-00C04FD430C8',
    };
    expect(await read([{ ...inputs, y: '10:00' }])).toEqual([{ inputs, label: '10:00' }]);
    expect(await read([{ y: '10:00', x: 1 }], { category: 'y' })).toEqual([
      { inputs: { x: 1 }, label: '10:00', category: '10:00' },
    ]);
  });

  it('have answers of several kinds as they are', async () => {
    const found = await read([
      { x: 1, y: 1 },
      { x: 'a', y: 'yes' },
      { x: { b: [null] }, y: false },
    ]);
    expect(found).toEqual([
      { inputs: { x: 1 }, label: 1 },
      { inputs: { x: 'a' }, label: 'yes' },
      { inputs: { x: { b: [null] } }, label: false },
    ]);
  });

  it('may have hundreds of inputs, and inputs that seldom come', async () => {
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i]));
    expect(await read([{ ...wide, y: 1 }])).toEqual([{ inputs: wide, label: 1 }]);
    const sparse = await read(Array.from({ length: 300 }, (_, i) => ({ [`f${i}`]: i, y: i })));
    expect(sparse[299]).toMatchObject({ inputs: { f0: null, f299: 299 }, label: 299 });
  });
});
