import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DesiredState, loadState, saveState } from './state-file.ts';
import { newStateDir, spec } from './testing/gateway.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await newStateDir();
  path = join(dir, 'state.json');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const state: DesiredState = {
  format: 1,
  endpoints: [
    {
      name: 'digits',
      generation: 3,
      weights: { v1: 95, v2: 5 },
      mirror: { version: 'v2', percent: 10, keep: true },
      lease: { ms: 5_000, fallback: { v1: 1 }, expiresAt: 1_700_000_000_000 },
      reverted: { at: 1, from: { v1: 1 }, to: { v1: 1 }, note: 'v1 has no process' },
      capture: { percent: 100 },
      deadlineMs: 30_000,
      idleMs: 60_000,
      maxInFlight: 256,
      versions: [
        { id: 'v1', spec: spec({ env: { GRUSS: 'Grüße 🌊' } }), everReady: true },
        { id: 'v2', spec: spec(), everReady: false },
      ],
    },
  ],
};

test('what was saved is loaded, and only the owner can read it', async () => {
  await saveState(path, state);
  expect(await loadState(path)).toEqual(state);
  expect((await stat(path)).mode & 0o077).toBe(0);
  expect(await readdir(dir)).toEqual(['state.json']);
});

test('no file is an empty state', async () => {
  expect(await loadState(path)).toEqual({ format: 1, endpoints: [] });
});

test('a half-written file beside the state changes nothing', async () => {
  await saveState(path, state);
  await writeFile(`${path}.tmp`, '{"format":1,"endp');
  expect(await loadState(path)).toEqual(state);
  await saveState(path, { format: 1, endpoints: [] });
  expect(await loadState(path)).toEqual({ format: 1, endpoints: [] });
});

test.each([
  ['empty', ''],
  ['cut short', '{"format":1,"endpoints":['],
  ['of a later format', '{"format":2,"endpoints":[]}'],
  ['not a state', '[]'],
  ['with an endpoint that lacks its fields', '{"format":1,"endpoints":[{"name":"digits"}]}'],
])('a state file that is %s is an error that names it', async (_, content) => {
  await writeFile(path, content);
  await expect(loadState(path)).rejects.toMatchObject({
    code: 'GATEWAY_STATE_CORRUPT',
    message: expect.stringContaining(path),
  });
  expect(await readFile(path, 'utf8')).toBe(content);
});

test('traffic to a version that is not there is corruption, too', async () => {
  const [endpoint] = state.endpoints;
  await writeFile(path, JSON.stringify({ format: 1, endpoints: [{ ...endpoint, versions: [] }] }));
  await expect(loadState(path)).rejects.toThrow(/sends traffic to version v1/);
});
