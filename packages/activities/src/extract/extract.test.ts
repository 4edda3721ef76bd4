import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { column, table } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extractMemory } from './memory-budget.ts';
import { type TestProject, testProject } from './testing/project.ts';

let project: TestProject;

beforeEach(async () => {
  project = await testProject();
});

afterEach(async () => {
  await project.remove();
});

const flights = 'year,month,day,carrier,dep_delay\n2013,1,1,UA,2\n2013,6,30,AA,NA\n2013,7,1,B6,-5\n';
const scratch = () => readdir(join(project.stateDir, 'tmp', 'extract'));

/** `4.6 GiB`, as DuckDB says it. */
function bytesOf(text: string): number {
  const [, value = '', unit = ''] = /^([\d.]+) (\w+)$/.exec(text) ?? [];
  return Number(value) * 1024 ** ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'].indexOf(unit);
}

/** Rows of a stored dataset, as text. */
async function rowsOf(dataset: Awaited<ReturnType<TestProject['extract']>>): Promise<unknown[][]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const result = await connection.runAndReadAll(`FROM read_parquet('${project.store.locate(dataset)}')`);
  return result.getRowsJson();
}

describe('extract', () => {
  it('shares one memory budget with all others of its worker, and gives its share back', async () => {
    const limit = async () => {
      const [row] = await rowsOf(await project.extract("select current_setting('memory_limit') as memory"));
      return bytesOf(String(row?.[0]));
    };
    const alone = await limit();
    expect(alone).toBeLessThan(totalmem() * 0.3);
    const other = await extractMemory.take(new AbortController().signal);
    const beside = await limit();
    expect(beside).toBeLessThan(alone * 0.6);
    expect(other.bytes + beside).toBeLessThan(totalmem() * 0.5);
    other.release();
    expect(await limit()).toBe(alone);
  });

  it('has the columns of the query and no others, in a folder that looks like a partition too', async () => {
    const partition = await testProject('x=');
    try {
      const dataset = await partition.extract('select 1 as y', { checks: [column('y').max(1, 1)] });
      expect(dataset).toMatchObject({ columns: [{ name: 'y' }], verdict: 'pass' });
      expect((await partition.profile(dataset)).columns.map(({ name }) => name)).toEqual(['y']);
    } finally {
      await partition.remove();
    }
  });

  it('stores the rows of a CSV query as Parquet, with schema, origin and count', async () => {
    await project.write('data/flights.csv', flights);
    const dataset = await project.extract(
      "select carrier, dep_delay from read_csv('data/flights.csv', nullstr = 'NA') where make_date(year, month, day) <= $until",
      { params: { until: '2013-06-30' } },
    );
    expect(dataset).toMatchObject({
      kind: 'dataset',
      name: 'flights',
      step: 'airport=EWR/flights',
      keys: { airport: 'EWR' },
      rows: 2,
      verdict: 'pass',
      columns: [
        { name: 'carrier', type: 'VARCHAR' },
        { name: 'dep_delay', type: 'BIGINT' },
      ],
    });
    expect(await rowsOf(dataset)).toEqual([
      ['UA', '2'],
      ['AA', null],
    ]);
    expect(await project.store.verify(dataset, 'digests')).toBeNull();
    expect(await scratch()).toEqual([]);
  });

  it('reads Parquet, JSON, JSON lines and several files by a pattern', async () => {
    await project.write('data/a.json', '[{"x": 1}, {"x": 2}]');
    await project.write('data/b.jsonl', '{"x": 3}\n{"x": 4}\n');
    await project.write('data/parts/1.csv', 'x\n5\n');
    await project.write('data/parts/2.csv', 'x\n6\n');
    const first = await project.extract('select 7 as x');
    await mkdir(join(project.root, 'data', 'parquet'));
    await rename(project.store.locate(first), join(project.root, 'data', 'parquet', 'seven.parquet'));
    const dataset = await project.extract(`
      select x from read_json('data/a.json') union all select x from 'data/b.jsonl'
      union all select x from 'data/parts/*.csv' union all select x from 'data/parquet/seven.parquet' order by x`);
    expect(await rowsOf(dataset)).toEqual(['1', '2', '3', '4', '5', '6', '7'].map((x) => [x]));
  });

  it('gives the same digest for the same rows, also of groups, joins and sorts with ties', async () => {
    const big = Array.from({ length: 150_000 }, (_, i) => `${i},${i % 7},${i * 0.37}`).join('\n');
    await project.write('big.csv', `i,k,v\n${big}\n`);
    for (const sql of [
      "from 'big.csv' where i % 3 > 0",
      "select k, sum(v) as total, count(*) as n from 'big.csv' group by k",
      "select a.i, b.v from 'big.csv' a join 'big.csv' b using (i) where a.k = 3",
      "from 'big.csv' order by k",
    ]) {
      const digests = new Set<string>();
      for (let round = 0; round < 2; round++) {
        const dataset = await project.extract(sql);
        digests.add(dataset.digest).add(dataset.profile.digest);
      }
      expect(digests.size, sql).toBe(2);
    }
  });

  it('keeps the order of the rows', async () => {
    await project.write('x.csv', `x\n${Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 300_007).join('\n')}\n`);
    const rows = await rowsOf(await project.extract("from 'x.csv'"));
    expect(rows.map(([x]) => Number(x))).toEqual(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 300_007));
  });

  it('binds text, numbers, booleans, null and lists by name', async () => {
    const dataset = await project.extract(
      `select $text as t, $whole as w, $part as p, $yes as y, $nothing::int as n,
        list_contains($carriers, 'UA') as c, list_sum($numbers) as s, len($none) as l`,
      {
        params: {
          text: "O'Hare; -- $no 世界",
          whole: 3,
          part: 0.5,
          yes: true,
          nothing: null,
          carriers: ['AA', 'UA'],
          numbers: [1, 2.5],
          none: [],
        },
      },
    );
    expect(await rowsOf(dataset)).toEqual([["O'Hare; -- $no 世界", 3, 0.5, true, null, true, 3.5, '0']]);
  });

  it('binds an ISO date as text that compares with dates and timestamps, and with text', async () => {
    const dataset = await project.extract(
      `select $until::date - interval 1 day as before, date '2013-06-30' <= $until as d,
        timestamp '2013-06-30 12:00' > $until as t, '2013-06-30' = $until as s`,
      { params: { until: '2013-06-30' } },
    );
    expect(await rowsOf(dataset)).toEqual([['2013-06-29 00:00:00', true, true, true]]);
  });

  it('takes a query with a semicolon, comments and a final comment that has one', async () => {
    const dataset = await project.extract("-- first; comment\nselect ';' as x, 1 as y; -- done; really\n/* ; */");
    expect(await rowsOf(dataset)).toEqual([[';', 1]]);
  });

  it('keeps names in any script, with quotes, spaces and dots, and of file_row_number', async () => {
    const names = ['größe "cm"', "o'clock", '世界', 'a.b c', 'file_row_number', 'SELECT', '😀'];
    const list = names.map((name, index) => `${index} as "${name.replaceAll('"', '""')}"`);
    const dataset = await project.extract(`select ${list}`, {
      checks: names.map((column, index) => ({ column, rule: { kind: 'in', values: [index] }, share: 1 })),
    });
    expect(dataset.columns.map(({ name }) => name)).toEqual(names);
    expect(dataset.verdict).toBe('pass');
    expect((await project.profile(dataset)).columns.map(({ max }) => max)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('lists 64 columns of a wide dataset and profiles all of them', async () => {
    const dataset = await project.extract(`select ${Array.from({ length: 70 }, (_, i) => `${i} as c${i}`)}`);
    expect(dataset.columns).toHaveLength(64);
    expect((await project.profile(dataset)).columns).toHaveLength(70);
  });

  it('finds an extract without rows inconclusive', async () => {
    await project.write('empty.csv', 'a,b\n');
    const dataset = await project.extract("from 'empty.csv'");
    expect(dataset).toMatchObject({ rows: 0, verdict: 'inconclusive' });
    expect(dataset.evidence).toEqual([expect.objectContaining({ metric: 'rows', verdict: 'inconclusive', n: 0 })]);
    await project.write('nothing.csv', '');
    expect((await project.extract("from 'nothing.csv'")).verdict).toBe('inconclusive');
  });

  it('reads the files of its own project while another project is extracted', async () => {
    const other = await testProject();
    try {
      await project.write('data/x.csv', 'x\n1\n');
      await other.write('data/x.csv', 'x\n2\n');
      const [one, two] = await Promise.all([project.column("from 'data/x.csv'"), other.column("from 'data/x.csv'")]);
      expect([one.max, two.max]).toEqual([1, 2]);
    } finally {
      await other.remove();
    }
  });

  it('refuses a relative path that is also a file in the folder of the process', async () => {
    await project.write('package.json', '{"x": 1}');
    await expect(project.extract("from read_json('package.json')")).rejects.toMatchObject({
      code: 'InvalidStep',
      fix: expect.stringContaining(project.root),
    });
  });
});

describe('an extract that is held against other datasets', () => {
  it('judges its rows by them, and keeps the verdict', async () => {
    const [reference, known] = [
      await project.extract('select range as x from range(1000)'),
      await project.extract('select range as id from range(990)'),
    ];
    const checks = [
      column('x').references('known', 'id'),
      table().rowsRatio(0.9, 1.1),
      column('x').distribution('ks', 0.2),
    ];
    const found = await project.extract('select range as x from range(1000)', {
      reference,
      others: { known },
      checks: checks.slice(1),
    });
    expect(found).toMatchObject({ verdict: 'pass', evidence: [{}, {}] });
    const few = await project.extract('select range as x from range(100, 1000)', {
      reference,
      others: { known },
      checks,
    });
    expect(few.verdict).toBe('fail');
    expect(few.evidence[0]?.note).toContain('10 of 900');
  });
});

describe('an extract that cannot work', () => {
  it('says InvalidSql with the line and the words of DuckDB', async () => {
    await expect(project.extract('select 1\n  from\n  where')).rejects.toMatchObject({
      code: 'InvalidSql',
      message: expect.stringContaining('syntax error at or near "where"'),
      where: 'airport=EWR/flights: sql, line 3',
      permanent: true,
    });
    await project.write('f.csv', flights);
    await expect(project.extract("select carier from 'f.csv'")).rejects.toMatchObject({
      code: 'InvalidSql',
      message: expect.stringContaining('"carrier"'),
    });
    await expect(project.extract("select 'x'::int as x")).rejects.toMatchObject({ code: 'InvalidSql' });
  });

  it.each([
    ['', 'nothing'],
    ['-- only a comment', 'comments only'],
    ['select 1; select 2', '2 statements'],
    ['create table t (x int)', 'a statement that is no query'],
    ["copy (select 1) to 'stolen.csv'", 'a statement that is no query'],
    ['describe select 1', 'a statement whose rows cannot be stored'],
  ])('refuses %j, which is not one query', async (sql, found) => {
    await expect(project.extract(sql)).rejects.toMatchObject({
      code: 'InvalidSql',
      message: `An extract is one query, and this is ${found}.`,
    });
    expect(await readdir(project.root)).toEqual(['.sluice']);
  });

  it('names a missing file and the folder it was looked for in', async () => {
    for (const sql of [
      "from 'data/nope.csv'",
      "from read_parquet('data/nope.csv')",
      "from 'data/nope.csv' where x = 1",
    ]) {
      await expect(project.extract(sql)).rejects.toMatchObject({
        code: 'NotFound',
        message: 'There is no file data/nope.csv.',
        where: `airport=EWR/flights: ${project.root}`,
        permanent: true,
      });
    }
  });

  it('names parameters that are missing, not used, not named or no plain value', async () => {
    await expect(project.extract('select $a + $b as x', { params: { b: 1 } })).rejects.toMatchObject({
      code: 'InvalidStep',
      data: { missing: ['a'] },
    });
    await expect(project.extract('select 1', { params: { until: 'x' } })).rejects.toMatchObject({
      code: 'InvalidStep',
      data: { unused: ['until'] },
    });
    await expect(project.extract('select ? as x')).rejects.toMatchObject({
      code: 'InvalidStep',
      fix: expect.stringContaining('$name'),
    });
    await expect(project.extract('select $a as x', { params: { a: { b: 1 } } })).rejects.toMatchObject({
      code: 'InvalidStep',
    });
    await expect(project.extract('select $a as x', { params: { a: [1, 'x'] } })).rejects.toMatchObject({
      code: 'InvalidStep',
    });
  });

  it('leaves no temporary file and no artifact behind', async () => {
    await project.write('f.csv', `x\n${'1\n'.repeat(50_000)}no number\n`);
    await expect(
      project.extract("select x::int as x from read_csv('f.csv', all_varchar = true)"),
    ).rejects.toMatchObject({ code: 'InvalidSql' });
    expect(await scratch()).toEqual([]);
    expect(await readdir(join(project.stateDir, 'store')).catch(() => [])).toEqual([]);
  });
});

describe('an extract that is stopped', () => {
  const endless = 'select count(*) as n from range(100000000000) a';

  it('ends soon with the reason it was cancelled for, and cleans up', async () => {
    const controller = new AbortController();
    const running = project.extract(endless, {}, controller.signal);
    await expect.poll(scratch).toHaveLength(1);
    const reason = new Error('cancelled by the run');
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(await scratch()).toEqual([]);
  });

  it('does not begin when it is cancelled already', async () => {
    await expect(project.extract('select 1 as x', {}, AbortSignal.abort(new Error('too late')))).rejects.toThrow(
      'too late',
    );
    expect(await scratch()).toEqual([]);
  });

  it('clears up after a process that was killed in the middle of one', async () => {
    const program = `
      import { fileStore } from ${JSON.stringify(join(import.meta.dirname, '../store/file-store.ts'))};
      import { extractActivity } from ${JSON.stringify(join(import.meta.dirname, 'extract.ts'))};
      const [root, stateDir] = ${JSON.stringify([project.root, project.stateDir])};
      const ref = { workflowId: 'w', pipeline: 'w', step: 's', name: 's', keys: {} };
      const spec = { kind: 'extract', name: 's', sql: '${endless}', params: {}, checks: [], attach: {}, on: null, temporal: null };
      await extractActivity({ root, stateDir, store: fileStore(root + '/store') })({ ref, spec, parentRunId: null });`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: 'inherit' });
    try {
      await expect.poll(() => scratch().catch(() => []), { timeout: 10_000 }).toHaveLength(1);
    } finally {
      child.kill('SIGKILL');
    }
    await once(child, 'exit');
    expect(await scratch()).toHaveLength(1);
    expect((await project.extract('select 1 as x')).rows).toBe(1);
    expect(await scratch()).toEqual([]);
  }, 20_000);
});
