import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyRetention, CaptureIndex, repairTornTails } from './capture-segments.ts';
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

function newWriter(options: { segmentBytes?: number; segmentMs?: number; keepBytes?: number } = {}): CaptureWriter {
  const { segmentBytes = 1_000_000, segmentMs = 60_000, keepBytes = 1e9 } = options;
  const writer = new CaptureWriter({ dir, segmentBytes, segmentMs, retention: { bytes: keepBytes, ms: 1e9 } });
  writers.push(writer);
  return writer;
}

const entry = (id: string, bytes = 10, at = Date.now()) => ({
  id,
  at: new Date(at).toISOString(),
  body: 'x'.repeat(bytes),
});

async function lines(endpoint: string): Promise<string[]> {
  const { files } = await new CaptureIndex().list(join(dir, endpoint), {});
  const texts = await Promise.all(files.map(({ path }) => readFile(path, 'utf8')));
  return texts.flatMap((text) => text.trimEnd().split('\n'));
}

test('a segment is closed before it grows over its size, and no request is lost between two', async () => {
  const writer = newWriter({ segmentBytes: 1000 });
  for (let i = 0; i < 50; i += 1) writer.record('digits', entry(`r${i}`, 100));
  await writer.flush();
  const { files, count } = await new CaptureIndex().list(join(dir, 'digits'), {});
  expect(count).toBe(50);
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) expect(file.bytes).toBeLessThanOrEqual(1000);
  expect((await lines('digits')).map((line) => JSON.parse(line).id)).toEqual(
    Array.from({ length: 50 }, (_, i) => `r${i}`),
  );
});

test('an entry larger than a segment gets one of its own', async () => {
  const writer = newWriter({ segmentBytes: 1000 });
  for (const size of [10, 5000, 10]) writer.record('digits', entry(`r${size}`, size));
  await writer.flush();
  expect((await new CaptureIndex().list(join(dir, 'digits'), {})).files).toHaveLength(3);
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
  expect(writer.takeReports()).toEqual([{ endpoint: 'digits', written: 0, dropped: 1, skipped: 0 }]);
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

test('captures are listed by time and by number, oldest file first', async () => {
  const writer = newWriter({ segmentBytes: 100 });
  const start = Date.now() - 10_000;
  for (let i = 0; i < 10; i += 1) writer.record('digits', entry(`r${i}`, 50, start + i * 1000));
  await writer.flush();
  const index = new CaptureIndex();
  const last = await index.list(join(dir, 'digits'), { since: start + 7000 });
  expect(last.count).toBe(3);
  expect(last.files.map((file) => file.firstAt)).toEqual([7, 8, 9].map((i) => start + i * 1000));
  expect((await index.list(join(dir, 'digits'), { limit: 4 })).count).toBe(4);
  expect(await index.list(join(dir, 'absent'), {})).toEqual({ files: [], count: 0 });
});
