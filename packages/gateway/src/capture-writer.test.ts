import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GatewayRequestsQuery } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCaptured } from './capture-read.ts';
import { applyRetention, repairTornTails } from './capture-segments.ts';
import { CaptureWriter } from './capture-writer.ts';
import { newStateDir, until } from './testing/gateway.ts';

let dir: string;
let writers: CaptureWriter[] = [];
beforeEach(async () => {
  dir = await newStateDir();
});
afterEach(async () => {
  await Promise.all(writers.map((writer) => writer.close()));
  writers = [];
  await rm(dir, { recursive: true, force: true });
});

interface Limits {
  segmentBytes?: number;
  segmentMs?: number;
  keepBytes?: number;
  retentionEveryMs?: number;
}

function newWriter({ keepBytes = 1e9, ...limits }: Limits = {}): CaptureWriter {
  const retention = { bytes: keepBytes, ms: 1e9 };
  const writer = new CaptureWriter({ dir, segmentBytes: 1_000_000, segmentMs: 60_000, retention, ...limits });
  writers.push(writer);
  return writer;
}

const entry = (id: string, bytes = 10, at = Date.now()) => ({
  id,
  at: new Date(at).toISOString(),
  body: 'x'.repeat(bytes),
});

async function lines(endpoint: string): Promise<string[]> {
  return (await newestFirst(endpoint)).reverse();
}

async function newestFirst(endpoint: string, query: GatewayRequestsQuery = {}): Promise<string[]> {
  const pieces: Buffer[] = [];
  for await (const piece of readCaptured(join(dir, endpoint), query)) pieces.push(piece);
  return Buffer.concat(pieces).toString().split('\n').slice(0, -1);
}

async function sizes(endpoint: string): Promise<number[]> {
  const names = await readdir(join(dir, endpoint));
  return Promise.all(names.map(async (name) => (await stat(join(dir, endpoint, name))).size));
}

test('a segment is closed before it grows over its size, and no request is lost between two', async () => {
  const writer = newWriter({ segmentBytes: 1000 });
  for (let i = 0; i < 50; i += 1) writer.record('digits', entry(`r${i}`, 100));
  await writer.flush();
  const files = await sizes('digits');
  expect(files.length).toBeGreaterThan(5);
  for (const bytes of files) expect(bytes).toBeLessThanOrEqual(1000);
  expect((await lines('digits')).map((line) => JSON.parse(line).id)).toEqual(
    Array.from({ length: 50 }, (_, i) => `r${i}`),
  );
});

test('an entry larger than a segment gets one of its own', async () => {
  const writer = newWriter({ segmentBytes: 1000 });
  for (const size of [10, 5000, 10]) writer.record('digits', entry(`r${size}`, size));
  await writer.flush();
  expect(await sizes('digits')).toHaveLength(3);
});

test('a segment is closed when it is old', async () => {
  const writer = newWriter({ segmentMs: 1 });
  writer.record('digits', entry('first'));
  await writer.flush();
  const written = Date.now();
  await until(() => Date.now() > written + 1, 'the segment to be old');
  writer.record('digits', entry('second'));
  await writer.flush();
  expect(await readdir(join(dir, 'digits'))).toHaveLength(2);
});

test('entries reach the disk by themselves', async () => {
  newWriter().record('digits', entry('alone'));
  await until(async () => (await lines('digits')).length === 1, 'the entry to be written');
});

test('only the newest segments are kept', async () => {
  const writer = newWriter({ segmentBytes: 1000, keepBytes: 3000 });
  for (let i = 0; i < 50; i += 1) writer.record('digits', entry(`r${i}`, 100));
  await writer.close();
  const kept = await lines('digits');
  expect(Buffer.byteLength(kept.join('\n'))).toBeLessThanOrEqual(3000);
  expect(kept.at(-1)).toContain('"r49"');
});

test('old segments are deleted whatever their size', async () => {
  await mkdir(join(dir, 'digits'));
  for (const name of ['1000-1.jsonl', '2000-1.jsonl', 'notes.txt']) await writeFile(join(dir, 'digits', name), '{}\n');
  await utimes(join(dir, 'digits', '1000-1.jsonl'), 1, 1);
  await applyRetention(join(dir, 'digits'), { bytes: 1e9, ms: 60_000 }, Date.now());
  expect((await readdir(join(dir, 'digits'))).sort()).toEqual(['2000-1.jsonl', 'notes.txt']);
});

test('while the folder cannot be written, entries are counted as dropped; later ones are kept', async () => {
  await writeFile(join(dir, 'digits'), 'a file where the folder should be');
  const writer = newWriter();
  writer.record('digits', entry('lost'));
  await writer.flush();
  expect(writer.takeReports()).toEqual([{ endpoint: 'digits', written: 0, dropped: 1, skipped: 0, leftOut: 0 }]);
  await rm(join(dir, 'digits'));
  await until(async () => {
    writer.record('digits', entry('kept'));
    await writer.flush();
    return (await lines('digits')).length > 0;
  }, 'writing to be taken up again');
});

test('a folder that is deleted under the writer is made again', async () => {
  const writer = newWriter();
  writer.record('digits', entry('deleted'));
  await writer.flush();
  await rm(join(dir, 'digits'), { recursive: true });
  writer.record('digits', entry('kept'));
  await writer.flush();
  expect((await lines('digits')).map((line) => JSON.parse(line).id)).toEqual(['kept']);
});

test('when writes fall short, only whole lines stay and the rest is counted', async () => {
  const script = fileURLToPath(new URL('./testing/write-captures.ts', import.meta.url));
  // A limit on the size of a file makes the kernel cut a write in the middle, as a disk does that fills up.
  const out = execFileSync('prlimit', ['--fsize=15500', process.execPath, script, dir], { encoding: 'utf8' });
  const [report] = JSON.parse(out) as [{ written: number; dropped: number }];
  expect(report.written + report.dropped).toBe(200);
  expect(report.dropped).toBeGreaterThan(0);
  const kept = await lines('digits');
  expect(kept).toHaveLength(report.written);
  for (const line of kept) expect(() => JSON.parse(line)).not.toThrow();
});

test('half a line left by a killed writer is cut off', async () => {
  await mkdir(join(dir, 'digits'));
  await mkdir(join(dir, 'torn'));
  await writeFile(join(dir, 'digits', '1-1.jsonl'), '{"a":1}\n{"b":2}\n{"c"');
  await writeFile(join(dir, 'torn', '1-1.jsonl'), 'x'.repeat(200_000));
  repairTornTails(dir);
  expect(await readFile(join(dir, 'digits', '1-1.jsonl'), 'utf8')).toBe('{"a":1}\n{"b":2}\n');
  expect(await readFile(join(dir, 'torn', '1-1.jsonl'), 'utf8')).toBe('');
});

test('captured lines are read newest first, by time and by number', async () => {
  const writer = newWriter({ segmentBytes: 100 });
  const start = Date.now() - 10_000;
  for (let i = 0; i < 10; i += 1) writer.record('digits', entry(`r${i}`, 50, start + i * 1000));
  await writer.flush();
  const ids = async (query: GatewayRequestsQuery) =>
    (await newestFirst('digits', query)).map((line) => JSON.parse(line).id);
  expect(await ids({ since: start + 7000 })).toEqual(['r9', 'r8', 'r7']);
  expect(await ids({ limit: 4 })).toEqual(['r9', 'r8', 'r7', 'r6']);
  expect(await newestFirst('absent')).toEqual([]);
});

test('a line that is still being written is not read, one that was damaged is', async () => {
  await mkdir(join(dir, 'digits'));
  const whole = JSON.stringify(entry('whole'));
  await writeFile(join(dir, 'digits', '1-1.jsonl'), `${whole}\n###\n{"id":"half`);
  expect(await newestFirst('digits')).toEqual(['###', whole]);
});

test('the captures of an endpoint without traffic go when their time is over', async () => {
  await mkdir(join(dir, 'idle'));
  await writeFile(join(dir, 'idle', '1000-1.jsonl'), '{}\n');
  const writer = newWriter({ retentionEveryMs: 10 });
  writer.configure([{ name: 'idle', capture: { percent: 100, keepMs: 1 } }]);
  await until(async () => (await readdir(join(dir, 'idle'))).length === 0, 'the old segment to go');
  await writeFile(join(dir, 'idle', '2000-1.jsonl'), '{}\n');
  await until(async () => (await readdir(join(dir, 'idle'))).length === 0, 'the timer to come round');
});

test('an endpoint keeps as many bytes as it was told', async () => {
  const writer = newWriter({ segmentBytes: 1000 });
  writer.configure([{ name: 'small', capture: { percent: 100, maxBytes: 2000 } }]);
  for (const name of ['small', 'large']) for (let i = 0; i < 50; i += 1) writer.record(name, entry(`r${i}`, 100));
  await writer.close();
  const total = async (endpoint: string) => (await sizes(endpoint)).reduce((sum, bytes) => sum + bytes, 0);
  expect(await total('small')).toBeLessThanOrEqual(2000);
  expect(await total('large')).toBeGreaterThan(5000);
});
