import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SluiceError } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TrainerEvent } from './event.ts';
import { type EventTail, LINE_LIMIT, tailEvents } from './events.ts';

let root: string;
let path: string;
let tail: EventTail | null;
let events: TrainerEvent[];
let errors: unknown[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-events-'));
  path = join(root, 'events.jsonl');
  events = [];
  errors = [];
  tail = null;
});
afterEach(async () => {
  await tail?.close();
  await rm(root, { recursive: true });
});

const follow = async () => {
  tail = await tailEvents(
    path,
    (event) => events.push(event),
    (error) => errors.push(error),
  );
  return tail;
};
const message = () => (errors[0] as SluiceError | undefined)?.message ?? 'no error';
const line = (event: unknown) => `${JSON.stringify(event)}\n`;

test('events arrive while the file grows, however it is cut', async () => {
  await follow();
  const bytes = Buffer.from(line({ type: 'log', message: 'ünï 🦐' }) + line({ type: 'progress', step: 3, total: 9 }));
  for (let at = 0; at < bytes.length; at += 7) {
    await appendFile(path, bytes.subarray(at, at + 7));
    await new Promise(setImmediate);
  }
  await vi.waitFor(() => expect(events).toHaveLength(2));
  expect(events).toEqual([
    { type: 'log', level: 'info', message: 'ünï 🦐' },
    { type: 'progress', step: 3, total: 9, unit: 'step' },
  ]);
});

test('the last drain reads everything, even a last line without its newline', async () => {
  const following = await follow();
  await appendFile(path, `${line({ type: 'model', path: 'm' }).repeat(5000)}{"type":"result","value":1}`);
  await following.drain();
  expect(events).toHaveLength(5001);
  expect(events.at(-1)).toEqual({ type: 'result', value: 1 });
});

test('a last line that its writer did not finish is no error', async () => {
  const following = await follow();
  await appendFile(path, `${line({ type: 'model', path: 'm' })}{"type":"metr`);
  await following.drain();
  expect(events).toHaveLength(1);
  expect(errors).toEqual([]);
});

test('unknown types and fields, empty lines and CRLF are passed over', async () => {
  const following = await follow();
  await appendFile(
    path,
    `{"type":"hologram","x":1}\r\n\n  \n{"type":"hello","protocol":1,"client":"me","pid":4,"more":true}\r\n`,
  );
  await following.drain();
  expect(errors).toEqual([]);
  expect(events).toEqual([{ type: 'hello', client: 'me', pid: 4, rank: null }]);
});

test('non-finite metrics come as strings', async () => {
  const following = await follow();
  await appendFile(path, line({ type: 'metric', step: 1, values: { a: 'NaN', b: '-Infinity', c: 2 }, time: 5 }));
  await following.drain();
  expect(events).toEqual([
    { type: 'metric', step: 1, values: { a: Number.NaN, b: Number.NEGATIVE_INFINITY, c: 2 }, time: 5 },
  ]);
});

const malformed: readonly [what: string, text: string | Buffer, says: RegExp][] = [
  ['plain text', 'loss: 0.1\n', /^Line 2 of the events file is not JSON: loss: 0\.1$/],
  ['a bare number', '17\n', /^Line 2 .* is not a JSON object: 17$/],
  ['an object without a type', '{"step":1}\n', /^Line 2 .* has no type that is a string/],
  ['Python’s NaN', '{"type":"metric","step":1,"values":{"loss":NaN}}\n', /write "NaN" as a string/],
  ['a metric that is text', '{"type":"metric","step":1,"values":{"loss":"low"}}\n', /gives metric "loss" no number/],
  ['a negative step', '{"type":"checkpoint","step":-1,"path":"x"}\n', /has no step that is a whole number/],
  [
    'a rank that is a name',
    '{"type":"checkpoint","step":1,"path":"x","rank":"first"}\n',
    /has no rank that is a whole/,
  ],
  ['another protocol', '{"type":"hello","protocol":2}\n', /speaks protocol 2; this worker speaks 1/],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), /^Line 2 .* is not UTF-8/],
  ['a long text, which is cut', `${'x'.repeat(5000)}\n`, /is not JSON: x{200}…$/],
];
for (const [what, text, says] of malformed) {
  test(`${what} is no event, and ends the reading`, async () => {
    const following = await follow();
    await appendFile(path, line({ type: 'log', message: 'first' }));
    await appendFile(path, text);
    await appendFile(path, line({ type: 'log', message: 'after' }));
    await following.drain();
    expect(message()).toMatch(says);
    expect(events).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });
}

test('a line without an end is refused long before it fills the memory', async () => {
  const following = await follow();
  await appendFile(path, 'x'.repeat(LINE_LIMIT + 1));
  await following.drain();
  expect(message()).toMatch(/is longer than 1048576 bytes/);
});

test('a file that is written anew instead of appended to is noticed', async () => {
  const following = await follow();
  await appendFile(path, line({ type: 'log', message: 'first' }));
  await vi.waitFor(() => expect(events).toHaveLength(1));
  await truncate(path, 0);
  await following.drain();
  expect(message()).toMatch(/the file has shrunk/);
});

test('a file that is replaced is noticed at the end', async () => {
  const following = await follow();
  await writeFile(join(root, 'other'), line({ type: 'log', message: 'lost' }));
  await rename(join(root, 'other'), path);
  await following.drain();
  expect(message()).toMatch(/the file was replaced/);
});
