import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { logPath } from '@sluice/activities';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LINES, lastLines, logView } from './log.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'sluice-log-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

async function write(step: string, attempt: number, text: string): Promise<void> {
  const path = logPath(state, 'life/ü 1', step, attempt);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const ask = (step: string, attempt: number | null = null) => logView(state, { run: 'life/ü 1', step, attempt });

test('the newest attempt is shown, with the numbers of all', async () => {
  await write('a=b/delay', 1, 'one\n');
  await write('a=b/delay', 2, 'two\r\nlines\n');
  await write('a=c/delay', 7, 'other\n');
  expect(await ask('a=b/delay')).toEqual({
    step: 'a=b/delay',
    attempt: 2,
    attempts: [1, 2],
    lines: ['two', 'lines'],
    cut: false,
  });
  expect((await ask('a=b/delay', 1)).lines).toEqual(['one']);
});

test('a step whose name is longer than a file name has its log', async () => {
  const step = `airport=${'x'.repeat(400)}/delay`;
  await write(step, 1, 'here\n');
  expect((await ask(step)).lines).toEqual(['here']);
});

test('a step without a log, and an attempt without one, say what there is', async () => {
  await write('delay', 1, 'one\n');
  await expect(ask('delay', 9)).rejects.toMatchObject({ code: 'NotFound', fix: 'There is a log of attempt 1.' });
  await expect(ask('../../../etc/passwd')).rejects.toMatchObject({ code: 'NotFound' });
});

test('of a long log the last lines are read', async () => {
  await write('delay', 1, `${Array.from({ length: 700_000 }, (_, i) => `line ${i}`).join('\n')}\n`);
  const { lines, cut } = await ask('delay');
  expect(cut).toBe(true);
  expect(lines).toHaveLength(LINES);
  expect(lines.at(-1)).toBe('line 699999');
});

test('half a line at the cut is left out, and a line without end is cut', () => {
  expect(lastLines('alf\nwhole\n', true)).toEqual({ lines: ['whole'], cut: true });
  expect(lastLines('x'.repeat(10_000), false).lines[0]).toHaveLength(4_001);
  expect(lastLines('', false)).toEqual({ lines: [], cut: false });
});
