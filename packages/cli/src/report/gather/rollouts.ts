import { inParallel } from '@sluice/activities/store';
import { type EndpointState, endpointWorkflowId, Query, type RolloutOutcome, type RolloutRequest } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { ExecutionId } from '../../records/history.ts';
import { type StepWork, stepWork } from '../../records/step-work.ts';
import { EndpointHistory, type EndpointPast } from '../../ui/data/endpoint-history.ts';
import { describe } from '../../ui/data/run.ts';
import { percent } from '../../ui/data/traffic-series.ts';
import type { LookPart, RolloutPart } from '../data.ts';
import { evidenceOf } from '../read/json.ts';

/** Deploys of one run that are looked at, and how many at once. */
const DEPLOYS = 50;
const AT_ONCE = 4;
/** Time an endpoint's worker has to say how it stands, ms. */
const STATE_WITHIN = 10_000;

/** How traffic went to the candidates that this run asked a rollout for. @throws what Temporal's client throws */
export async function rolloutParts(
  client: Client,
  execution: ExecutionId,
  works: readonly StepWork[],
): Promise<RolloutPart[]> {
  const decided = new Set(works.filter(({ activity }) => activity === 'recordDecision').map(({ step }) => step));
  // What asks an endpoint does not say which step it is for: it is found by the step alone.
  const own = await inParallel([...decided].slice(0, DEPLOYS), AT_ONCE, (step) => stepWork(client, execution, step));
  const asked = own
    .flat()
    .filter(({ activity }) => activity === 'requestRollout')
    .flatMap(({ input, at }) => {
      const { request } = (input ?? {}) as { readonly request?: RolloutRequest };
      return request === undefined ? [] : [{ request, at: at ?? 0 }];
    });
  const newest = new Map(asked.map((one) => [one.request.id, one]));
  const pasts = new Map<string, Promise<Past>>();
  const pastOf = (endpoint: string) => {
    const known = pasts.get(endpoint) ?? readPast(client, endpoint);
    pasts.set(endpoint, known);
    return known;
  };
  return Promise.all(
    [...newest.values()].map(async ({ request, at }) => rolloutPart(request, at, await pastOf(request.endpoint))),
  );
}

interface Past {
  readonly past: EndpointPast;
  /** Null where no worker answers. */
  readonly state: EndpointState | null;
}

async function readPast(client: Client, endpoint: string): Promise<Past> {
  const workflowId = endpointWorkflowId(endpoint);
  const { runId } = await describe(client, workflowId);
  const ask = () => client.workflow.getHandle(workflowId).query<EndpointState>(Query.endpoint);
  const [past, state] = await Promise.all([
    new EndpointHistory().of(client, { workflowId, runId }),
    client.withDeadline(Date.now() + STATE_WITHIN, ask).catch(() => null),
  ]);
  return { past, state };
}

/** @param at epoch ms when it was asked for */
export function rolloutPart(request: RolloutRequest, at: number, { past, state }: Past): RolloutPart {
  const { id, endpoint, candidate } = request;
  const outcome = state?.history.find((one) => one.id === id) ?? null;
  const from = outcome?.startedAt ?? at;
  const to = outcome?.endedAt ?? Number.POSITIVE_INFINITY;
  const within = (moment: number) => moment >= from && moment <= to + 1_000;
  const shares = past.shares
    .filter((one) => within(one.at))
    .map((one) => ({ at: one.at, percent: percent(one.weights, candidate.id) }));
  const looks = past.phases
    .filter((one) => within(one.at) && one.versions[candidate.id] !== undefined)
    .map(
      (one): LookPart => ({
        phase: one.phase ?? '',
        at: one.at,
        seconds: one.seconds,
        verdict: one.verdict ?? 'error',
        reason: one.reason ?? null,
        candidate: one.versions[candidate.id] ?? null,
        stable: Object.entries(one.versions).find(([version]) => version !== candidate.id)?.[1] ?? null,
      }),
    );
  return {
    endpoint,
    candidate: candidate.digest,
    state:
      outcome?.state ?? (state?.rollout === id ? 'rolling-out' : state?.queued.includes(id) ? 'waiting' : 'running'),
    reason: outcome?.reason ?? null,
    startedAt: outcome?.startedAt ?? shares[0]?.at ?? null,
    endedAt: outcome?.endedAt ?? null,
    firstBadAt: outcome?.firstBadAt ?? null,
    offTrafficAt: outcome?.offTrafficAt ?? null,
    evidence: evidenceOf(outcome?.evidence),
    shadow: shadowOf(outcome),
    shares,
    looks,
  };
}

/** Null also where it is told already, because it ended the rollout. */
function shadowOf(outcome: RolloutOutcome | null): RolloutPart['shadow'] {
  const { shadow, evidence = [] } = outcome ?? {};
  if (shadow === undefined) return null;
  const told = new Set(evidence.map((row) => JSON.stringify(row)));
  const left = shadow.evidence.filter((row) => !told.has(JSON.stringify(row)));
  return left.length === 0 ? null : { verdict: shadow.verdict, rows: shadow.rows, evidence: evidenceOf(left) };
}
