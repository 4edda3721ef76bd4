/** Whole suites by a judge that is noisy and biased: how often its verdict is right. */
import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../statistics/random.ts';
import type { SuiteRow } from '../../suite-report.ts';
import type { AnswerLog } from '../answer-log.ts';
import { judgeSuite } from '../judge-suite.ts';
import type { Reply } from '../reply.ts';
import type { MetricScores } from '../scored-task.ts';
import type { SuiteCase } from '../suite-cases.ts';
import { suiteEvidence } from '../suite-evidence.ts';
import { suiteFile } from '../suite-file.ts';
import { askVotes } from './ask-votes.ts';
import { judgedMetric } from './judge-metric.ts';
import { scoreOf } from './votes.ts';

const [metric] =
  suiteFile.parse({
    version: 1,
    protocol: { kind: 'chat' },
    tasks: { t: { metrics: [{ name: 'judge', endpoint: 'env:J', model: 'm', rubric: 'Better.', margin: 0.1 }] } },
  }).tasks.t?.metrics ?? [];

function memory(): AnswerLog {
  const kept = new Map<string, Reply>();
  return {
    get size() {
      return kept.size;
    },
    has: (id) => kept.has(id),
    get: async (id) => kept.get(id) ?? null,
    add: async (id, reply) => void kept.set(id, reply),
    close: async () => {},
  };
}

/** Chance that a vote is for the candidate, by case; the rest of the time the judge is swayed by the place, or ties. */
interface World {
  readonly cases: number;
  readonly wins: (i: number) => number;
  /** Share of votes that go to what stands in front, whatever it is. */
  readonly front: number;
  readonly seed: string;
}

const idle = { signal: new AbortController().signal, heartbeat: () => {} };

function vote(random: Random, candidateInFront: boolean, wins: number, front: number): string {
  const draw = () => random.next() / 2 ** 32;
  if (draw() < front) return 'A';
  if (draw() < 0.2) return 'tie';
  return draw() < wins === candidateInFront ? 'A' : 'B';
}

async function played({ cases: n, wins, front, seed }: World) {
  if (!metric?.judge) throw new Error('no judge');
  const settings = { ...metric.judge, concurrency: 1 };
  const random = seededRandom(seed);
  const cases: SuiteCase[] = Array.from({ length: n }, (_, i) => ({
    id: `c${i}`,
    task: 't',
    category: `k${String(i % 20).padStart(2, '0')}`,
    input: i,
    expected: null,
    cluster: null,
  }));
  const { pairs } = await askVotes(
    cases.map(({ id, input }, i) => ({
      id,
      // One answer in nine is the same.
      load: async () =>
        i % 9 === 3
          ? { settled: { value: 0.5, alike: true } as const }
          : { input, expected: null, first: `candidate ${i}`, second: `baseline ${i}` },
    })),
    {
      settings,
      address: 'http://judge',
      judge: {
        ask: async (question) => {
          const text = JSON.stringify(question);
          const i = Number(/candidate (\d+)/.exec(text)?.[1]);
          const said = vote(random, text.indexOf('candidate') < text.indexOf('baseline'), wins(i), front);
          return { said, model: null, tokens: null, latencyMs: 1 };
        },
      },
      log: memory(),
      seed,
      scope: idle,
      who: 'judge',
    },
  );
  const parts = cases.map(({ id }) => scoreOf(pairs.get(id) ?? { settled: null, votes: [] }));
  const scored = (values: readonly (number | null)[]) => {
    const scores: MetricScores = { parts: values, unscored: 0, example: null, note: null, broken: null };
    return {
      metrics: new Map([['judge', scores]]),
      problems: cases.map(() => null),
      errors: new Map<string, string>(),
    };
  };
  const task = {
    task: 't',
    cases,
    metrics: [{ name: 'judge', metric: judgedMetric('judge', settings), settings: metric }],
    candidate: scored(parts),
    baseline: scored(parts.map((one) => (one === null ? null : 1 - one))),
  };
  const options = { rounds: 1000, seed: 0, sameModel: false, onSlice: () => {} };
  const { rows } = await judgeSuite([task], options);
  const facts = { kind: 'model', digest: null, name: null, broken: null } as const;
  return { rows, ...suiteEvidence([task], rows, facts, 'demo', 0) };
}

const whole = (rows: readonly SuiteRow[]) => rows.find(({ category }) => category === null);
const failed = (rows: readonly SuiteRow[]) => rows.filter(({ verdict, counts }) => counts && verdict === 'fail');

describe('by a judge whose votes are noise, and one in four goes to what stands in front', () => {
  test('the same model twice passes in at least 95 of 100 trials', async () => {
    let passed = 0;
    for (let trial = 0; trial < 100; trial += 1) {
      const { verdict } = await played({ cases: 500, wins: () => 0.5, front: 0.25, seed: `same/${trial}` });
      if (verdict === 'pass') passed += 1;
    }
    expect(passed).toBeGreaterThanOrEqual(95);
  }, 240_000);

  test('a candidate that is worse in one category of twenty is found, and the category is named', async () => {
    for (let trial = 0; trial < 10; trial += 1) {
      const wins = (i: number) => (i % 20 === 13 ? 0.05 : 0.5);
      const { rows, evidence, verdict } = await played({ cases: 1000, wins, front: 0.25, seed: `one/${trial}` });
      expect(verdict).toBe('fail');
      expect(failed(rows).map(({ category }) => category)).toEqual(['k13']);
      expect(evidence[0]).toMatchObject({ slice: 'k13', verdict: 'fail' });
      expect(failed(rows)[0]?.note).toMatch(/worse by 0\.\d+ over 50 cases/);
    }
  }, 120_000);

  test('a candidate that loses four votes in five fails, however the answers are placed', async () => {
    for (let trial = 0; trial < 10; trial += 1) {
      const { rows } = await played({ cases: 300, wins: () => 0.2, front: 0.25, seed: `worse/${trial}` });
      expect(whole(rows)?.verdict).toBe('fail');
    }
  }, 120_000);

  test('few cases are inconclusive, with the number of further ones that would tell', async () => {
    const { rows } = await played({ cases: 40, wins: () => 0.5, front: 0.25, seed: 'few' });
    expect(whole(rows)?.verdict).toBe('inconclusive');
    expect(whole(rows)?.needed).toBeGreaterThan(0);
  });
});
