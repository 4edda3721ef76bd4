import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';
import { call } from '../harness/called.ts';
import { type ProjectStack, projectStack, type RunHandle } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

let project: ProjectStack;
let python: string;

beforeAll(async () => {
  const requirements = path('packages/trainer/notebook/requirements.txt');
  python = (await ensurePythonEnv({ name: 'notebook', requirements })).python;
  vi.stubEnv('SLUICE_TEST_SPOT_SLOTS', '2');
  project = await projectStack();
  const rows = (many: number, times: number) =>
    `select i, i * ${times} as label, case when i % 2 = 0 then 'even' else 'odd' end as parity from range(${many}) t(i)`;
  const trainer = { steps: 10, pace: 0, every: 5, version: 'a' };
  const runs = await Promise.all([
    project.start('life', { trainer, sql: rows(200, 2), endpoint: 'shop-1', gates: 'none' }, 'last-week'),
    project.start(
      'life',
      { trainer: { ...trainer, steps: 12, version: 'b' }, sql: rows(400, 2), endpoint: 'shop-2', gates: 'none' },
      'this-week-größer',
    ),
  ]);
  for (const run of runs) await waitFor('the question', () => asks(run), 150_000);
});
afterAll(() => project?.close());

it('a notebook reads runs, steps, data, models, curves and logs, and sees what differs', async () => {
  const seen = await inPython(['look.py', 'last-week', 'größer']);
  expect(seen.runs).toHaveLength(2);
  expect(seen.table).toMatch(/^run +state +started/);
  expect(seen.table).toContain('life/this-week-größer');
  expect(seen.waiting).toBe(2);
  expect(seen.first).toEqual({
    id: 'life/last-week',
    state: 'awaiting-approval',
    open: true,
    by: 'tester',
    params: 'a',
    steps: [
      ['rows', 'extract', 'done'],
      ['model', 'train', 'done'],
      ['quality', 'evaluate', 'done'],
      ['traffic', 'replay', 'done'],
      ['shop', 'deploy', 'waiting'],
    ],
    cost: true,
    model: expect.arrayContaining(['model.json']),
    writable: false,
    metrics: ['loss'],
    hyper: expect.objectContaining({ steps: 10, version: 'a' }),
    lineage: ['code', 'data', 'hyper', 'parents'],
    attempts: ['done'],
    // A quick trainer's last one may be skipped while the one before it is stored.
    checkpoints: [true],
    curve: 10,
    log: true,
    pandas: [['i', 'label', 'parity'], 200, 39_800],
    polars: [200, 1],
    columns: { i: 'BIGINT', label: 'BIGINT', parity: 'VARCHAR' },
    mean: 99.5,
    verdict: 'pass',
    evidence: [expect.any(String)],
    judged: [true],
  });
  expect(seen.second).toMatchObject({ id: 'life/this-week-größer', polars: [400, 1] });
  expect(seen.artifact[0]).toMatch(/^<model [0-9a-f]{12} of model, /);
  expect(seen.artifact.slice(1)).toEqual(['model', ['quality', 'traffic']]);
  expect(seen.missing).toEqual(['RunNotFound', expect.stringContaining('life/last-week')]);
  expect(seen.misspelt).toEqual(['NotFound', expect.stringContaining('Did you mean "model"?')]);
  expect(seen.html).toContain('<table>');
});

it('what differs between two runs is the data, the parameters and what came of it', async () => {
  const { differences } = await inPython(['look.py', 'last-week', 'größer']);
  const of = (step: string, what: string) => differences.find((row) => row.step === step && row.what === what);
  expect(of('', 'param trainer.version')).toMatchObject({ first: 'a', second: 'b' });
  expect(of('rows', 'rows')).toMatchObject({ first: 200, second: 400, change: 200 });
  expect(of('rows', 'column i')).toMatchObject({ first: 99.5, second: 199.5, change: expect.closeTo(0.5, 1) });
  expect(of('model', 'hyper steps')).toMatchObject({ first: 10, second: 12, change: 2 });
  expect(differences.filter(({ what }) => what === 'column parity')).toEqual([]);
});

it('five lines in Jupyter show the model and its data', async () => {
  const said = await inPython(['jupyter.py']);
  expect(said.path).toMatch(/\.sluice\/cache\/artifacts\/[0-9a-f]{64}$/);
  expect(said.frame).toContain('parity');
  expect(said.error).toBe('RunNotFound');
});

it('copies that nobody finished are not left behind', async () => {
  const cached = await readdir(join(project.root, '.sluice/cache/artifacts'));
  expect(cached.filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
});

it('a server that went away is an error that says so, and the notebook goes on', async () => {
  const child = spawn(python, [path('test/notebook/while_away.py')], inProject());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as unknown;
  onTestFinished(() => void child.kill());
  expect(await next()).toEqual({ runs: 2 });
  await project.stack.stop();
  child.stdin.write('again\n');
  expect(await next()).toEqual({ code: 'Unreachable', fix: expect.stringContaining('sluice dev') });
  child.stdin.end();
  expect((await once(child, 'exit'))[0]).toBe(0);
});

async function asks(run: RunHandle): Promise<boolean> {
  return (await run.status()).state === 'awaiting-approval';
}

/** What `look.py` prints. */
interface Seen {
  readonly runs: readonly unknown[];
  readonly artifact: readonly unknown[];
  readonly differences: readonly { readonly step: string; readonly what: string }[];
  readonly [name: string]: unknown;
}

/** Runs a script of this folder in the project's folder, as a notebook's kernel would, and reads the last line it prints. */
async function inPython([script = '', ...args]: readonly string[]): Promise<Seen> {
  const { exit, out, err } = await call(python, [path(`test/notebook/${script}`), ...args], inProject());
  expect({ exit, err }, err).toMatchObject({ exit: 0 });
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Seen;
}

function inProject() {
  const env = {
    ...process.env,
    PYTHONPATH: path('packages/trainer/src'),
    SLUICE_COMMAND: `${process.execPath} ${path('packages/cli/src/main.ts')}`,
  };
  return { cwd: project.root, env };
}
