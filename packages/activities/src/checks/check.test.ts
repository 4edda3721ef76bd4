import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type CheckSpec, column, type Dataset, ErrorCode, table } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { extractDataset } from '../extract/extract.ts';
import { type Fixture, fixture } from '../serving/testing/fixture-context.ts';
import { checkActivity } from './check.ts';

let fix: Fixture;
let gateway: Server;
/** Lines that the gateway has captured. */
let captured: object[];

beforeEach(async () => {
  captured = [];
  gateway = createServer((request, response) => {
    const found = request.url?.includes('/requests') === true;
    response.writeHead(found ? 200 : 404).end(captured.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done));
  const adminUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  fix = await fixture({ gateway: { url: adminUrl, adminUrl } });
});
afterEach(async () => {
  gateway.close();
  await fix.remove();
});

const refOf = (name: string) => ({ workflowId: 'p/1', pipeline: 'demo', step: name, name, keys: {} });

function rows(sql: string): Promise<Dataset> {
  const more = { params: {}, checks: [], attach: {}, on: null, temporal: null };
  const spec = { kind: 'extract', name: 'rows', sql, ...more } as const;
  const input = { ref: refOf('rows'), spec, parentRunId: null };
  return extractDataset(fix.context, input, { signal: new AbortController().signal });
}

function checked(more: Partial<CheckSpec>) {
  const none = {
    dataset: null,
    captured: null,
    reference: null,
    others: {},
    model: null,
    endpoint: null,
    on: null,
    temporal: null,
  };
  const checks = [column('x').notNull()];
  const spec: CheckSpec = { kind: 'check', name: 'sane', as: 'prediction', checks, ...none, ...more };
  return checkActivity(fix.context)({ ref: refOf('sane'), spec, parentRunId: null });
}

function call(body: unknown, more: object = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const at = new Date().toISOString();
  return {
    id: String(captured.length),
    at,
    method: 'POST',
    path: '/invocations',
    headers: {},
    body: text,
    status: 200,
    ...more,
  };
}

describe('a check of a dataset', () => {
  test('says of each rule whether it holds, and keeps all of it in its report', async () => {
    const dataset = await rows('select range::INT as price from range(10)');
    const result = await checked({ dataset, checks: [column('price').between(0, 8), column('price').notNull()] });
    expect(result).toMatchObject({ name: 'sane', step: 'sane', verdict: 'fail', data: dataset.digest });
    expect(result).not.toHaveProperty('candidate');
    expect(result.evidence).toMatchObject([
      { slice: 'price', verdict: 'fail', value: 0.9, n: 10, note: '1 of 10 unexpected: 9.' },
      { slice: 'price', verdict: 'pass', value: 1, n: 10 },
    ]);
    const report = await fix.report(result.report);
    expect(report).toMatchObject({ kind: 'check', data: dataset.digest, rows: 10, checks: result.evidence });
  });

  test('gives the same report whenever it is done again', async () => {
    const dataset = await rows("select 'a' as x union all select null");
    expect(await checked({ dataset })).toEqual(await checked({ dataset }));
  });

  test('is inconclusive without a row, and never passes', async () => {
    expect((await checked({ dataset: await rows('select 1 as x where false') })).verdict).toBe('inconclusive');
  });

  test('without a row fails what asks for rows or columns, as it does where the rows are extracted', async () => {
    const dataset = await rows('select 1 as x where false');
    const checks = [table().rows(1, null), table().columns(['x', 'y']), column('x').notNull()];
    const { verdict, evidence } = await checked({ dataset, checks });
    expect(verdict).toBe('fail');
    expect(evidence.map((row) => row.verdict)).toEqual(['fail', 'fail', 'inconclusive', 'inconclusive']);
    expect(await checked({ dataset, checks, model: await fix.model({ add: 1 }) })).toMatchObject({
      verdict: 'inconclusive',
      evidence: [{ note: 'The dataset is empty.' }],
    });
  });

  test('says which step it was when the dataset is not in the store any more', async () => {
    const dataset = await rows('select 42 as x');
    await fix.context.store.discard([dataset], []);
    await expect(checked({ dataset })).rejects.toMatchObject({ code: ErrorCode.NotFound });
  });
});

describe('a check beside other datasets', () => {
  test('holds values against a column of another, and the distribution against a reference', async () => {
    const reference = await rows('select range as x from range(1000)');
    const others = { known: await rows('select range as id from range(90)') };
    const checks = [column('x').references('known', 'id'), column('x').distribution('ks', 0.2)];
    const result = await checked({
      dataset: await rows('select range as x from range(100)'),
      reference,
      others,
      checks,
    });
    expect(result).toMatchObject({ verdict: 'fail', evidence: [{ verdict: 'fail' }, { verdict: 'fail' }] });
    expect(result.evidence.map(({ note }) => note).join(' ')).toContain('10 of 100');
    const same = await checked({ dataset: reference, reference, checks: checks.slice(1) });
    expect(same.verdict).toBe('pass');
  });

  test('says which dataset is not there', async () => {
    const result = await checked({
      dataset: await rows('select 1 as x'),
      checks: [column('x').references('known', 'id')],
    });
    expect(result.evidence[0]).toMatchObject({ verdict: 'error', note: expect.stringContaining('no dataset "known"') });
  });
});

describe('a check of what a model answers', () => {
  const line = "select 'k' || range as key, range as x, range * 0.5 as half, 'x\u2028y' as odd from range(450)";

  test('judges answers beside the rows that they are of', async () => {
    const model = await fix.model({ add: 1 });
    const checks = [column('prediction').between(1, 450), column('prediction').notNull(), column('half').notNull()];
    const result = await checked({ dataset: await rows(line), model, endpoint: 'demo', checks });
    expect(result).toMatchObject({ verdict: 'pass', candidate: model.digest });
    expect(result.evidence.map(({ n, value }) => ({ n, value }))).toEqual(Array(3).fill({ n: 450, value: 1 }));
    const tight = await checked({ dataset: await rows(line), model, checks: [column('prediction').between(1, 400)] });
    expect(tight.evidence[0]).toMatchObject({ verdict: 'fail', value: 400 / 450 });
  });

  test.each(['status', 'crash', 'null', 'html', 'nan'])(
    'counts a row that ends in %s as one without an answer',
    async (rule) => {
      const model = await fix.model({ add: 1, rules: { k7: rule } });
      const checks = [column('prediction').notNull()];
      const result = await checked({ dataset: await rows(line), model, checks });
      expect(result.evidence[0]).toMatchObject({ slice: 'prediction', verdict: 'fail', value: 449 / 450, n: 450 });
      if (rule === 'status') expect(result.evidence[0]?.note).toContain('1 rows have no answer; the first: status 500');
    },
  );

  test('keeps what it says of the rule, and says nothing of why where a column is masked', async () => {
    const model = await fix.model({ add: 1, rules: { k7: 'status' } });
    const dataset = await rows(line);
    const warned = await checked({ dataset, model, checks: [column('prediction').notNull().warn()] });
    expect(warned.evidence[0]?.note).toMatch(/^Only a warning\. .*1 rows have no answer; the first: status 500/);
    const checks = [column('prediction').notNull(), column('key').notNull().masked()];
    const masked = await checked({ dataset, model, checks });
    expect(masked.evidence[0]?.note).toContain('1 rows have no answer');
    expect(JSON.stringify([masked, await fix.report(masked.report)])).not.toContain('status 500');
  });

  test('sends no number where there is none, however deep it lies', async () => {
    const model = await fix.model({ add: 1 });
    const odd = "select range as x, 'NaN' as text, 'nan'::double as d, ['inf'::double, 1] as list from range(3)";
    const result = await checked({ dataset: await rows(odd), model, checks: [column('prediction').between(1, 3)] });
    expect(result).toMatchObject({ verdict: 'pass', evidence: [{ n: 3 }] });
  });

  test('counts an answer that nobody can read in as none', async () => {
    const model = await fix.model({ add: 1, rules: { k1: 'huge' } });
    const checks = [column('prediction').notNull()];
    const answers = await checked({ dataset: await rows("select 'k1' as key, 1 as x"), model, checks });
    expect(answers.evidence[0]?.note).toContain('1 rows have no answer; the first: an answer of more than 16 MiB');
  });

  test('does not overwrite a column that is called like the answers', async () => {
    const dataset = await rows('select 1 as x, 2 as Prediction');
    const model = await fix.model({ add: 1 });
    await expect(checked({ dataset, model })).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      fix: expect.stringContaining('as:'),
    });
    expect((await checked({ dataset, model, as: 'answer', checks: [column('answer').between(2, 2)] })).verdict).toBe(
      'pass',
    );
  });
});

describe('a check of what callers have sent', () => {
  const recent = { captured: { endpoint: 'demo', last: 60_000, rows: 10_000 } };

  test('judges the rows of all requests that were answered, in both forms', async () => {
    captured = [
      call({ dataframe_records: [{ x: 1 }, { x: null }] }),
      call({
        dataframe_split: {
          columns: ['x', 'y'],
          data: [
            [3, 'a'],
            [4, 'b'],
          ],
        },
      }),
      call({ dataframe_records: [{ x: null }] }, { status: 400 }),
      call('<html>'),
      call({ dataframe_split: { columns: ['x'], data: [[1, 2]] } }),
      call({ inputs: [1] }),
    ];
    const result = await checked({ ...recent });
    expect(result).toMatchObject({ verdict: 'fail', data: null });
    expect(result.evidence).toMatchObject([{ slice: 'x', value: 0.75, n: 4 }]);
    expect(await fix.report(result.report)).toMatchObject({ captured: { rows: 4, requests: 2, withoutRows: 3 } });
  });

  test('judges what the new model would answer to them, before it has traffic', async () => {
    captured = Array.from({ length: 300 }, (_, i) => call({ dataframe_records: [{ key: `k${i}`, x: i }] }));
    const model = await fix.model({ add: 1000 });
    const checks = [column('prediction').between(0, 500)];
    const result = await checked({ ...recent, model, checks });
    expect(result).toMatchObject({ verdict: 'fail', candidate: model.digest });
    expect(result.evidence[0]).toMatchObject({ value: 0, n: 300 });
  });

  test('asks the model what callers have sent, as they have sent it', async () => {
    const sent = { x: 1, X: 2, when: '2026-01-01', digits: '007', big: 0.1, list: [1, 'a'], some: { a: null } };
    captured = [call({ dataframe_records: [sent, { x: 5 }] })];
    const rowsTo = join(fix.context.root, 'sent.jsonl');
    const model = await fix.model({ add: 1, rowsTo });
    const result = await checked({ ...recent, model, checks: [column('prediction').between(2, 6)] });
    expect(result).toMatchObject({ verdict: 'pass', evidence: [{ n: 2 }] });
    expect((await readFile(rowsTo, 'utf8')).trim().split('\n')).toEqual([JSON.stringify(sent), '{"x":5}']);
  });

  test('leaves out what came after the step began', async () => {
    const later = new Date(Date.now() + 3600_000).toISOString();
    captured = [call({ dataframe_records: [{ x: null }] }, { at: later }), call({ dataframe_records: [{ x: 1 }] })];
    expect((await checked({ ...recent })).evidence).toMatchObject([{ verdict: 'pass', n: 1 }]);
  });

  test('takes the newest rows, and no more than were asked for', async () => {
    captured = Array.from({ length: 50 }, (_, i) => call({ dataframe_records: [{ x: i }, { x: i }] }));
    const result = await checked({ captured: { ...recent.captured, rows: 7 }, checks: [column('x').between(0, 3)] });
    expect(result.evidence).toMatchObject([{ verdict: 'pass', n: 7 }]);
    const whole = await checked({ captured: { ...recent.captured, rows: 8 }, checks: [column('x').between(0, 3)] });
    expect(await fix.report(whole.report)).toMatchObject({ captured: { rows: 8, requests: 4, withoutRows: 0 } });
  });

  test('is inconclusive where nobody has sent any', async () => {
    captured = [call('<html>')];
    const result = await checked({ ...recent, model: await fix.model({ add: 1 }) });
    expect(result.evidence).toMatchObject([{ verdict: 'inconclusive', note: 'Of 1 captured requests none had rows.' }]);
    captured = [];
    expect((await checked({ ...recent })).evidence[0]?.note).toBe('No answered request was captured in that time.');
  });
});
