import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunStatus } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sluice } from '../bad-input/sluice.ts';
import { openBrowser } from '../harness/browser.ts';
import { type ProjectStack, projectStack, type RunHandle } from '../harness/project.ts';
import { untilState, untilStatus } from '../harness/wait-for.ts';

/** Reports of a real run of a real project, while it asks and after it was answered. */
let project: ProjectStack;
let first: RunHandle;
const run = (...args: string[]) => sluice(project.root, args);
const wordsOf = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

/** What a worker attached, as MLflow has it. */
async function attachedTo(status: RunStatus): Promise<string> {
  const [, base, id] =
    /^(.*)\/#\/experiments\/\d+\/runs\/(\w+)\/artifacts\/report\.html\?/.exec(status.links.report ?? '') ?? [];
  const got = await fetch(`${base}/get-artifact?run_uuid=${id}&path=report.html`);
  expect(got.status).toBe(200);
  return got.text();
}

beforeAll(async () => {
  project = await projectStack();
  first = await project.start('life', { trainer: { steps: 6, pace: 0, every: 2 }, on: 'cpu' }, 'first');
  await untilState(first, 'awaiting-approval');
});
afterAll(() => project?.close());

it('a run that waits for an approval has a report with its question, its evidence and its data', async () => {
  const { exit, out, err } = await run('report', 'first');
  expect(err).toBe('');
  expect(exit).toBe(0);
  const path = join(project.root, '.sluice/reports/life-first.html');
  expect(out).toContain(path);
  const words = wordsOf(await readFile(path, 'utf8'));
  expect(words).toContain('waits for an approval');
  expect(words).toContain('sluice approve life/first');
  expect(words).toContain('Evaluation: quality');
  expect(words).toContain('Data: rows, 200 rows');
  expect(words).toContain('parity VARCHAR');
  expect(words).toContain('Lineage');
  expect(words).not.toContain('What is not here');
});

it('a worker has written it by itself, where MLflow and the store have it, and the status says where', async () => {
  const status = await untilStatus(first, 'a report', ({ report }) => report !== undefined);
  expect(status.report).toMatchObject({ artifact: { kind: 'report' }, warning: null });
  const page = await attachedTo(status);
  const words = wordsOf(page);
  expect(words).toContain('waits for an approval');
  expect(words).toContain('sluice approve life/first');
  expect(words).toContain('Data: rows, 200 rows');
  expect(words).not.toContain('What is not here');
  const { out } = await run('status', 'first');
  expect(out).toContain(`report    ${status.links.report}`);
  const to = join(project.root, 'kept.html');
  const digest = status.report?.artifact?.digest.slice(7, 19) ?? '';
  expect(await run('artifacts', 'get', digest, '--to', to)).toMatchObject({ exit: 0 });
  expect(await readFile(to, 'utf8')).toBe(page);
});

it('the decision is in it once it was made, for programs too', async () => {
  expect(await run('reject', 'first', '--reason', 'Not <b>today</b>.', '--by', 'Ana')).toMatchObject({ exit: 0 });
  await run('wait', 'first');
  const last = await first.status();
  const attached = await attachedTo(last);
  expect(attached).toContain('Not &lt;b&gt;today&lt;/b&gt;.');
  expect(wordsOf(attached)).toContain('was rejected');
  const out = join(project.root, 'out.html');
  const { exit, events } = await run('report', 'life/first', '--out', out, '--json');
  expect(exit).toBe(0);
  expect(events.at(-1)).toMatchObject({ type: 'report', run: 'life/first', path: out, missing: [] });
  const page = await readFile(out, 'utf8');
  expect(page).toContain('Not &lt;b&gt;today&lt;/b&gt;.');
  expect(wordsOf(page)).toContain('was rejected');
});

it('a second run shows its data beside the first one that was deployed, and how its rollout went', async () => {
  const second = await project.start('life', { trainer: { steps: 8, pace: 0, every: 2 }, on: 'cpu' }, 'second');
  await untilState(second, 'awaiting-approval');
  expect(await run('approve', 'second', '--by', 'Ana')).toMatchObject({ exit: 0 });
  await untilState(second, 'deployed');
  const third = await project.start('life', { trainer: { steps: 10, pace: 0, every: 2 }, on: 'cpu' }, 'third');
  await untilState(third, 'awaiting-approval', 'blocked');
  expect(await run('report', 'second')).toMatchObject({ exit: 0, err: '' });
  const page = await readFile(join(project.root, '.sluice/reports/life-second.html'), 'utf8');
  const words = wordsOf(page);
  expect(words).toContain('serves endpoint');
  expect(words).toContain('Rollout on');
  expect(page).toMatch(/Share of traffic of the candidate: .*100 %/);
  expect(await run('report', 'third')).toMatchObject({ exit: 0, err: '' });
  const later = await readFile(join(project.root, '.sluice/reports/life-third.html'), 'utf8');
  expect(wordsOf(later)).toContain('the outline: as in life/second');
  const folder = process.env.SLUICE_TEST_SCREENSHOTS;
  if (folder)
    await Promise.all([writeFile(join(folder, 'second.html'), page), writeFile(join(folder, 'third.html'), later)]);
});

it('the same is printed as Markdown for a pull request', async () => {
  const { exit, out, err } = await run('report', 'second', '--markdown');
  expect([exit, err]).toEqual([0, '']);
  expect(out).toMatch(/^## ✅ life\/second: pass\n/);
  expect(out).toContain('### Evaluation: quality');
});

it('it is attached to the run in MLflow, where its pages show it', async () => {
  const { exit, events, err } = await run('report', 'second', '--attach', '--json');
  expect([exit, err]).toEqual([0, '']);
  const { path, attached } = events.at(-1) as unknown as { path: string; attached: string };
  const [, base, mlflowRun] = /^(.*)\/#\/experiments\/\d+\/runs\/(\w+)\/artifacts\/report\.html\?/.exec(attached) ?? [];
  const got = await fetch(`${base}/get-artifact?run_uuid=${mlflowRun}&path=report.html`);
  expect(await got.text()).toBe(await readFile(path, 'utf8'));
});

it('whoever follows the link of a notification sees the report on the page of MLflow', async () => {
  const { report = '' } = (await first.status()).links;
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.goto(report);
    const shown = page.frameLocator('iframe').locator('h1', { hasText: 'life/first' });
    await shown.waitFor({ timeout: 120_000 });
    const shots = process.env.SLUICE_TEST_SCREENSHOTS;
    if (shots) await page.screenshot({ path: join(shots, 'mlflow.png') });
    expect(await shown.isVisible()).toBe(true);
  } finally {
    await browser.close();
  }
});

it('a run that there is not is told, and nothing is written', async () => {
  const none = await run('report', 'nowhere', '--out', join(project.root, 'none.html'));
  expect(none.exit).toBe(2);
  expect(none.err).toContain('There is no run "nowhere"');
  await expect(readFile(join(project.root, 'none.html'))).rejects.toThrow();
});
