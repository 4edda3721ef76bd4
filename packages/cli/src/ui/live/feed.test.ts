import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Feed, type Watched } from './feed.ts';
import { Hub } from './hub.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Something to watch whose looks a test decides. */
function subject(first: unknown) {
  const state = { value: first, looks: 0 };
  const watched: Watched = {
    event: 'run',
    look: async () => {
      state.looks += 1;
      if (state.value instanceof Error) throw state.value;
      return state.value;
    },
    sameness: (view) => JSON.stringify(view),
    pace: () => 1_000,
    troubleOf: (error) => ({ code: 'Unreachable', message: (error as Error).message, where: null, fix: null }),
  };
  return { state, watched };
}

const collector = () => {
  const told: string[] = [];
  return { told, listen: (event: string, data: string) => void told.push(`${event} ${data}`) };
};

test('a change is told once, and what has not changed is not told again', async () => {
  const { state, watched } = subject(1);
  const { told, listen } = collector();
  const leave = new Feed(watched).join(listen);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told).toEqual(['run 1']);
  state.value = 2;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual(['run 1', 'run 2']);
  leave();
});

test('however many listen, it is looked once; the second is told at once what is known', async () => {
  const { state, watched } = subject(1);
  const feed = new Feed(watched);
  const [one, two] = [collector(), collector()];
  const leaves = [feed.join(one.listen)];
  await vi.advanceTimersByTimeAsync(500);
  leaves.push(feed.join(two.listen));
  expect(two.told).toEqual(['run 1']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state.looks).toBe(3);
  for (const leave of leaves) leave();
});

test('when the last one leaves nobody looks any more, and whoever comes later is told anew', async () => {
  const { state, watched } = subject(1);
  const feed = new Feed(watched);
  const first = feed.join(() => {});
  const second = feed.join(() => {});
  await vi.advanceTimersByTimeAsync(1_000);
  first();
  const { looks } = state;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(state.looks).toBe(looks + 1);
  second();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(state.looks).toBe(looks + 1);
  const { told, listen } = collector();
  const leave = feed.join(listen);
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual(['run 1']);
  leave();
});

test('a server that is away is told once, is asked less and less often, and what comes back is told though unchanged', async () => {
  const { state, watched } = subject(1);
  const { told, listen } = collector();
  const leave = new Feed(watched).join(listen);
  await vi.advanceTimersByTimeAsync(0);
  state.value = new Error('away');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toHaveLength(2);
  expect(told[1]).toContain('away');
  expect(state.looks).toBeLessThan(12);
  state.value = 1;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told.at(-1)).toBe('run 1');
  expect(told).toHaveLength(3);
  leave();
});

test('one who leaves and comes back while a look is under way does not start a second round of looks', async () => {
  const { state, watched } = subject(1);
  let finish = () => {};
  const slow: Watched = {
    ...watched,
    look: async () => {
      state.looks += 1;
      await new Promise<void>((done) => {
        finish = done;
      });
      return state.value;
    },
  };
  const feed = new Feed(slow);
  feed.join(() => {})();
  const { told, listen } = collector();
  const leave = feed.join(listen);
  finish();
  await vi.advanceTimersByTimeAsync(999);
  expect(told).toEqual(['run 1']);
  expect(state.looks).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(state.looks).toBe(2);
  leave();
});

test('a hub forgets what nobody watches', async () => {
  const { watched } = subject(1);
  const hub = new Hub();
  const leaves = [
    hub.join(
      'a',
      () => watched,
      () => {},
    ),
    hub.join(
      'a',
      () => watched,
      () => {},
    ),
  ];
  expect(hub.size).toBe(1);
  for (const leave of leaves) leave();
  expect(hub.size).toBe(0);
  leaves[0]?.();
  expect(hub.size).toBe(0);
});
