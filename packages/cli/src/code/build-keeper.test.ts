import { beforeEach, expect, test } from 'vitest';
import { BuildKeeper } from './build-keeper.ts';
import { SERVED_AT_ONCE } from './build-table.ts';
import type { CodeEvent } from './code-events.ts';

/** Builds by id, with the open runs that the server knows of. */
let builds: Map<string, number>;
let madeAt: Map<string, number>;
let wanted: Set<string>;
let events: CodeEvent[];
let keeper: BuildKeeper;
let roles: { current: string | null; coming: string | null };
let counted: string[];
/** What happens while the server is asked. */
let meanwhile: () => void;

beforeEach(() => {
  [builds, wanted, events, counted, madeAt] = [new Map(), new Set(), [], [], new Map()];
  roles = { current: null, coming: null };
  meanwhile = () => {};
  keeper = new BuildKeeper({
    link: {
      get wanted() {
        return [...wanted];
      },
      serve: async ({ id }) => void wanted.add(id),
      drop: (id) => void wanted.delete(id),
    },
    asked: { collect: async () => {}, at: () => null, lately: () => false },
    emit: (event) => events.push(event),
    onServed: () => {},
  });
});

function sweep(): Promise<void> {
  const count = async (ids: readonly string[]) => {
    counted.push(...ids);
    const open = ids.reduce((sum, id) => sum + (builds.get(id) ?? 0), 0);
    meanwhile();
    return open;
  };
  return keeper.sweep(
    {
      get builds() {
        return [...builds.keys()].map((id, index) => ({ id, at: madeAt.get(id) ?? Date.now() + index }));
      },
      build: (id) => ({ id, path: id }),
      touch: async (ids, at) => {
        for (const id of ids) madeAt.set(id, at);
      },
      forget: async (ids) => {
        for (const id of ids) builds.delete(id);
      },
    },
    { openRuns: (...ids) => count(ids) },
    () => roles,
  );
}

const ended = () => events.flatMap((event) => (event.type === 'build-ended' ? [event.build] : []));

test('a run that begins late on a build that was let go has it served again', async () => {
  builds = new Map([
    ['old', 0],
    ['new', 0],
  ]);
  roles.current = 'new';
  await sweep();
  await sweep();
  expect([...wanted]).toEqual(['new']);
  // Of a file of thousands, or reset by hand: it is kept on the build that it was started with.
  builds.set('old', 1);
  await sweep();
  expect([...wanted].sort()).toEqual(['new', 'old']);
  expect(events).toContainEqual({ type: 'build-serves', build: 'old', openRuns: 1 });
});

test('builds without open runs are asked about together, however many there are', async () => {
  builds = new Map(Array.from({ length: 40 }, (_, index) => [`b${index}`, 0]));
  roles.current = 'b39';
  await sweep();
  counted = [];
  const calls: number[] = [];
  meanwhile = () => calls.push(1);
  await sweep();
  expect([calls.length, counted.length]).toEqual([1, 39]);
});

test('a build that becomes the current one while the server is asked is not let go, and neither is the former', async () => {
  builds = new Map([
    ['older', 1],
    ['old', 3],
    ['new', 0],
  ]);
  wanted = new Set(['older', 'old', 'new']);
  roles.current = 'old';
  meanwhile = () => {
    roles.current = 'new';
    keeper.replaced('old');
  };
  await sweep();
  expect([[...wanted].sort(), ended()]).toEqual([['new', 'old', 'older'], []]);
});

test('a build that is about to be the current one is not let go', async () => {
  builds = new Map([
    ['old', 0],
    ['new', 0],
  ]);
  wanted = new Set(['old', 'new']);
  roles.current = 'old';
  meanwhile = () => {
    roles.coming = 'new';
  };
  await sweep();
  expect([...wanted].sort()).toEqual(['new', 'old']);
});

test('of a build that has to wait for room it is not said that its runs have ended', async () => {
  const all = Array.from({ length: SERVED_AT_ONCE + 1 }, (_, index) => `b${index}`);
  builds = new Map(all.map((id) => [id, 1]));
  wanted = new Set(all.slice(0, -1));
  roles.current = all.at(-1) ?? '';
  await sweep();
  expect(wanted.has('b0')).toBe(false);
  expect(ended()).toEqual([]);
  expect(events).toContainEqual({ type: 'builds-wait', builds: ['b0'] });
});

test('the build of a run that waited for weeks is kept when that has ended: people look at it then', async () => {
  builds = new Map([
    ['old', 1],
    ['older', 0],
    ['new', 0],
  ]);
  const weeks = Date.now() - 21 * 24 * 60 * 60_000;
  madeAt = new Map([
    ['old', weeks],
    ['older', weeks],
  ]);
  roles.current = 'new';
  await sweep();
  expect([...builds.keys()]).toEqual(['old', 'new']);
  builds.set('old', 0);
  await sweep();
  await sweep();
  expect(ended()).toEqual(['old']);
  expect([...builds.keys()]).toEqual(['old', 'new']);
});
