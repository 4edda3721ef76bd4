import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SluiceError } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TrainerEvent } from './event.ts';
import { type EventTail, LINE_LIMIT, tailEvents } from './events.ts';
import { type Line, lineSplitter } from './lines.ts';

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

test('a line without an end that is no event is refused long before it fills the memory', async () => {
  const following = await follow();
  await appendFile(path, 'x'.repeat(LINE_LIMIT + 1));
  await following.drain();
  expect(message()).toMatch(/^Line 1 of the events file is no event, and 1\.0 MiB long: x{200}…$/);
});

test('a log message of megabytes is cut, and the training goes on', async () => {
  const following = await follow();
  const long = 'größer '.repeat(400_000);
  await appendFile(path, line({ type: 'log', level: 'warning', message: long }) + line({ type: 'model', path: 'm' }));
  await appendFile(path, line({ message: `"${long}"`, type: 'log' }) + line({ type: 'model', path: 'm2' }));
  await following.drain();
  expect(errors).toEqual([]);
  expect(events.map(({ type }) => type)).toEqual(['log', 'model', 'log', 'model']);
  const [first, , second] = events as { message: string }[];
  expect(first?.message).toMatch(/^größer größer .{3900,4100}… \(3\.4 MiB, cut\)$/);
  expect(second?.message).toMatch(/^"größer größer /);
});

test('numbers of megabytes are left out with a warning', async () => {
  const following = await follow();
  const values = Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`a metric named ${index}`, index]));
  await appendFile(path, line({ type: 'metric', step: 1, values }) + line({ type: 'model', path: 'm' }));
  await following.drain();
  expect(errors).toEqual([]);
  expect(events).toMatchObject([
    {
      type: 'log',
      level: 'warning',
      message: expect.stringMatching(/^line 1 of the events is left out: metric event of 1\.\d MiB$/),
    },
    { type: 'model' },
  ]);
});

test('a result of megabytes is refused with its size', async () => {
  const following = await follow();
  await appendFile(path, line({ type: 'result', value: Array(300_000).fill(12.3456) }));
  await following.drain();
  expect(message()).toBe('The result is 2.3 MiB of JSON; a result may have 1 MiB.');
});

test('a metric’s name of any length is no error', async () => {
  const following = await follow();
  const long = 'ñ'.repeat(251);
  await appendFile(
    path,
    line({ type: 'metric', step: 1, values: { [long]: 1, '': 2, [`${long}x`]: 3, b: 4 }, time: 5 }),
  );
  await following.drain();
  expect(errors).toEqual([]);
  const names = Object.keys((events[0] as { values: object }).values);
  expect(new Set(names).size).toBe(4);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(250);
  expect(names).toContain('b');
  expect((events[0] as { renamed?: object }).renamed).toEqual([long, '', `${long}x`]);
});

test('a line cut into a thousand reads is one line, and memory holds no more than its limit', async () => {
  const lines = lineSplitter(100);
  const got: Line[] = [];
  for (const piece of ['{"a"', ':1}\nxyz', '\n', 'y'.repeat(90), 'y'.repeat(90), '\n\n', 'z'.repeat(100), '\n']) {
    got.push(...lines.push(Buffer.from(piece)));
  }
  expect(got.map(({ bytes, whole, length }) => [bytes.toString().slice(0, 7), whole, length])).toEqual([
    ['{"a":1}', true, 7],
    ['xyz', true, 3],
    ['yyyyyyy', false, 180],
    ['', true, 0],
    ['zzzzzzz', true, 100],
  ]);
  for (let index = 0; index < 1000; index += 1) expect([...lines.push(Buffer.alloc(64 * 1024, 'q'))]).toEqual([]);
  expect(lines.rest()).toMatchObject({ whole: false, length: 65_536_000 });
  expect(lines.rest().bytes.length).toBeLessThan(200_000);
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
