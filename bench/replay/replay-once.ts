import { mkdir } from 'node:fs/promises';
import type { ReplaySpec } from '@sluice/sdk';
import { redactorOf } from '@sluice/sdk/redact';
import { comparisonOf } from '../../packages/activities/src/replay/answer-differences.ts';
import type { CapturedRequest } from '../../packages/activities/src/replay/captured.ts';
import { withDiary } from '../../packages/activities/src/replay/diary.ts';
import { judgeReplay } from '../../packages/activities/src/replay/judge-replay.ts';
import { replayRequests } from '../../packages/activities/src/replay/replay-requests.ts';
import { replayReport } from '../../packages/activities/src/replay/report.ts';
import { sampleCaptures } from '../../packages/activities/src/replay/sample.ts';
import { openSpool, spoolRequests } from '../../packages/activities/src/replay/spool.ts';
import { waivedOf } from '../../packages/activities/src/replay/waived.ts';
import { servedAt } from './stub-copies.ts';

export const BODY = JSON.stringify({
  dataframe_split: {
    columns: ['distance', 'carrier', 'hour', 'origin'],
    data: [
      [1080, 'LH', 7, 'MUC'],
      [412, 'BA', 9, 'LHR'],
      [3451, 'AF', 12, 'CDG'],
    ],
  },
});
const differences = { as: 'warn', ignore: [], tolerate: [] } as const;
const model = { kind: 'model', uri: 'sluice:tree/0', digest: 'sha256:0', bytes: 0, step: 'train', keys: {} } as const;
const ref = { workflowId: 'bench/1', pipeline: 'bench', step: 'recent', name: 'recent', keys: {} };

/**
 * Requests a second of one replay, to all copies together: from the first request to the text of the report, with the
 * diary that a killed one would go on with.
 */
export async function replayOnce(
  url: string,
  folder: string,
  requests: number,
  compared: boolean,
  signal: AbortSignal,
): Promise<number> {
  await mkdir(folder, { recursive: true });
  const sample = await sampleCaptures({ requests: captured(requests), since: 0, limit: requests, seed: 0 });
  return withDiary(folder, { name: 'one', again: false, moved: null }, async (diary) => {
    const spooled = await spoolRequests(diary.spool, captured(requests), sample.chosen);
    await diary.keepPlan({ sample: { ...sample, chosen: [] }, requests: spooled.requests });
    using spool = openSpool(diary.spool);
    const redactor = redactorOf({});
    const began = performance.now();
    const replayed = await replayRequests(spooled.requests, {
      old: servedAt(url),
      fresh: servedAt(url),
      second: compared ? { server: servedAt(url), comparison: comparisonOf(differences) } : null,
      spool,
      diary,
      pace: null,
      confirm: 3,
      deadline: 10_000,
      redactor,
      scope: { signal, heartbeat: () => {} },
    });
    const spec: ReplaySpec = {
      ...{ kind: 'replay', name: 'recent', model, endpoint: 'demo', last: 1, limit: requests, confirm: 3 },
      ...{ deadline: 10_000, maxStale: 0.05, seed: 0, on: null, temporal: null },
      ...(compared ? { differences } : {}),
    };
    const waived = waivedOf(replayed, [], 0);
    const judged = judgeReplay(sample, replayed, spec, waived);
    replayReport({ ref, spec, baseline: null, sample, replayed, judged, waived, redactor });
    const seconds = (performance.now() - began) / 1000;
    if (judged.verdict !== 'pass') throw new Error(`The replay says ${judged.verdict}.`);
    return (replayed.length * (compared ? 3 : 2)) / seconds;
  });
}

async function* captured(requests: number): AsyncGenerator<CapturedRequest> {
  const headers = { 'content-type': 'application/json' };
  const body = Buffer.from(BODY, 'utf8');
  for (let i = 0; i < requests; i += 1) {
    yield { id: `r${i}`, at: i, method: 'POST', path: '/invocations', headers, body, status: 200 };
  }
}
