import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Asked } from './testing/fake-judge.ts';
import { casesOf, idle, type JudgeStand, judgeStand, longer } from './testing/judge-stand.ts';

let stand: JudgeStand;
beforeEach(async () => {
  stand = await judgeStand();
});
afterEach(() => stand.close());

describe('votes of an evaluation that ends half way', () => {
  test('are kept: no vote is asked for twice, and the result is that of an undisturbed one', async () => {
    const models = [(i: number) => 'x'.repeat(1 + (i % 5)), (i: number) => 'y'.repeat(1 + (i % 7))] as const;
    const cases = casesOf(40);
    const ending = new AbortController();
    const killed: Asked[] = [];
    stand.fake.behave = (asked, count) => {
      if (count === 50) ending.abort(new Error('the worker stops'));
      killed.push(asked);
      return longer(asked);
    };
    const half = stand.judged(cases, ...models, {}, { ...idle, signal: ending.signal });
    await expect(half).rejects.toThrow('the worker stops');
    const kept = new Set((await stand.kept()).map(({ id }) => id));
    expect(kept.size).toBeGreaterThan(30);
    stand.fake.asked.length = 0;
    stand.fake.behave = longer;
    const found = await stand.judged(cases, ...models);
    const alike = cases.filter((_, i) => models[0](i) === models[1](i)).length;
    expect(stand.fake.asked.length).toBe(3 * (40 - alike) - kept.size);
    const votes = await stand.kept();
    expect(new Set(votes.map(({ id }) => id)).size).toBe(votes.length);

    await rm(stand.folder, { recursive: true });
    const twin = await stand.judged(cases, ...models);
    expect(found.candidate).toEqual(twin.candidate);
    expect({ ...found.facts, record: null }).toEqual({ ...twin.facts, record: null });
    const timeless = (lines: readonly object[]) => lines.map((line) => ({ ...line, latencyMs: null }));
    expect(timeless(await stand.record(found))).toEqual(timeless(await stand.record(twin)));
  });

  test('count only for the answers that they were about', async () => {
    await stand.judged(
      casesOf(3),
      () => 'one',
      () => 'other',
    );
    const found = await stand.judged(
      casesOf(3),
      () => 'another one',
      () => 'other',
    );
    expect(found.candidate.parts).toEqual([1, 1, 1]);
    expect(stand.fake.asked).toHaveLength(18);
  });
});
