import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { redactorOf } from '@sluice/sdk/redact';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answered, captureEntry } from './capture-entry.ts';
import { CaptureQueue } from './capture-queue.ts';
import { readCaptured } from './capture-read.ts';
import type { CaptureReport } from './ipc.ts';
import { newStateDir, until } from './testing/gateway.ts';

let dir: string;
let queue: CaptureQueue;
beforeEach(async () => {
  dir = await newStateDir();
  queue = new CaptureQueue({
    dir,
    shadowDir: join(dir, 'shadows'),
    segmentBytes: 1e9,
    segmentMs: 60_000,
    retention: { bytes: 1e12, ms: 1e9 },
  });
  queue.configure([{ name: 'digits', capture: { percent: 100 } }]);
});
afterEach(async () => {
  await queue.close();
  await rm(dir, { recursive: true, force: true });
});

const answered = (body: readonly Uint8Array[]): Answered => ({
  requestId: 'r',
  arrivedAt: Date.now(),
  endpoint: 'digits',
  method: 'POST',
  path: '/invocations',
  requestHeaders: ['Content-Type', 'text/plain', 'Authorization', 'Bearer hush'],
  body,
  status: 200,
  responseHeaders: [],
  response: [],
  responseBytes: 0,
  latencyMs: 1,
  version: 'v1',
  digest: 'sha256:1',
});

const chunk = (bytes: number, fill: string) => new Uint8Array(new ArrayBuffer(bytes)).fill(fill.charCodeAt(0));

async function bodies(): Promise<string[]> {
  await queue.flush();
  const pieces: Buffer[] = [];
  for await (const piece of readCaptured(join(dir, 'digits'), {})) pieces.push(piece);
  const lines = Buffer.concat(pieces).toString().split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { body: string }).body);
}

function counted(): CaptureReport {
  const total = { endpoint: 'digits', written: 0, dropped: 0, skipped: 0, leftOut: 0 };
  for (const { written, dropped } of queue.takeReports()) {
    total.written += written;
    total.dropped += dropped;
  }
  return total;
}

test('a large body that nobody uses any more is handed over, not copied', async () => {
  const parts = [chunk(50_000, 'a'), chunk(50_000, 'b')];
  queue.record(answered(parts), true);
  expect(await bodies()).toEqual(['a'.repeat(50_000) + 'b'.repeat(50_000)]);
  expect(parts.map((part) => part.byteLength)).toEqual([0, 0]);
});

test('capturing a body of 12 MiB takes the proxy a small part of what it takes to encode it', async () => {
  const parts = () => Array.from({ length: 192 }, () => chunk(65_536, '"'));
  const cost = (work: () => void) => {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    return user + system;
  };
  const inline = answered(parts());
  const encoding = cost(() => JSON.stringify(captureEntry(inline, 'id', redactorOf())));
  const large = answered(parts());
  expect(cost(() => queue.record(large, true))).toBeLessThan(encoding / 5);
  const [body] = await bodies();
  expect(body).toHaveLength(192 * 65_536);
});

test('memory that somebody else still uses stays as it is', async () => {
  const whole = chunk(100_000, 'a');
  const part = whole.subarray(0, 50_000);
  const kept = chunk(50_000, 'b');
  queue.record(answered([part]), true);
  queue.record(answered([kept]), false);
  expect((await bodies()).sort()).toEqual(['a'.repeat(50_000), 'b'.repeat(50_000)]);
  expect([whole.byteLength, part.byteLength, kept.byteLength]).toEqual([100_000, 50_000, 50_000]);
});

test('more than may wait is dropped and counted, and what was taken is written', async () => {
  for (let i = 0; i < 100; i += 1) queue.record(answered([chunk(2 ** 20, 'x')]), true);
  const lines = await bodies();
  const { written, dropped } = counted();
  expect(written).toBe(lines.length);
  expect(written + dropped).toBe(100);
  expect(dropped).toBeGreaterThan(30);
  queue.record(answered([chunk(2 ** 20, 'y')]), true);
  expect(await bodies()).toHaveLength(written + 1);
});

test('a body whose memory is gone is dropped, and the next one is written', async () => {
  const gone = chunk(50_000, 'a');
  structuredClone(gone, { transfer: [gone.buffer] });
  queue.record(answered([gone]), true);
  await queue.flush();
  expect(counted()).toMatchObject({ written: 0, dropped: 1 });
  queue.record(answered([chunk(10, 'b')]), true);
  expect(await bodies()).toEqual(['b'.repeat(10)]);
});

test('nothing is written of an endpoint before it is known what to leave out of it', async () => {
  queue.configure([]);
  queue.record(answered([chunk(10, 'a')]), true);
  expect(await bodies()).toEqual([]);
  expect(counted()).toMatchObject({ written: 0, dropped: 1 });
});

test('when the thread dies, what it had is counted as dropped, and another takes its place', async () => {
  // Settings that no parser lets through.
  queue.configure([{ name: 'digits', capture: { percent: 100, redact: { json: ['a..b'] } } }]);
  queue.record(answered([chunk(10, 'a')]), true);
  await queue.flush();
  expect(counted()).toMatchObject({ written: 0, dropped: 1 });
  queue.configure([{ name: 'digits', capture: { percent: 100 } }]);
  await until(async () => {
    queue.record(answered([chunk(10, 'b')]), true);
    await queue.flush();
    return counted().written > 0;
  }, 'another thread');
  expect((await bodies())[0]).toBe('b'.repeat(10));
});
