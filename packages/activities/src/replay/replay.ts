import {
  type Digest,
  describeError,
  ErrorCode,
  type Evidence,
  errorCode,
  type Redaction,
  type Report,
  type SluiceActivities,
} from '@sluice/sdk';
import { redactorOf } from '@sluice/sdk/redact';
import type { ActivityContext } from '../context.ts';
import { endpointState } from '../rollout/endpoint-state.ts';
import { targetOf } from '../rollout/target-of.ts';
import { type ActivityScope, activityScope, alive } from '../serving/activity-scope.ts';
import { type SupervisedServer, superviseServer } from '../serving/supervised-server.ts';
import type { CapturedRequest, WholeRequest } from './captured.ts';
import { type Judged, judgeReplay } from './judge-replay.ts';
import { type Replayed, replayRequests } from './replay-requests.ts';
import { replayReport } from './report.ts';
import { type Sample, sampleCaptures } from './sample.ts';

type Input = Parameters<SluiceActivities['replay']>[0];

/** Rows of evidence that travel with the verdict; the report has all. */
const ROWS = 20;
const nothing: Sample = { strata: [], chosen: [], captured: 0, failedThen: 0, withoutBody: 0, malformed: 0 };

/** Sends captured requests to a fresh copy of the old version and of the new one, and compares what comes back. */
export function replayActivity(context: ActivityContext): SluiceActivities['replay'] {
  return (input) => {
    const scope = activityScope();
    return alive(scope, () => replay(context, input, scope));
  };
}

async function replay(context: ActivityContext, { ref, spec }: Input, scope: ActivityScope): Promise<Report> {
  const stable = (await endpointState(context, spec.endpoint))?.stable ?? null;
  const redactor = redactorOf(redactionOf(context, spec.endpoint));
  const finish = async (sample: Sample, replayed: readonly Replayed[], judged: Judged): Promise<Report> => {
    const text = replayReport({ ref, spec, baseline: stable?.digest ?? null, sample, replayed, judged, redactor });
    return {
      name: spec.name,
      verdict: judged.verdict,
      evidence: judged.evidence.slice(0, ROWS),
      report: await context.store.putText(text, 'report'),
      candidate: spec.model.digest,
      baseline: stable?.digest ?? null,
      step: ref.step,
    };
  };
  if (stable === null) return finish(nothing, [], emptyEndpoint(spec.endpoint));

  const since = Date.now() - spec.last;
  const captured = () => targetOf(context, spec.endpoint).captured(spec.endpoint, { since, signal: scope.signal });
  const onProgress = () => {
    scope.signal.throwIfAborted();
    scope.heartbeat();
  };
  const sample = await sampleCaptures({ requests: captured(), since, limit: spec.limit, seed: spec.seed, onProgress });
  if (sample.chosen.length === 0) return finish(sample, [], judgeReplay(sample, [], spec));
  const requests = await pick(captured(), sample.chosen, onProgress);
  const fresh = await superviseServer({ context, endpoint: spec.endpoint, model: spec.model, scope });
  try {
    const model = { uri: stable.uri, digest: stable.digest as Digest };
    const old = await oldServer(() => superviseServer({ context, endpoint: spec.endpoint, model, scope }));
    if (typeof old === 'string') return await finish(sample, [], brokenBaseline(old));
    try {
      const { confirm, deadline } = spec;
      const replayed = await replayRequests(requests, { old, fresh, confirm, deadline, redactor, scope });
      return await finish(sample, replayed, judgeReplay(sample, replayed, spec));
    } finally {
      await old.stop();
    }
  } finally {
    await fresh.stop();
  }
}

/** Bytes of bodies that are held at a time; what is beyond them is left out. */
const MOST_BODIES = 512 * 1024 * 1024;

/** The chosen requests, in the order of `ids`; one that was deleted meanwhile is left out. */
async function pick(
  requests: AsyncIterable<CapturedRequest | null>,
  ids: readonly string[],
  onProgress: () => void,
): Promise<WholeRequest[]> {
  const found = new Map<string, WholeRequest>();
  const wanted = new Set(ids);
  let bytes = 0;
  let seen = 0;
  for await (const request of requests) {
    seen += 1;
    if (seen % 1000 === 0) onProgress();
    if (request === null || request.body === null || !wanted.delete(request.id)) continue;
    bytes += request.body.length;
    if (bytes > MOST_BODIES) break;
    found.set(request.id, { ...request, body: request.body });
    if (wanted.size === 0) break;
  }
  return ids.flatMap((id) => found.get(id) ?? []);
}

function redactionOf({ config }: ActivityContext, endpoint: string): Redaction | undefined {
  const capture = config.endpoints?.[endpoint]?.capture;
  return typeof capture === 'object' ? capture.redact : undefined;
}

/** A production version that cannot be served is no fault of the candidate's, and no pass either. */
async function oldServer(start: () => Promise<SupervisedServer>): Promise<SupervisedServer | string> {
  try {
    return await start();
  } catch (error) {
    const codes: string[] = [ErrorCode.ServerNotReady, ErrorCode.NotFound, ErrorCode.Corrupt];
    if (codes.includes(errorCode(error))) return describeError(error);
    throw error;
  }
}

function brokenBaseline(why: string): Judged {
  const row: Evidence = {
    metric: 'old version could be served',
    verdict: 'error',
    value: null,
    note: why.slice(0, 500),
  };
  return { verdict: 'error', evidence: [row] };
}

function emptyEndpoint(endpoint: string): Judged {
  const row: Evidence = {
    metric: 'requests that fail on the candidate only',
    verdict: 'pass',
    value: 0,
    n: 0,
    note: `nothing is deployed on ${endpoint}, so there is nothing to regress from`,
  };
  return { verdict: 'pass', evidence: [row] };
}
