import { appendFile, mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Diary, type Entry, openDiary, type Plan, withDiary } from './diary.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sluice-diary-'));
});
afterEach(() => rm(parent, { recursive: true }));

const one = { name: 'one', moved: null };

/** The file of this sort that was written last. */
async function fileOf(label: string): Promise<string> {
  const names = (await readdir(join(parent, 'one'))).filter((name) => name.startsWith(label));
  return join(parent, 'one', names.at(-1) ?? expect.fail(`no ${label}`));
}

const plan: Plan = {
  sample: { strata: [], chosen: [], captured: 0, failedThen: 0, withoutBody: 0, malformed: 0, withoutSpace: 0 },
  requests: [],
};
const entry = (outcome: Entry['outcome'], why: string | null = null): Entry => {
  return { outcome, old: null, now: null, why, body: null };
};

async function begun(): Promise<Diary> {
  const diary = await openDiary(parent, one);
  await diary.keepPlan(plan);
  return diary;
}

describe('the diary of a replay', () => {
  test('is read again by the next attempt, but for the line in which the one before was killed', async () => {
    const killed = await begun();
    killed.note(0, entry('pass'));
    killed.note(2, entry('stale'));
    await appendFile(await fileOf('outcomes'), '{"place":1,"outcome":"pa');
    const next = await openDiary(parent, one);
    expect([...next.entries.keys()]).toEqual([0, 2]);
    next.note(1, entry('pass'));
    expect([...(await openDiary(parent, one)).entries.keys()]).toEqual([0, 2, 1]);
  });

  test('counts a request once, by the first that was said of it for good', async () => {
    const diary = await begun();
    diary.note(0, entry('unconfirmed', 'status 500'));
    diary.note(0, entry('regression', 'status 500, thrice'));
    diary.note(0, entry('pass'));
    diary.note(1, entry('pass'));
    diary.note(1, entry('unconfirmed'));
    const { entries } = await openDiary(parent, one);
    expect(entries.get(0)).toMatchObject({ outcome: 'regression', why: 'status 500, thrice' });
    expect(entries.get(1)).toMatchObject({ outcome: 'pass' });
  });

  test('of which somebody has cleared a part begins with nothing, and takes nothing for learned', async () => {
    const kind = { route: 'GET /', inputClass: 'empty' };
    const request = {
      id: 'r',
      at: 0,
      method: 'GET',
      path: '/',
      status: 200,
      ...kind,
      offset: 0,
      headBytes: 2,
      bodyBytes: 8,
    };
    const diary = await openDiary(parent, one);
    await writeFile(diary.spool, '0123456789');
    await diary.keepPlan({ ...plan, requests: [request] });
    diary.note(0, entry('pass'));
    expect((await openDiary(parent, one)).entries.size).toBe(1);
    await truncate(diary.spool, 9);
    expect(await openDiary(parent, one)).toMatchObject({ plan: null, entries: new Map() });
    await writeFile(await fileOf('plan'), '{"sample":{');
    expect(await openDiary(parent, one)).toMatchObject({ plan: null, entries: new Map() });
  });

  test('that has no plan yet begins with nothing', async () => {
    const early = await openDiary(parent, one);
    early.note(0, entry('pass'));
    expect(await openDiary(parent, one)).toMatchObject({ plan: null, entries: new Map() });
  });

  test('of a step that is done keeps its report and nothing that was asked', async () => {
    const diary = await begun();
    diary.note(0, entry('pass'));
    const report = { name: 'recent' } as Parameters<Diary['finish']>[0];
    await diary.finish(report);
    const left = await readdir(join(parent, 'one'));
    expect(left.map((name) => name.replace(/[0-9a-f]{16}/, '')).sort()).toEqual(['.attempt', 'result~']);
    expect((await openDiary(parent, one)).report).toEqual(report);
  });

  test('is gone where nobody tries again', async () => {
    await withDiary(parent, { ...one, again: false }, async (diary) => diary.note(0, entry('pass')));
    expect(await readdir(parent)).toEqual([]);
  });

  test('is removed after longer than any attempt may take', async () => {
    const diary = await begun();
    diary.note(0, entry('pass'));
    await openDiary(parent, { ...one, name: 'young' });
    const old = new Date(Date.now() - 9 * 24 * 3600_000);
    for (const name of [...(await readdir(join(parent, 'one'))), '']) await utimes(join(parent, 'one', name), old, old);
    await openDiary(parent, { ...one, name: 'next' });
    expect((await readdir(parent)).sort()).toEqual(['next', 'young']);
  });
});
