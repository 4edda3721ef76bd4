import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CapturedRequest } from './captured.ts';
import { type Asked, openSpool, spoolRequests } from './spool.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-spool-'));
  path = join(folder, 'requests');
});
afterEach(() => rm(folder, { recursive: true }));

/** Small ones, some of which lie across the end of what is read ahead, empty ones, and some larger than that. */
const SIZES = [0, 5, 100_000, 90_000, 80_000, 0, 300_000, 262_144, 1, 70_000, 700_000, 3];
const bodyOf = (place: number) => Buffer.alloc(SIZES[place] ?? 0, `${place}é`);
const requests = SIZES.map((_, place): CapturedRequest => {
  const headers = { 'content-type': 'text/plain', host: 'old', 'x-place': `${place}` };
  return { id: `r${place}`, at: place, method: 'POST', path: '/a', headers, body: bodyOf(place), status: 200 };
});
async function* captured(): AsyncGenerator<CapturedRequest> {
  yield* requests;
}
const spooled = async (): Promise<readonly Asked[]> =>
  (
    await spoolRequests(
      path,
      captured(),
      requests.map(({ id }) => id),
    )
  ).requests;

describe('requests in a spool', () => {
  const forwards = SIZES.map((_, place) => place);
  test.each([
    ['as they lie', forwards],
    ['backwards', forwards.toReversed()],
    ['in any order', [6, 7, 8, 2, 3, 4, 11, 0, 1, 2, 10, 9, 5]],
    ['several at a time, and again', [...forwards, ...forwards]],
  ])('are read %s, byte for byte, and stay as they are while others are read', async (_, order) => {
    const asked = await spooled();
    using spool = openSpool(path);
    const read = order.map((place) => ({ place, request: spool.read(asked[place] as Asked) }));
    for (const { place, request } of read) {
      expect(request.body.equals(bodyOf(place))).toBe(true);
      expect(request.headers).toEqual({
        'content-type': 'text/plain',
        'x-place': `${place}`,
        'x-sluice-replay': '1',
      });
    }
  });

  test('of which the end is gone are refused, and those before are read', async () => {
    const asked = await spooled();
    const last = asked.at(-1) as Asked;
    await truncate(path, last.offset + last.headBytes + 1);
    using spool = openSpool(path);
    for (const one of asked.slice(0, -1)) expect(spool.read(one).id).toBe(one.id);
    expect(() => spool.read(last)).toThrow(/ends before request r11 does/);
  });
});
