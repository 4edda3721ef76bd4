import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redactorOf } from '@sluice/sdk/redact';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import { type Random, seededRandom } from '../statistics/random.ts';
import { answerDifferences, comparisonOf } from './answer-differences.ts';
import type { CapturedRequest } from './captured.ts';
import { judgeReplay } from './judge-replay.ts';
import { replayRequests } from './replay-requests.ts';
import type { Replayed } from './replayed.ts';
import { type Sample, sampleCaptures } from './sample.ts';
import { whyWorse } from './send.ts';
import { openSpool, spoolRequests } from './spool.ts';
import { inputOf } from './testing/replay-stand.ts';
import { waivedOf } from './waived.ts';

const differences = { as: 'block', ignore: [], tolerate: [] } as const;
const model = { kind: 'model', uri: 'sluice:tree/0', digest: 'sha256:0', bytes: 0, step: 'train', keys: {} } as const;
const { spec } = inputOf({
  ...model,
  mlflowRunId: null,
  metrics: {},
  lineage: { code: 'sha256:0', hyper: 'sha256:0', data: {}, parents: [] },
});

describe('the same model on both sides', () => {
  const REQUESTS = 300;
  const kind = { route: 'POST /invocations', inputClass: '{}' };
  const sample: Sample = {
    strata: [{ ...kind, outcome: '2xx', captured: REQUESTS, kept: [] }],
    chosen: [],
    captured: REQUESTS,
    failedThen: 0,
    withoutBody: 0,
    malformed: 0,
    withoutSpace: 0,
  };

  /** Ten places of which each is another now and then: always, as a coin falls, in one of twenty answers … */
  function answer(random: Random) {
    const rates = [1, 0.5, 0.5, 0.2, 0.2, 0.1, 0.05, 0.05, 0.01, 0];
    const fields = rates.map((rate, i) => [`f${i}`, random.below(1000) < 1000 * rate ? random.below(5) : -1]);
    return { status: 200, body: Buffer.from(JSON.stringify(Object.fromEntries(fields))), problem: null };
  }

  function trial(seed: number) {
    const random = seededRandom(`trial ${seed}`);
    const comparison = comparisonOf(differences);
    const replayed = Array.from({ length: REQUESTS }, (_, i): Replayed => {
      const answers = { old: answer(random), second: answer(random), now: answer(random) };
      return {
        request: { id: `r${i}`, at: i, path: '/', status: 200, ...kind },
        ...{ outcome: whyWorse(answers.old, answers.now) === null ? 'pass' : 'regression' },
        ...{ old: null, now: null, why: null, body: null },
        differences: answerDifferences(answers, comparison, redactorOf({})),
      };
    });
    return judgeReplay(sample, replayed, { ...spec, differences }, waivedOf(replayed, [], 0)).verdict;
  }

  test('passes in at least 95 of 100 seeded trials, however much its answers vary', () => {
    const verdicts = Array.from({ length: 100 }, (_, seed) => trial(seed));
    expect(verdicts.filter((verdict) => verdict === 'pass').length).toBeGreaterThanOrEqual(95);
  });
});

describe('one failure in 5,000 requests', () => {
  let folder: string;
  let server: Server;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-replay-'));
    server = createServer((request, response) => {
      request.resume();
      const fails = request.url === '/new/invocations?call=3141';
      request.on('end', () => response.writeHead(fails ? 500 : 200).end('{"predictions":[1]}'));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  const copy = (path: string): SupervisedServer => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    return {
      current: async () => ({ url }),
      settle: async () => {},
      restarts: 0,
      stop: async () => {},
    } as SupervisedServer;
  };
  async function* captured(): AsyncGenerator<CapturedRequest> {
    for (let i = 0; i < 5000; i += 1) {
      const body = Buffer.from(`{"x":${i}}`);
      yield { id: `r${i}`, at: i, method: 'POST', path: `/invocations?call=${i}`, headers: {}, body, status: 200 };
    }
  }

  test('fails the gate, and is named', async () => {
    const sample = await sampleCaptures({ requests: captured(), since: 0, limit: 5000, seed: 0 });
    const { requests } = await spoolRequests(join(folder, 'requests'), captured(), sample.chosen);
    using spool = openSpool(join(folder, 'requests'));
    const replayed = await replayRequests(requests, {
      ...{ old: copy('/old'), fresh: copy('/new'), second: null, spool, pace: null, confirm: 3, deadline: 60_000 },
      diary: { entries: new Map(), note: () => {} },
      redactor: redactorOf({}),
      scope: { signal: new AbortController().signal, heartbeat: () => {} },
    });
    const { verdict, evidence } = judgeReplay(sample, replayed, spec, waivedOf(replayed, [], 0));
    expect(replayed).toHaveLength(5000);
    expect(verdict).toBe('fail');
    expect(evidence[0]).toMatchObject({ verdict: 'fail', value: 1, n: 5000 });
    expect(evidence[1]?.note).toContain('request r3141: status 500, was 200');
  }, 120_000);
});
