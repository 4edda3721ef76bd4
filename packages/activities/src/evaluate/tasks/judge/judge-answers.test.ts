import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Reply } from '../reply.ts';
import { says } from './testing/fake-judge.ts';
import { casesOf, type JudgeStand, judgeStand, longer, type Model } from './testing/judge-stand.ts';

let stand: JudgeStand;
beforeEach(async () => {
  stand = await judgeStand();
});
afterEach(() => stand.close());

const failed: Reply = { error: 'status 500', problem: 'status', latencyMs: 1 };

describe('a judge of answers', () => {
  test('gives the better answer all votes, in both places, and half to answers that are as good', async () => {
    const found = await stand.judged(
      casesOf(9),
      (i) => 'x'.repeat(10 + (i % 3)),
      () => 'y'.repeat(11),
    );
    expect(found.candidate.parts).toEqual([0, 0.5, 1, 0, 0.5, 1, 0, 0.5, 1]);
    expect(found.baseline.parts).toEqual([1, 0.5, 0, 1, 0.5, 0, 1, 0.5, 0]);
    expect(stand.fake.asked).toHaveLength(27);
    expect(found.facts).toMatchObject({
      cases: 9,
      unscored: 0,
      votes: { usable: 27, ties: 9, unusable: 0 },
      agreement: 1,
      place: { share: 0.5 },
      answeredAs: ['judge-0426'],
      tokens: { asked: 2700, answered: 135 },
      broken: null,
    });
  });

  test('is sent a temperature of 0, another seed for every vote, and the same ones the next time', async () => {
    await stand.judged(
      casesOf(4),
      () => 'one',
      () => 'other',
    );
    const first = stand.fake.asked.map(({ text }) => text).sort();
    expect(new Set(stand.fake.asked.map(({ body }) => body.seed)).size).toBe(12);
    expect(stand.fake.asked.every(({ body }) => body.temperature === 0)).toBe(true);
    await rm(stand.folder, { recursive: true });
    stand.fake.asked.length = 0;
    await stand.judged(
      casesOf(4),
      () => 'one',
      () => 'other',
    );
    expect(stand.fake.asked.map(({ text }) => text).sort()).toEqual(first);
  });

  test('that only looks at the place decides nothing, and is found out', async () => {
    stand.fake.behave = () => says('A');
    const found = await stand.judged(
      casesOf(40),
      () => 'good',
      () => 'bad',
    );
    expect(found.candidate.parts).toEqual(Array(40).fill(0.5));
    expect(found.facts.place?.share).toBe(1);
    expect(found.facts.place?.interval[0]).toBeGreaterThan(0.85);
    expect(found.facts.agreement).toBeCloseTo(1 / 3, 12);
    expect(found.candidate.note).toContain('100 % for what stands in front (9');
    expect(found.candidate.note).toMatch(/to 100 %\), which the judge prefers$/);
  });

  test('is not asked about answers that are the same, or missing', async () => {
    const mine: Model = (i) => (i === 1 || i === 3 ? failed : { text: 'a', n: 1 });
    const theirs: Model = (i) => (i === 2 || i === 3 ? failed : { n: 1, text: 'a' });
    const found = await stand.judged(casesOf(4), mine, theirs);
    expect(found.candidate.parts).toEqual([0.5, 0, 1, 0.5]);
    expect(found.facts.alike).toBe(1);
    expect(stand.fake.asked).toEqual([]);
    expect(await stand.record(found)).toEqual([]);
  });

  test('is counted where it has too few votes, and is no number', async () => {
    // Of c0 nothing but one place is judged, of c1 one vote in three is lost.
    const seen = new Map<string, number>();
    stand.fake.behave = (asked) => {
      const n = (seen.get(asked.task) ?? 0) + 1;
      seen.set(asked.task, n);
      if (asked.task === 'question 0') return asked.a === 'one' ? 'I cannot say.' : says('A');
      return asked.task === 'question 1' && n === 1 ? '…' : longer(asked);
    };
    const found = await stand.judged(
      casesOf(3),
      () => 'one',
      () => 'other',
      { k: 5 },
    );
    expect(found.candidate.parts).toEqual([null, 0, 0]);
    expect(found.baseline.parts).toEqual([null, 1, 1]);
    expect(found.facts).toMatchObject({ unscored: 1, example: expect.stringContaining('c0: no choice at the end of') });
    expect(found.candidate.note).toContain('1 of 3 cases have too few votes, first c0');
  });

  test('is not asked a question that it cannot hold', async () => {
    const found = await stand.judged(
      casesOf(2),
      (i) => (i === 0 ? 'x'.repeat(300_000) : 'one'),
      () => 'other',
    );
    expect(found.candidate.parts).toEqual([null, 0]);
    expect(found.facts.example).toMatch(/^c0: too long to be asked: 30\d{4} characters/);
    expect(stand.fake.asked).toHaveLength(3);
  });

  test('keeps what it was asked and what it said, word by word', async () => {
    stand.fake.behave = (_, count) => (count === 1 ? 'Hm. 🤔' : says('B'));
    const found = await stand.judged(
      casesOf(2),
      () => 'Zürich',
      () => '東京',
      { concurrency: 1 },
    );
    const lines = await stand.record(found);
    expect(lines).toHaveLength(6);
    expect(lines.filter(({ said }) => said === 'Hm. 🤔')).toEqual([
      expect.objectContaining({ value: null, problem: expect.stringContaining('no choice at the end of') }),
    ]);
    expect(lines.map(({ question }) => JSON.stringify(question)).sort()).toEqual(
      stand.fake.asked.map(({ text }) => text).sort(),
    );
    expect(lines[0]).toMatchObject({
      task: 't',
      metric: 'judge',
      id: 'c0',
      of: 'answers',
      firstInFront: expect.any(Boolean),
    });
  });
});

describe('a judge of answers that people have compared', () => {
  const answers = ['short', 'much longer'] as const;
  const prefers = (i: number) => (['second', 'second', 'second', 'first', 'neither'] as const)[i % 5] ?? 'first';

  test('is told how far it agrees with them, and beyond chance', async () => {
    const cases = casesOf(25, (i) => (i < 20 ? { human: { answers, prefers: prefers(i), judge: null } } : {}));
    const found = await stand.judged(
      cases,
      () => 'same',
      () => 'same',
    );
    expect(stand.fake.asked).toHaveLength(60);
    expect(new Set(stand.fake.asked.map(({ a }) => a))).toEqual(new Set(answers));
    // It always says second, as people do of 12 in 20: no more than chance.
    expect(found.facts.human).toMatchObject({ n: 20, unscored: 0, agreement: 0.6, kappa: 0 });
    expect(found.candidate.note).toContain('agrees with 60 % of 20 human labels (36.1 % to 80.9 %), Cohen’s kappa 0');
    expect((await stand.record(found)).every(({ of }) => of === 'human')).toBe(true);
  });

  test('is held only against labels that are meant for it', async () => {
    const cases = casesOf(4, (i) => ({
      human: { answers, prefers: 'second', judge: i === 0 ? 'judge' : 'politeness' },
    }));
    const found = await stand.judged(
      cases,
      () => 'same',
      () => 'same',
    );
    expect(found.facts.human).toMatchObject({ n: 1, agreement: 1, kappa: null });
  });
});
