import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sluice } from '../bad-input/sluice.ts';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { untilState } from '../harness/wait-for.ts';

/** Reports of a real run of a real project, while it asks and after it was answered. */
let project: ProjectStack;
const run = (...args: string[]) => sluice(project.root, args);
const wordsOf = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

beforeAll(async () => {
  project = await projectStack();
  const first = await project.start('life', { trainer: { steps: 6, pace: 0, every: 2 }, on: 'cpu' }, 'first');
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

it('the decision is in it once it was made, for programs too', async () => {
  expect(await run('reject', 'first', '--reason', 'Not <b>today</b>.', '--by', 'Ana')).toMatchObject({ exit: 0 });
  await run('wait', 'first');
  const out = join(project.root, 'out.html');
  const { exit, events } = await run('report', 'life/first', '--out', out, '--json');
  expect(exit).toBe(0);
  expect(events.at(-1)).toMatchObject({ type: 'report', run: 'life/first', path: out, missing: [] });
  const page = await readFile(out, 'utf8');
  expect(page).toContain('Not &lt;b&gt;today&lt;/b&gt;.');
  expect(wordsOf(page)).toContain('was rejected');
});

it('a run that there is not is told, and nothing is written', async () => {
  const none = await run('report', 'nowhere', '--out', join(project.root, 'none.html'));
  expect(none.exit).toBe(2);
  expect(none.err).toContain('There is no run "nowhere"');
  await expect(readFile(join(project.root, 'none.html'))).rejects.toThrow();
});
