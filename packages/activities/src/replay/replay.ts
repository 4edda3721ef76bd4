import { join } from 'node:path';
import {
  type Artifact,
  type Digest,
  type Evidence,
  hasExpired,
  type Redaction,
  type Report,
  type SluiceActivities,
} from '@sluice/sdk';
import { redactorOf } from '@sluice/sdk/redact';
import type { ActivityContext } from '../context.ts';
import { movedOf } from '../partial/partial-results.ts';
import { endpointState } from '../rollout/endpoint-state.ts';
import { targetOf } from '../rollout/target-of.ts';
import { type ActivityScope, activityScope, alive } from '../serving/activity-scope.ts';
import { attemptsOf } from './attempt.ts';
import { startCopies } from './copies.ts';
import { type Diary, type Entry, isFinal, type Plan, withDiary } from './diary.ts';
import { inShort, type Judged, judgeReplay } from './judge-replay.ts';
import type { ReplayOptions } from './replay-options.ts';
import { replayedOf, replayRequests } from './replay-requests.ts';
import type { Replayed } from './replayed.ts';
import { replayReport } from './report.ts';
import { type Sample, sampleCaptures } from './sample.ts';
import { type Asked, openSpool, spoolRequests } from './spool.ts';
import { waivedOf, waives } from './waived.ts';

type Input = Parameters<SluiceActivities['replay']>[0];

/** Rows of evidence that travel with the verdict; the report has all. */
const ROWS = 20;
const nothing: Sample = {
  strata: [],
  chosen: [],
  captured: 0,
  failedThen: 0,
  withoutBody: 0,
  malformed: 0,
  withoutSpace: 0,
};

/** Sends captured requests to a fresh copy of the old version and of the new one, and compares what comes back. */
export function replayActivity(context: ActivityContext): SluiceActivities['replay'] {
  return (input) => {
    const scope = activityScope();
    return alive(scope, () => replay(context, input, scope));
  };
}

interface Learned {
  readonly sample: Sample;
  readonly replayed: readonly Replayed[];
  /** Instead of what follows from these. */
  readonly judged?: Judged;
}

async function replay(context: ActivityContext, input: Input, scope: ActivityScope): Promise<Report> {
  const { ref, spec } = input;
  const stable = (await endpointState(context, spec.endpoint))?.stable ?? null;
  const redactor = redactorOf(redactionOf(context, spec.endpoint));
  const attempts = attemptsOf(input, stable?.digest ?? '');
  const reportOf = async ({ sample, replayed, judged: given }: Learned): Promise<Report> => {
    const waived = waivedOf(replayed, spec.waive ?? [], attempts.begun);
    const judged = given ?? judgeReplay(sample, replayed, spec, waived);
    const baseline = stable?.digest ?? null;
    const text = replayReport({ ref, spec, baseline, sample, replayed, judged, waived, redactor });
    return {
      name: spec.name,
      verdict: judged.verdict,
      evidence: inShort(judged.evidence, ROWS),
      report: await context.store.putText(text, 'report'),
      candidate: spec.model.digest,
      baseline,
      step: ref.step,
    };
  };
  if (stable === null) return reportOf({ sample: nothing, replayed: [], judged: emptyEndpoint(spec.endpoint) });
  const diaries = join(context.stateDir, 'replay');
  return withDiary(diaries, { ...attempts, moved: movedOf(context.store, ref) }, async (diary) => {
    if (diary.report !== null) return diary.report;
    const plan = diary.plan ?? (await draw(context, spec, attempts.begun, diary, scope));
    const model = { uri: stable.uri, digest: stable.digest as Digest };
    const waivers = (spec.waive ?? []).filter((waiver) => !hasExpired(waiver, attempts.begun));
    const waived = (request: Asked) => waivers.some((waiver) => waives(waiver, request));
    const report = await reportOf(await sendPlan(context, spec, { plan, diary, model, waived, redactor, scope }));
    await diary.finish(report);
    return report;
  });
}

/** Chooses what is sent, and brings it here: both once for all attempts. */
async function draw(
  context: ActivityContext,
  spec: Input['spec'],
  begun: number,
  diary: Diary,
  scope: ActivityScope,
): Promise<Plan> {
  const since = begun - spec.last;
  const captured = () => targetOf(context, spec.endpoint).captured(spec.endpoint, { since, signal: scope.signal });
  const onProgress = () => {
    scope.signal.throwIfAborted();
    scope.heartbeat();
  };
  const sample = await sampleCaptures({ requests: captured(), since, limit: spec.limit, seed: spec.seed, onProgress });
  const { requests, withoutSpace } =
    sample.chosen.length === 0
      ? { requests: [], withoutSpace: 0 }
      : await spoolRequests(diary.spool, captured(), sample.chosen, { onProgress });
  const strata = sample.strata.map((stratum) => ({ ...stratum, kept: [] }));
  const plan = { sample: { ...sample, strata, chosen: [], withoutSpace }, requests };
  await diary.keepPlan(plan);
  return plan;
}

async function sendPlan(
  context: ActivityContext,
  spec: Input['spec'],
  parts: Required<Pick<ReplayOptions, 'redactor' | 'scope' | 'waived'>> & {
    plan: Plan;
    diary: Diary;
    model: Pick<Artifact, 'uri' | 'digest'>;
  },
): Promise<Learned> {
  const { plan, diary, model, waived, redactor, scope } = parts;
  const { sample, requests } = plan;
  // Nothing is left to ask when all is known, and only the report could not be stored.
  if (requests.every((_, place) => isKnown(diary.entries.get(place)))) {
    return { sample, replayed: replayedOf(requests, diary.entries) };
  }
  const copies = await startCopies(context, spec, model, scope);
  if (typeof copies === 'string') return { sample, replayed: [], judged: brokenBaseline(copies) };
  try {
    using spool = openSpool(diary.spool);
    const { confirm, deadline } = spec;
    const options = { ...copies, spool, diary, pace: spec.pace ?? null, waived, confirm, deadline, redactor, scope };
    return { sample, replayed: await replayRequests(requests, options) };
  } finally {
    await copies.stop();
  }
}

function isKnown(entry: Entry | undefined): boolean {
  return entry !== undefined && isFinal(entry);
}

function redactionOf({ config }: ActivityContext, endpoint: string): Redaction | undefined {
  const capture = config.endpoints?.[endpoint]?.capture;
  return typeof capture === 'object' ? capture.redact : undefined;
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
