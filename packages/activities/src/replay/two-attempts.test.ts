import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorCode, type Report, SluiceError } from '@sluice/sdk';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { actor, step } from '../partial/testing/actor.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import type { CapturedRequest } from './captured.ts';
import { type Entry, openDiary, type Plan, withDiary } from './diary.ts';
import { openSpool, spoolRequests } from './spool.ts';

vi.setConfig({ testTimeout: 240_000 });
vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original();
  const { gated } = await import('../partial/testing/actor.ts');
  const { mkdir, readdir, readFile, rename, rm: remove, stat, writeFile, open } = real;
  const held = { mkdir, readdir, readFile, rename, rm: remove, stat, writeFile, open };
  const gates = Object.entries(held).map(([name, call]) => [name, gated(call as () => Promise<unknown>)]);
  return { ...real, ...Object.fromEntries(gates) };
});

const sample = { strata: [], chosen: [], captured: 0, failedThen: 0, withoutBody: 0, malformed: 0, withoutSpace: 0 };
const ids = ['r1', 'r2', 'r3', 'r4'];
let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sluice-two-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

/** A store that is gone: the disk alone has to do. */
const gone = new Proxy({} as ArtifactStore, {
  get: () => async () => {
    throw new SluiceError(ErrorCode.Unreachable, 'gone');
  },
});
const entry = (why: string): Entry => ({ outcome: 'pass', old: null, now: null, why, body: null });
const bodyOf = (drawn: string, id: string) => `${drawn} ${id} ${drawn.repeat(20)}`;

/** What is captured is another thing for each attempt: other bodies, of other lengths. */
async function* captured(name: string): AsyncGenerator<CapturedRequest> {
  for (const id of ids) {
    await step();
    const body = Buffer.from(bodyOf(name, id));
    yield { id, at: 0, method: 'POST', path: '/', headers: {}, body, status: 200 };
  }
}

interface Seen {
  /** By what it is of, and by whom it was noted. */
  readonly found: Map<number, string | null>;
  /** Sent by this attempt. */
  readonly sent: number[];
}

/** An attempt as `replay` makes it: draws once, sends what nobody has, reports. */
async function attempt(name: string, number: number, begun: () => void, seen: Seen): Promise<Report> {
  const moved = { store: gone, ref: { workflowId: 'p/1', step: 'recent' }, attempt: { begun: 1, attempt: number } };
  return withDiary(parent, { name: 'one', moved, warn: () => {}, again: true }, async (diary) => {
    begun();
    for (const [place, { why }] of diary.entries) seen.found.set(place, why);
    if (diary.report !== null) return diary.report;
    const plan = diary.plan ?? (await draw(name, diary));
    using spool = openSpool(diary.spool);
    const done = new Map(diary.entries);
    const drawers = new Set<string>();
    for (const [place, asked] of plan.requests.entries()) {
      await step();
      const body = spool.read(asked).body.toString();
      drawers.add(body.slice(0, body.indexOf(' ')));
      expect(body).toBe(bodyOf([...drawers][0] ?? '', asked.id));
      if (done.has(place)) continue;
      seen.sent.push(place);
      done.set(place, entry(name));
      diary.note(place, entry(name));
    }
    expect(drawers.size).toBe(1);
    const evidence = [...done].map(([place, { why }]) => ({ metric: `${place} by ${why}`, verdict: 'pass', value: 0 }));
    const report = { name, verdict: 'pass', evidence } as unknown as Report;
    await diary.finish(report);
    return report;
  });
}

async function draw(name: string, diary: { spool: string; keepPlan(plan: Plan): Promise<void> }): Promise<Plan> {
  const { requests } = await spoolRequests(diary.spool, captured(name), ids);
  const plan = { sample, requests };
  await diary.keepPlan(plan);
  return plan;
}

const fate = fc.constantFrom('killed', 'wakes before the last', 'wakes beside the last');

describe('attempts at a replay, of which older ones are held at any step, killed there or waking up later', () => {
  test('never mix: the last one sends or has found every request once, of one drawing, and nothing of those it replaced', async () => {
    const held = { at: fc.nat({ max: 45 }), fate };
    await fc.assert(
      fc.asyncProperty(fc.record(held), fc.record(held), fc.nat({ max: 45 }), async (first, second, lastAt) => {
        await rm(parent, { recursive: true, force: true });
        const seen = () => ({ found: new Map<number, string | null>(), sent: [] as number[] });
        const [a, b, c] = [seen(), seen(), seen()];
        let before: readonly number[] | null = null; // what the first one had sent when the second one had begun
        const one = actor('A', first.at, () => attempt('A', 1, () => {}, a));
        await one.rests;
        const two = actor('B', second.at, () =>
          attempt(
            'B',
            2,
            () => {
              before = [...a.sent];
            },
            b,
          ),
        );
        await two.rests;
        const wake = async (when: string) => {
          for (const [it, its] of [
            [one, first.fate],
            [two, second.fate],
          ] as const) {
            if (its !== when) continue;
            it.resume();
            await it.ended.catch(() => {}); // one that was replaced may well fail
          }
        };
        await wake('wakes before the last');
        // Where one that it replaces comes to its end under its hands, it may fail once.
        const three = actor('C', lastAt, () => {
          return attempt('C', 3, () => {}, c).catch(() => attempt('C', 4, () => {}, Object.assign(c, seen())));
        });
        await three.rests;
        await wake('wakes beside the last');
        three.resume();
        const report = (await three.ended) as Report;

        expect(report.evidence.map(({ metric }) => Number.parseInt(metric, 10)).sort()).toEqual([0, 1, 2, 3]);
        for (const place of c.sent) expect(c.found.has(place)).toBe(false);
        const late = [...c.found].filter(([place, by]) => by === 'A' && before !== null && !before.includes(place));
        expect(late).toEqual([]);
        for (const it of [one, two]) it.resume();
        await Promise.allSettled([one.ended, two.ended]); // they hold files
      }),
      { numRuns: 100 },
    );
  });

  test('are alone wherever the one before was killed: the next one goes on with what it had noted', async () => {
    const noted: number[] = [];
    for (let at = 0; at < 60; at += 1) {
      await rm(parent, { recursive: true, force: true });
      const [a, b] = [
        { found: new Map(), sent: [] as number[] },
        { found: new Map(), sent: [] as number[] },
      ];
      const one = actor('A', at, () => attempt('A', 1, () => {}, a));
      await one.rests;
      const report = await attempt('B', 2, () => {}, b);
      if (report.name === 'B') expect([...a.sent, ...b.sent]).toEqual([0, 1, 2, 3]);
      noted.push(a.sent.length);
      one.resume();
      await Promise.allSettled([one.ended]);
    }
    expect(new Set(noted)).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  test('do not tear what another one draws at the same time', async () => {
    const diary = await openDiary(parent, { name: 'one', moved: null });
    let go = () => {};
    const held = new Promise<void>((done) => {
      go = done;
    });
    async function* slow() {
      for await (const request of captured('a much longer one')) {
        yield request;
        await held;
      }
    }
    const drawing = spoolRequests(diary.spool, slow(), ids);
    const other = await openDiary(parent, { name: 'one', moved: null });
    const plan = await draw('B', other);
    go();
    await drawing;
    using spool = openSpool(other.spool);
    expect(plan.requests.map((one) => spool.read(one).body.toString())).toEqual(ids.map((id) => bodyOf('B', id)));
  });
});
