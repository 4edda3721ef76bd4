import { redactorOf } from '@sluice/sdk/redact';
import { describe, expect, test, vi } from 'vitest';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import { type Random, seededRandom } from '../statistics/random.ts';
import { comparisonOf } from './answer-differences.ts';
import type { WholeRequest } from './captured.ts';
import { judgeReplay } from './judge-replay.ts';
import { replayRequests } from './replay-requests.ts';
import type { Sample } from './sample.ts';
import type { Answer } from './send.ts';
import type { Asked } from './spool.ts';
import { inputOf } from './testing/replay-stand.ts';
import { waivedOf } from './waived.ts';

/** What a version answers to the request of a number. */
type Version = (random: Random, request: number) => unknown;

vi.mock(import('./send.ts'), async (original) => ({
  ...(await original()),
  send: async (server: SupervisedServer, request: WholeRequest) =>
    (server as unknown as { answer(request: WholeRequest): Answer }).answer(request),
}));

const differences = { as: 'warn', ignore: [], tolerate: [] } as const;
const model = { kind: 'model', uri: 'sluice:tree/0', digest: 'sha256:0', bytes: 0, step: 'train', keys: {} } as const;
const { spec } = inputOf(
  {
    ...model,
    mlflowRunId: null,
    metrics: {},
    lineage: { code: 'sha256:0', hyper: 'sha256:0', data: {}, parents: [] },
  },
  { differences },
);

interface Trial {
  readonly seed?: number;
  readonly requests?: number;
  readonly kinds?: number;
  readonly confirm?: number;
}

/** A whole replay of two versions that answer in this process. */
async function replayed(
  old: Version,
  fresh: Version,
  { seed = 0, requests = 300, kinds = 1, confirm = 3 }: Trial = {},
) {
  const copy = (name: string, version: Version) => {
    const random = seededRandom(`${name} ${seed}`);
    const answer = ({ at }: WholeRequest): Answer => {
      return { status: 200, body: Buffer.from(JSON.stringify(version(random, at))), problem: null };
    };
    return { answer } as unknown as SupervisedServer;
  };
  const asked = Array.from({ length: requests }, (_, i): Asked => {
    const kind = { route: 'POST /invocations', inputClass: `{kind${i % kinds}: number}` };
    return {
      id: `r${i}`,
      at: i,
      method: 'POST',
      path: '/',
      status: 200,
      ...kind,
      offset: 0,
      headBytes: 0,
      bodyBytes: 2,
    };
  });
  const all = await replayRequests(asked, {
    old: copy('old', old),
    fresh: copy('new', fresh),
    second: { server: copy('second', old), comparison: comparisonOf(differences) },
    spool: { read: (one: Asked) => ({ ...one, headers: {}, body: Buffer.from('{}') }) } as never,
    diary: { entries: new Map(), note: () => {} },
    ...{ pace: null, confirm, deadline: 1000, redactor: redactorOf({}) },
    scope: { signal: new AbortController().signal, heartbeat: () => {} },
  });
  const sample: Sample = {
    ...{ strata: [], chosen: [], captured: requests, failedThen: 0, withoutBody: 0, malformed: 0, withoutSpace: 0 },
  };
  return { all, ...judgeReplay(sample, all, spec, waivedOf(all, [], 0)) };
}

const items = (n: number) => Array.from({ length: n }, (_, i) => ({ text: `t${i}`, score: 0.5 }));
const coin = (random: Random, share: number) => random.below(10_000) < share * 10_000;

const models: Readonly<Record<string, Version>> = {
  'lists of random length': (random) => ({ entities: items(random.below(8)) }),
  'lists of any length within lists of any length': (random) => {
    return { predictions: Array.from({ length: 1 + random.below(3) }, () => ({ entities: items(random.below(4)) })) };
  },
  'fields that are left out at times': (random) => ({
    always: 1,
    ...Object.fromEntries(
      [0.5, 0.2, 0.1, 0.02, 0.01, 0.003].flatMap((rate, i) => (coin(random, rate) ? [] : [[`f${i}`, 1]])),
    ),
  }),
  'fields that are there at times': (random) => ({
    ...Object.fromEntries(
      [0.5, 0.2, 0.1, 0.02, 0.003].flatMap((rate, i) => (coin(random, rate) ? [[`f${i}`, 1]] : [])),
    ),
  }),
  'fields of a random type': (random) => ({
    fields: [0.5, 0.1, 0.01].map((rate) => (coin(random, rate) ? 'unsure' : coin(random, rate) ? null : 1)),
    value: [1, 'one', null, [1], { one: 1 }][random.below(5)],
  }),
  'lists of random length for one request of a hundred': (random, request) => ({
    entities: items(request % 100 === 7 ? random.below(5) : 2),
  }),
  'a field left out at times for one request': (random, request) =>
    request === 7 && coin(random, 0.5) ? {} : { a: 1 },
};

describe.each(Object.entries(models))('the same model on both sides, which answers %s,', (_, version) => {
  test.each([
    ['one kind of request', {}],
    ['a hundred kinds of three requests', { kinds: 100 }],
    ['a kind for each request', { kinds: 300 }],
    ['failures confirmed once more', { confirm: 2 }],
  ])('passes in at least 95 of 100 seeded trials: %s', { timeout: 240_000 }, async (_, options) => {
    const verdicts: string[] = [];
    for (let seed = 0; seed < 100; seed += 1) {
      verdicts.push((await replayed(version, version, { seed, ...options })).verdict);
    }
    expect(verdicts.filter((verdict) => verdict === 'pass').length).toBeGreaterThanOrEqual(95);
  });
});
