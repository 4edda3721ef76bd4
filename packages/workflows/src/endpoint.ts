import {
  type Candidate,
  type EndpointState,
  ErrorCode,
  Query,
  type RolloutOutcome,
  type RolloutRequest,
  Update,
} from '@sluice/sdk';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { showDetails } from './activation.ts';
import { small } from './activities.ts';
import { type Rollout, rollBackTraffic, runRollout } from './rollout.ts';

/** Outcomes an endpoint remembers. */
const REMEMBERED = 20;

/** What an endpoint carries over when it continues as new. */
export interface EndpointMemory {
  readonly stable: Candidate | null;
  readonly previous: Candidate | null;
  readonly queue: readonly RolloutRequest[];
  readonly history: readonly RolloutOutcome[];
}

export interface RollbackRequest {
  readonly by: string;
  readonly reason?: string;
}

const rolloutUpdate = defineUpdate<{ accepted: boolean; why: string | null }, [RolloutRequest]>(Update.rollout);
const rollbackUpdate = defineUpdate<{ accepted: boolean; to: string | null; why: string | null }, [RollbackRequest]>(
  Update.rollback,
);
const endpointQuery = defineQuery<EndpointState>(Query.endpoint);

/** Owns the traffic of one endpoint: one rollout at a time, one stable version, at most one candidate. Never ends. */
export async function sluiceEndpoint(input: {
  readonly endpoint: string;
  readonly memory?: EndpointMemory;
}): Promise<void> {
  const { endpoint } = input;
  let stable = input.memory?.stable ?? null;
  let previous = input.memory?.previous ?? null;
  const queue: RolloutRequest[] = [...(input.memory?.queue ?? [])];
  const history: RolloutOutcome[] = [...(input.memory?.history ?? [])];
  let current: Rollout | null = null;
  let wanted: RollbackRequest | null = null;

  const state = (): EndpointState => ({
    endpoint,
    stable,
    candidate: current?.request.candidate ?? null,
    previous,
    phase: current?.phase ?? 'stable',
    weights: current?.weights ?? (stable === null ? {} : { [stable.id]: 100 }),
    rollout: current?.request.id ?? null,
    queued: queue.map((request) => request.id),
    history,
  });
  showDetails(() => renderEndpoint(state()));

  setHandler(endpointQuery, state, { description: 'Stable version, candidate, weights and history' });
  setHandler(
    rolloutUpdate,
    (request) => {
      const known =
        current?.request.id === request.id ||
        queue.some(({ id }) => id === request.id) ||
        history.some(({ id }) => id === request.id);
      if (known) return { accepted: true, why: null };
      const busy = current !== null || queue.length > 0;
      if (busy && request.onBusy === 'reject')
        return { accepted: false, why: `${current?.request.id ?? 'another rollout'} is under way` };
      if (busy && request.onBusy === 'supersede') {
        for (const waiting of queue.splice(0)) finish(superseded(waiting, request));
        current?.stop({ kind: 'superseded', reason: `superseded by ${request.id}` });
      }
      queue.push(request);
      return { accepted: true, why: null };
    },
    { description: 'Asks for a rollout' },
  );
  setHandler(
    rollbackUpdate,
    (request) => {
      if (current?.stop({ kind: 'rolled-back', reason: reasonOf(request) })) {
        return { accepted: true, to: stable?.id ?? null, why: null };
      }
      if (current !== null && stable !== null) {
        // The candidate has all of the traffic and the old version is being let go: back to it after that.
        wanted = request;
        return { accepted: true, to: stable.id, why: null };
      }
      if (previous === null) return { accepted: false, to: null, why: 'there is no earlier version to go back to' };
      wanted = request;
      return { accepted: true, to: previous.id, why: null };
    },
    {
      description: 'Puts the former version back: {"by": "ana", "reason": "…"}',
      validator: (request) => {
        if (typeof request?.by === 'string' && request.by.trim() !== '') return;
        throw ApplicationFailure.nonRetryable(
          'A rollback needs to say who asks for it: {"by": "ana"}.',
          ErrorCode.DecisionRefused,
        );
      },
    },
  );

  const replies: Promise<void>[] = [];
  function finish(outcome: RolloutOutcome & { readonly replyTo?: string }): void {
    const { replyTo, ...plain } = outcome;
    history.push(plain);
    history.splice(0, Math.max(0, history.length - REMEMBERED));
    if (replyTo !== undefined) replies.push(reply(replyTo, plain));
  }

  for (;;) {
    await condition(() => queue.length > 0 || wanted !== null || workflowInfo().continueAsNewSuggested);
    if (wanted !== null) {
      const request: RollbackRequest = wanted;
      wanted = null;
      if (stable !== null && previous !== null) {
        const outcome = await goBack(endpoint, stable, previous, reasonOf(request));
        [stable, previous] = [previous, stable];
        finish(outcome);
      }
    } else {
      const request = queue.shift();
      if (request !== undefined) {
        const rollout = runRollout(request, stable);
        current = rollout;
        const outcome = await rollout.outcome;
        current = null;
        if (outcome.state === 'deployed' && stable?.id !== request.candidate.id) {
          previous = stable;
          stable = request.candidate;
        }
        finish({ ...outcome, replyTo: request.replyTo });
      }
    }
    await Promise.all(replies.splice(0));
    if (workflowInfo().continueAsNewSuggested && wanted === null) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof sluiceEndpoint>({ endpoint, memory: { stable, previous, queue, history } });
    }
  }
}

function reasonOf(request: RollbackRequest): string {
  return `rolled back by ${request.by}${request.reason ? `: ${request.reason}` : ''}`;
}

/** Back to the version before, after its rollout had ended: it is started again if it had been let go. */
async function goBack(endpoint: string, from: Candidate, to: Candidate, reason: string): Promise<RolloutOutcome> {
  const startedAt = Date.now();
  return CancellationScope.nonCancellable(async () => {
    const { ready, reason: why } = await small(`start ${to.id}`, startOptions).startVersion({
      endpoint,
      candidate: to,
    });
    const at = ready ? (await rollBackTraffic(endpoint, to)).at : null;
    if (ready) await small(`stop ${from.id}`).stopVersion({ endpoint, id: from.id });
    await small(`mark ${to.id} as production`, marking)
      .markVersion({ endpoint, candidate: to, previous: from, state: 'deployed', reason })
      .catch(ignoreUnlessCancelled);
    return {
      id: `rollback@${startedAt}`,
      state: 'rolled-back',
      candidate: from.digest,
      previous: to.digest,
      reason: ready ? reason : `${reason}; but ${to.id} did not start: ${why}`,
      startedAt,
      endedAt: Date.now(),
      firstBadAt: null,
      offTrafficAt: at,
      evidence: [],
    };
  });
}

const startOptions = { startToCloseTimeout: '30 minutes', heartbeatTimeout: '30 seconds' } as const;
const marking = { scheduleToCloseTimeout: '10 minutes' } as const;

function ignoreUnlessCancelled(error: unknown): void {
  if (isCancellation(error)) throw error;
}

function superseded(request: RolloutRequest, by: RolloutRequest): RolloutOutcome & { replyTo: string } {
  const now = Date.now();
  return {
    id: request.id,
    state: 'superseded',
    candidate: request.candidate.digest,
    previous: null,
    reason: `superseded by ${by.id} before it began`,
    startedAt: now,
    endedAt: now,
    firstBadAt: null,
    offTrafficAt: null,
    evidence: [],
    replyTo: request.replyTo,
  };
}

async function reply(workflowId: string, outcome: RolloutOutcome): Promise<void> {
  await small(`answer ${workflowId}`, marking).replyToRun({ workflowId, outcome }).catch(ignoreUnlessCancelled);
}

function renderEndpoint(state: EndpointState): string {
  const weights = Object.entries(state.weights).map(([id, share]) => `${id} ${share} %`);
  const rows = [...state.history]
    .reverse()
    .map(
      (one) =>
        `| ${new Date(one.endedAt).toISOString()} | ${one.state} | ${one.candidate.slice(7, 19)} | ${one.reason ?? ''} |`,
    );
  return [
    `**${state.endpoint}**: ${state.phase}; traffic ${weights.join(', ') || 'nowhere'}`,
    `Stable ${state.stable?.id ?? 'none'}, candidate ${state.candidate?.id ?? 'none'}, before ${state.previous?.id ?? 'none'}, ${state.queued.length} queued`,
    ['| ended | state | candidate | reason |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}
