import { expect, test } from 'vitest';
import { logQueue } from './log-queue.ts';

/** A disk that takes a batch whenever it is told to. */
function slowDisk() {
  const written: string[] = [];
  const takes: (() => void)[] = [];
  const append = (_path: string, text: string) =>
    new Promise<void>((done) => {
      takes.push(() => {
        written.push(text);
        done();
      });
    });
  return { written, takes, append };
}

test('lines are written in order, in few batches', async () => {
  const written: string[] = [];
  const queue = logQueue('log', async (_, text) => void written.push(text));
  for (let index = 0; index < 1000; index += 1) queue.add('info', `line ${index}`);
  await queue.done();
  expect(written.join('')).toBe(Array.from({ length: 1000 }, (_, index) => `[info] line ${index}\n`).join(''));
  expect(written.length).toBeLessThanOrEqual(2);
});

test('a disk that is slow keeps a bounded number of lines waiting, and the log says how many are missing', async () => {
  const { written, takes, append } = slowDisk();
  const queue = logQueue('log', append);
  const line = 'x'.repeat(1000);
  for (let index = 0; index < 300_000; index += 1) queue.add('info', line);
  expect(takes).toHaveLength(1);
  const done = queue.done();
  for (let turn = 0; turn < 10; turn += 1) {
    takes.shift()?.();
    await new Promise(setImmediate);
  }
  await done;
  const text = written.join('');
  expect(text.length).toBeLessThan(2 * 1024 * 1024 + 1000);
  const kept = text.split('\n').filter((one) => one.startsWith('[info]')).length;
  const missing = Number(/^\[warning\] (\d+) lines are missing here/m.exec(text)?.[1]);
  expect(kept + missing).toBe(300_000);
});

test('a disk that is full ends nothing', async () => {
  const queue = logQueue('log', () => Promise.reject(new Error('ENOSPC')));
  queue.add('info', 'lost');
  await queue.done();
  queue.add('info', 'lost too');
  await queue.done();
});

test('a line of megabytes is cut', async () => {
  const written: string[] = [];
  const queue = logQueue('log', async (_, text) => void written.push(text));
  queue.add('info', 'y'.repeat(500_000));
  await queue.done();
  expect(written.join('')).toMatch(/^\[info\] y{65536}… \(500000 characters\)\n$/);
});
