import {
  type Digest,
  describeError,
  ErrorCode,
  type Evidence,
  errorCode,
  type Report,
  type SluiceActivities,
} from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { endpointState } from '../rollout/endpoint-state.ts';
import { gatewayApi } from '../rollout/gateway-api.ts';
import { type ActivityScope, activityScope, alive } from '../serving/activity-scope.ts';
import { type SupervisedServer, superviseServer } from '../serving/supervised-server.ts';
import { type CapturedRequest, readAt } from './captured.ts';
import { type Judged, judgeReplay } from './judge-replay.ts';
import { type Replayed, replayRequests } from './replay-requests.ts';
import { replayReport } from './report.ts';
import { type Sample, sampleCaptures } from './sample.ts';

type Input = Parameters<SluiceActivities['replay']>[0];

/** Rows of evidence that travel with the verdict; the report has all. */
const ROWS = 20;
const nothing: Sample = { strata: [], chosen: [], captured: 0, failedThen: 0, malformed: 0, shadows: 0 };

/** Sends captured requests to a fresh copy of the old version and of the new one, and compares what comes back. */
export function replayActivity(context: ActivityContext): SluiceActivities['replay'] {
  return (input) => {
    const scope = activityScope();
    return alive(scope, () => replay(context, input, scope));
  };
}

async function replay(context: ActivityContext, { ref, spec }: Input, scope: ActivityScope): Promise<Report> {
  const stable = (await endpointState(context, spec.endpoint))?.stable ?? null;
  const finish = async (sample: Sample, replayed: readonly Replayed[], judged: Judged): Promise<Report> => {
    const text = replayReport({ ref, spec, baseline: stable?.digest ?? null, sample, replayed, judged });
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

  const sample = await sampleOf(context, spec, scope);
  if (sample.chosen.length === 0) return finish(sample, [], judgeReplay(sample, [], spec));
  const requests = await read(sample);
  const fresh = await superviseServer({ context, endpoint: spec.endpoint, model: spec.model, scope });
  try {
    const model = { uri: stable.uri, digest: stable.digest as Digest };
    const old = await oldServer(() => superviseServer({ context, endpoint: spec.endpoint, model, scope }));
    if (typeof old === 'string') return await finish(sample, [], brokenBaseline(old));
    try {
      const { confirm, deadline } = spec;
      const replayed = await replayRequests(requests, { old, fresh, confirm, deadline, scope });
      return await finish(sample, replayed, judgeReplay(sample, replayed, spec));
    } finally {
      await old.stop();
    }
  } finally {
    await fresh.stop();
  }
}

async function sampleOf(context: ActivityContext, spec: Input['spec'], scope: ActivityScope): Promise<Sample> {
  const since = Date.now() - spec.last;
  const captures = await gatewayApi(context).captures(spec.endpoint, since);
  return sampleCaptures({
    files: (captures?.files ?? []).map(({ path }) => path),
    since,
    limit: spec.limit,
    seed: spec.seed,
    onProgress: () => {
      scope.signal.throwIfAborted();
      scope.heartbeat();
    },
  });
}

/** The chosen requests; one whose segment was deleted meanwhile is left out. */
async function read({ chosen }: Sample): Promise<CapturedRequest[]> {
  const requests = await readAt(chosen.map(({ place }) => place));
  return requests.filter((request) => request !== null);
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
