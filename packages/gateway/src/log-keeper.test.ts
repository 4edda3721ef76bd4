import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tailLog } from './log-file.ts';
import { keepLogsOnce } from './log-keeper.ts';
import { newStateDir, spec, testGateway, until } from './testing/gateway.ts';

const DAY = 24 * 3_600_000;
let dir: string;
beforeEach(async () => {
  dir = await newStateDir();
  await mkdir(join(dir, 'digits'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const look = (used: string[] = [], now = Date.now()) =>
  keepLogsOnce({ dir, bytes: 1000, keepMs: 7 * DAY, inUse: () => new Set(used) }, now);
const sizeOf = async (path: string) => (await stat(path).catch(() => null))?.size ?? null;

test('a log that has grown too large is cut, and its last lines can still be read', async () => {
  const log = join(dir, 'digits', 'v1.log');
  await writeFile(log, Array.from({ length: 500 }, (_, i) => `line ${i}\n`).join(''));
  await look();
  expect(await sizeOf(log)).toBe(0);
  expect(await sizeOf(`${log}.1`)).toBe(1000);
  expect(await tailLog(log, 2)).toEqual(['line 498', 'line 499']);
  await writeFile(log, 'line 500\n');
  expect(await tailLog(log, 2)).toEqual(['line 499', 'line 500']);
  await look();
  expect(await readFile(log, 'utf8')).toBe('line 500\n');
});

test('logs of versions that are gone are removed after a week, those of versions that are there never', async () => {
  const [gone, quiet, fresh] = ['gone', 'quiet', 'fresh'].map((id) => join(dir, 'digits', `${id}.log`)) as [
    string,
    string,
    string,
  ];
  const long = new Date(Date.now() - 8 * DAY);
  for (const path of [gone, `${gone}.1`, quiet, `${quiet}.1`, fresh]) await writeFile(path, 'x');
  for (const path of [gone, `${gone}.1`, quiet, `${quiet}.1`]) await utimes(path, long, long);
  await look([quiet]);
  const left = await Promise.all([gone, `${gone}.1`, quiet, `${quiet}.1`, fresh].map(sizeOf));
  expect(left).toEqual([null, null, 1, 1, 1]);
});

test('a folder that is not there is no reason to fail', async () => {
  await rm(dir, { recursive: true });
  await expect(look()).resolves.toBeUndefined();
});

test('the log of a server that prints without end stays small, and the server goes on', {
  timeout: 30_000,
}, async () => {
  const bytes = 256 * 1024;
  const gateway = await testGateway({ logs: { bytes } });
  // 2 MB/s: with a look a second, both files together stay below the limit twice and what two seconds bring.
  const chatty = `const line = 'x'.repeat(99) + '\\n';
    setInterval(() => { for (let i = 0; i < 200; i++) process.stdout.write(line) }, 10);
    require('http').createServer((_, res) => res.end('{}')).listen(process.env.PORT, '127.0.0.1');`;
  await gateway.client.putEndpoint('digits');
  await gateway.client.putVersion('digits', 'chatty', spec({ command: [process.execPath, '-e', chatty] }));
  const version = () => gateway.client.version('digits', 'chatty');
  const { logPath } = await version();
  let cuts = 0;
  let before = 0;
  await until(async () => {
    const size = (await sizeOf(logPath)) ?? 0;
    if (size < before) cuts += 1;
    before = size;
    return cuts >= 2;
  }, 'the log to be cut twice');
  expect(await sizeOf(`${logPath}.1`)).toBe(bytes);
  expect(await version()).toMatchObject({
    state: 'ready',
    restarts: 0,
    logTail: expect.arrayContaining(['x'.repeat(99)]),
  });
  await gateway.end();
});
