import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnsOf } from '../extract/parquet.ts';
import { jsonLine, readJsonLines } from './json-lines.ts';
import { bench } from './testing/judged.ts';

const on = bench();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-lines-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Columns with their types, and the rows. */
async function read(...rows: readonly unknown[]) {
  const path = join(folder, 'rows.jsonl');
  await writeFile(path, rows.map(jsonLine).join(''));
  const sql = await readJsonLines(on.session, path);
  const columns = await columnsOf(on.session, sql);
  return {
    types: Object.fromEntries(columns.map(({ name, type }) => [name, type])),
    rows: await on.session.rows(`FROM ${sql}`),
  };
}

describe('rows of JSON lines', () => {
  it('have a column for each name, however many there are and however seldom they come', async () => {
    const wide = await read(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i])));
    expect(Object.keys(wide.types)).toHaveLength(300);
    const sparse = await read(...Array.from({ length: 300 }, (_, i) => ({ id: i, [`f${i}`]: 1 })));
    expect(Object.keys(sparse.types)).toHaveLength(301);
  });

  it('have texts where there are texts beside other values, without quotes', async () => {
    const { types, rows } = await read({ x: 'yes' }, { x: 1 }, { x: { a: [1] } }, { x: null }, {});
    expect(types).toEqual({ x: 'VARCHAR' });
    expect(rows.map(({ x }) => x)).toEqual(['yes', '1', '{"a":[1]}', null, null]);
  });

  it('have numbers, booleans and times where all values are such', async () => {
    const rows = { a: 1, b: 1.5, c: true, d: '2013-01-01', e: '6BA7B810-9dad-11d1-80b4-00c04fd430c8' };
    expect((await read(rows)).types).toEqual({ a: 'BIGINT', b: 'DOUBLE', c: 'BOOLEAN', d: 'DATE', e: 'VARCHAR' });
  });

  it('are read whatever texts callers escape and however deep they nest', async () => {
    const deep = JSON.parse('['.repeat(3000) + ']'.repeat(3000));
    const { rows } = await read({ x: 'a\ud800b', '\udc00': 1, y: '\\ud800 🦊 \u0000', deep });
    expect(rows[0]).toMatchObject({ x: 'a\ufffdb', '\ufffd': '1', y: '\\ud800 🦊 \u0000' });
  });
});
