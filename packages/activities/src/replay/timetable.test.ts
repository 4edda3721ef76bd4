import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Asked } from './spool.ts';
import { call, type ReplayStand, replayStand } from './testing/replay-stand.ts';
import { timetable } from './timetable.ts';

const asked = (at: number): Asked => {
  const kind = { route: 'POST /a', inputClass: '{}' };
  return { id: `${at}`, at, method: 'POST', path: '/a', status: 200, ...kind, offset: 0, headBytes: 0, bodyBytes: 0 };
};
const times = (pace: Parameters<typeof timetable>[1]) =>
  timetable([asked(5000), asked(1000), asked(1500)], pace).map(({ place, due }) => [place, due]);

describe('requests of a replay', () => {
  test('are sent in the order of their arrival with the time between them then', () => {
    expect(times('original')).toEqual([
      [1, 0],
      [2, 500],
      [0, 4000],
    ]);
  });

  test('are sent so many a second', () => {
    expect(times({ perSecond: 4 })).toEqual([
      [1, 0],
      [2, 250],
      [0, 500],
    ]);
  });

  test('are sent as fast as the answers come where nothing is said', () => {
    expect(times(null)).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
  });
});

describe('the pace of a replay', () => {
  let stand: ReplayStand;
  beforeEach(async () => {
    stand = await replayStand();
  });
  afterEach(() => stand.close());

  test.each([[{ perSecond: 10 } as const], ['original' as const]])('%j is kept, and all are sent', async (pace) => {
    const start = Date.now() - 30_000;
    const at = (i: number) => new Date(start + 100 * i).toISOString();
    stand.captured(Array.from({ length: 21 }, (_, i) => call(`r${i}`, { key: `k${i}`, x: i }, { at: at(i) })));
    await stand.deployed({});
    const log = join(stand.fix.context.root, 'asked.log');
    const fresh = await stand.fix.model({ add: 1, log });
    const begun = Date.now();
    const report = await stand.run(fresh, { pace, deadline: 60_000 });
    expect((await stand.full(report)).counts).toMatchObject({ sent: 21, passed: 21 });
    const times = (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[0]));
    // 20 gaps of 100 ms after the first, which may itself come late.
    expect((times.at(-1) ?? 0) - begun).toBeGreaterThanOrEqual(2000);
  });

  test('does not make a replay wait that is cancelled', async () => {
    const at = (hours: number) => new Date(Date.now() - hours * 3600_000).toISOString();
    stand.captured([call('first', { x: 1 }, { at: at(5) }), call('last', { x: 2 }, { at: at(1) })]);
    await stand.deployed({});
    const cancel = new AbortController();
    const heartbeat = (beat?: { done: number }) => {
      if (beat?.done === 1) cancel.abort(new Error('cancelled'));
    };
    const context = {
      cancellationSignal: cancel.signal,
      heartbeat,
      info: { activityId: 'a', scheduledTimestampMs: 0 },
    };
    const fresh = await stand.fix.model({ add: 1 });
    const running = asyncLocalStorage.run(context as unknown as Context, () =>
      stand.run(fresh, { pace: 'original', last: Date.now() }),
    );
    await expect(running).rejects.toThrow('cancelled');
  });
});
