import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActivityScope } from '../../../serving/activity-scope.ts';
import { type Fixture, fixture } from '../../../serving/testing/fixture-context.ts';
import type { Reply } from '../reply.ts';
import type { SuiteCase } from '../suite-cases.ts';
import { httpJudge } from './http-judge.ts';
import { type JudgedAnswers, judgeAnswers } from './judge-answers.ts';
import type { JudgeSettings } from './judge-settings.ts';
import { type Asked, type FakeJudge, fakeJudge, says } from './testing/fake-judge.ts';

let fix: Fixture;
let fake: FakeJudge;
let folder: string;
beforeEach(async () => {
  fix = await fixture();
  fake = await fakeJudge(longer);
  folder = await mkdtemp(join(tmpdir(), 'sluice-votes-'));
});
afterEach(async () => {
  await fake.close();
  await fix.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Prefers the longer answer. */
const longer = ({ a, b }: Asked) => says(a.length === b.length ? 'tie' : a.length > b.length ? 'A' : 'B');

function casesOf(n: number, more: (i: number) => Partial<SuiteCase> = () => ({})): SuiteCase[] {
  return Array.from({ length: n }, (_, i) => ({
    id: `c${i}`,
    task: 't',
    category: 'k',
    input: `question ${i}`,
    expected: null,
    cluster: null,
    ...more(i),
  }));
}

const settings = (more: Partial<JudgeSettings> = {}): JudgeSettings => ({
  endpoint: fake.endpoint,
  key: null,
  model: 'm',
  rubric: 'Longer is better.',
  k: 3,
  concurrency: 4,
  timeout: 20_000,
  retries: 2,
  parameters: {},
  ...more,
});

type Model = (i: number) => Json | Reply;
const idle: ActivityScope = { signal: new AbortController().signal, heartbeat: () => {} };

function judged(
  cases: readonly SuiteCase[],
  candidate: Model,
  baseline: Model,
  own: Partial<JudgeSettings> = {},
  scope: ActivityScope = idle,
): Promise<JudgedAnswers> {
  const reply = (model: Model) => async (id: string) => {
    const found = model(Number(id.slice(1)));
    return typeof found === 'object' && found !== null && 'latencyMs' in found
      ? (found as Reply)
      : { answer: found as Json, latencyMs: 1 };
  };
  const address = { url: `${fake.endpoint}/chat/completions`, key: null };
  return judgeAnswers({
    context: fix.context,
    task: 't',
    name: 'judge',
    settings: settings(own),
    address,
    judge: httpJudge(address, { ...settings(own), backoff: 1 }, scope),
    cases,
    candidate: reply(candidate),
    baseline: reply(baseline),
    folder,
    seed: 0,
    scope,
  });
}

async function record({ facts }: JudgedAnswers): Promise<{ readonly [key: string]: unknown }[]> {
  const text = await fix.context.store.getText(facts.record);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly [key: string]: unknown });
}

const failed: Reply = { error: 'status 500', problem: 'status', latencyMs: 1 };

describe('a judge of answers', () => {
  test('gives the better answer all votes, in both places, and half to answers that are as good', async () => {
    const found = await judged(
      casesOf(9),
      (i) => 'x'.repeat(10 + (i % 3)),
      () => 'y'.repeat(11),
    );
    expect(found.candidate.parts).toEqual([0, 0.5, 1, 0, 0.5, 1, 0, 0.5, 1]);
    expect(found.baseline.parts).toEqual([1, 0.5, 0, 1, 0.5, 0, 1, 0.5, 0]);
    expect(fake.asked).toHaveLength(27);
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
    await judged(
      casesOf(4),
      () => 'one',
      () => 'other',
    );
    const first = fake.asked.map(({ text }) => text).sort();
    expect(new Set(fake.asked.map(({ body }) => body.seed)).size).toBe(12);
    expect(fake.asked.every(({ body }) => body.temperature === 0)).toBe(true);
    await rm(folder, { recursive: true });
    fake.asked.length = 0;
    await judged(
      casesOf(4),
      () => 'one',
      () => 'other',
    );
    expect(fake.asked.map(({ text }) => text).sort()).toEqual(first);
  });

  test('that only looks at the place decides nothing, and is found out', async () => {
    fake.behave = () => says('A');
    const found = await judged(
      casesOf(40),
      () => 'good',
      () => 'bad',
    );
    expect(found.candidate.parts).toEqual(Array(40).fill(0.5));
    expect(found.facts.place?.share).toBe(1);
    expect(found.facts.place?.interval[0]).toBeGreaterThan(0.85);
    expect(found.facts.agreement).toBeCloseTo(1 / 3, 12);
    expect(found.candidate.note).toContain('the judge prefers what stands first');
  });

  test('is not asked about answers that are the same, or missing', async () => {
    const mine: Model = (i) => (i === 1 || i === 3 ? failed : { text: 'a', n: 1 });
    const theirs: Model = (i) => (i === 2 || i === 3 ? failed : { n: 1, text: 'a' });
    const found = await judged(casesOf(4), mine, theirs);
    expect(found.candidate.parts).toEqual([0.5, 0, 1, 0.5]);
    expect(found.facts.alike).toBe(1);
    expect(fake.asked).toEqual([]);
    expect(await record(found)).toEqual([]);
  });

  test('is counted where it has too few votes, and is no number', async () => {
    // Of c0 nothing but one place is judged, of c1 one vote in three is lost.
    const seen = new Map<string, number>();
    fake.behave = (asked) => {
      const n = (seen.get(asked.task) ?? 0) + 1;
      seen.set(asked.task, n);
      if (asked.task === 'question 0') return asked.a === 'one' ? 'I cannot say.' : says('A');
      return asked.task === 'question 1' && n === 1 ? '…' : longer(asked);
    };
    const found = await judged(
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
    const found = await judged(
      casesOf(2),
      (i) => (i === 0 ? 'x'.repeat(300_000) : 'one'),
      () => 'other',
    );
    expect(found.candidate.parts).toEqual([null, 0]);
    expect(found.facts.example).toMatch(/^c0: too long to be asked: 30\d{4} characters/);
    expect(fake.asked).toHaveLength(3);
  });

  test('keeps what it was asked and what it said, word by word', async () => {
    fake.behave = (_, count) => (count === 1 ? 'Hm. 🤔' : says('B'));
    const found = await judged(
      casesOf(2),
      () => 'Zürich',
      () => '東京',
      { concurrency: 1 },
    );
    const lines = await record(found);
    expect(lines).toHaveLength(6);
    expect(lines.filter(({ said }) => said === 'Hm. 🤔')).toEqual([
      expect.objectContaining({ value: null, problem: expect.stringContaining('no choice at the end of') }),
    ]);
    expect(lines.map(({ question }) => JSON.stringify(question)).sort()).toEqual(
      fake.asked.map(({ text }) => text).sort(),
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

describe('a judge that is of no use', () => {
  test.each([
    [
      'does not answer',
      () => () => {},
      { timeout: 100 },
      'the judge does not answer: 5 requests in a row, the last: no whole answer',
    ],
    [
      'is not there',
      () => (response: import('node:http').ServerResponse) => response.destroy(),
      {},
      'connection broken',
    ],
    [
      'is too busy',
      () => (response: import('node:http').ServerResponse) => response.writeHead(429).end('busy'),
      {},
      'status 429: busy',
    ],
    [
      'does not know the key',
      () => (response: import('node:http').ServerResponse) => response.writeHead(401).end(),
      {},
      'status 401',
    ],
    ['says nonsense', () => 'As a language model, I love both.', {}, 'no vote in 30 replies in a row'],
  ])('because it %s is given up, with what it said', async (_, behave, own, message) => {
    fake.behave = behave;
    const found = await judged(
      casesOf(60),
      () => 'one',
      () => 'other',
      own,
    );
    expect(found.candidate.broken).toContain(message);
    expect(found.candidate.parts).toEqual(Array(60).fill(null));
    expect(fake.asked.length).toBeLessThan(40);
    expect(found.facts.human).toBeNull();
    expect((await record(found)).length).toBeGreaterThan(0);
  });

  test('and has no votes of use on few cases gives no number either', async () => {
    fake.behave = () => '<html>';
    const found = await judged(
      casesOf(2),
      () => 'one',
      () => 'other',
    );
    expect(found.candidate.broken).toContain('no case has votes enough');
  });

  test('half way leaves what it said', async () => {
    fake.behave = (asked, count) => (count <= 12 ? longer(asked) : (response) => response.writeHead(500).end());
    const found = await judged(
      casesOf(40),
      () => 'one',
      () => 'other',
      { retries: 0 },
    );
    expect(found.candidate.broken).toContain('status 500');
    expect((await record(found)).filter(({ value }) => value === 0)).toHaveLength(12);
  });
});

describe('votes of an evaluation that ends half way', () => {
  test('are kept: no vote is asked for twice, and the result is that of an undisturbed one', async () => {
    const models = [(i: number) => 'x'.repeat(1 + (i % 5)), (i: number) => 'y'.repeat(1 + (i % 7))] as const;
    const cases = casesOf(40);
    const ending = new AbortController();
    const killed: Asked[] = [];
    fake.behave = (asked, count) => {
      if (count === 50) ending.abort(new Error('the worker stops'));
      killed.push(asked);
      return longer(asked);
    };
    const half = judged(cases, ...models, {}, { ...idle, signal: ending.signal });
    await expect(half).rejects.toThrow('the worker stops');
    const kept = new Set((await votesIn(folder)).map(({ id }) => id));
    expect(kept.size).toBeGreaterThan(30);
    fake.asked.length = 0;
    fake.behave = longer;
    const found = await judged(cases, ...models);
    const alike = cases.filter((_, i) => models[0](i) === models[1](i)).length;
    expect(fake.asked.length).toBe(3 * (40 - alike) - kept.size);
    const votes = await votesIn(folder);
    expect(new Set(votes.map(({ id }) => id)).size).toBe(votes.length);

    await rm(folder, { recursive: true });
    const twin = await judged(cases, ...models);
    expect(found.candidate).toEqual(twin.candidate);
    expect({ ...found.facts, record: null }).toEqual({ ...twin.facts, record: null });
    const timeless = (lines: readonly object[]) => lines.map((line) => ({ ...line, latencyMs: null }));
    expect(timeless(await record(found))).toEqual(timeless(await record(twin)));
  });

  test('count only for the answers that they were about', async () => {
    await judged(
      casesOf(3),
      () => 'one',
      () => 'other',
    );
    const found = await judged(
      casesOf(3),
      () => 'another one',
      () => 'other',
    );
    expect(found.candidate.parts).toEqual([1, 1, 1]);
    expect(fake.asked).toHaveLength(18);
  });
});

async function votesIn(path: string): Promise<{ readonly id: string }[]> {
  const { readdir } = await import('node:fs/promises');
  const files = await Promise.all((await readdir(path)).map((name) => readFile(join(path, name), 'utf8')));
  return files
    .flatMap((text) => text.split('\n').filter((line) => line !== ''))
    .map((line) => JSON.parse(line) as { id: string });
}

describe('a judge of answers that people have compared', () => {
  const answers = ['short', 'much longer'] as const;
  const prefers = (i: number) => (['second', 'second', 'second', 'first', 'neither'] as const)[i % 5] ?? 'first';

  test('is told how far it agrees with them, and beyond chance', async () => {
    const cases = casesOf(25, (i) => (i < 20 ? { human: { answers, prefers: prefers(i), judge: null } } : {}));
    const found = await judged(
      cases,
      () => 'same',
      () => 'same',
    );
    expect(fake.asked).toHaveLength(60);
    expect(new Set(fake.asked.map(({ a }) => a))).toEqual(new Set(answers));
    // It always says second, as people do of 12 in 20: no more than chance.
    expect(found.facts.human).toMatchObject({ n: 20, unscored: 0, agreement: 0.6, kappa: 0 });
    expect(found.candidate.note).toContain('agrees with 60 % of 20 human labels (36.1 % to 80.9 %), Cohen’s kappa 0');
    expect((await record(found)).every(({ of }) => of === 'human')).toBe(true);
  });

  test('is held only against labels that are meant for it', async () => {
    const cases = casesOf(4, (i) => ({
      human: { answers, prefers: 'second', judge: i === 0 ? 'judge' : 'politeness' },
    }));
    const found = await judged(
      cases,
      () => 'same',
      () => 'same',
    );
    expect(found.facts.human).toMatchObject({ n: 1, agreement: 1, kappa: null });
  });
});
