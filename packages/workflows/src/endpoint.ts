import {
  type EndpointState,
  ErrorCode,
  Query,
  type RollbackAnswer,
  type RollbackRequest,
  type RolloutAnswer,
  type RolloutRequest,
  Signal,
  Update,
} from '@sluice/sdk';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { resets, showDetails } from './activation.ts';
import type { Machine } from './endpoint/machine.ts';
import { problemOfRollback, problemOfRollout } from './endpoint/misasked.ts';
import { EndpointShell } from './endpoint/shell.ts';
import { renderEndpoint, stateOf } from './endpoint/view.ts';
import { inlineAnswer } from './inline-answer.ts';

const rolloutUpdate = defineUpdate<RolloutAnswer, [RolloutRequest]>(Update.rollout);
const rollbackUpdate = defineUpdate<RollbackAnswer, [RollbackRequest]>(Update.rollback);
const withdrawSignal = defineSignal<[{ readonly id?: unknown }]>(Signal.withdraw);
const endpointQuery = defineQuery<EndpointState>(Query.endpoint);

/**
 * Owns the traffic of one endpoint: one rollout at a time, one stable version, at most one candidate. What it decides is
 * decided by the pure `endpoint/reduce.ts`; this hands it what happens and does what it says. It never ends: cancelled,
 * it rolls back what is under way and goes on; terminated, the next request starts it again, and it takes stock.
 */
export async function sluiceEndpoint(input: { readonly endpoint: string; readonly memory?: Machine }): Promise<void> {
  const root = CancellationScope.current();
  const shell = new EndpointShell(input.endpoint, input.memory);
  showDetails(() => renderEndpoint(stateOf(shell.machine)));
  // Cancelled from outside, it has to go on: every command and handler runs where that does not reach.
  await CancellationScope.nonCancellable(async () => {
    shell.resume();
    listen(input.endpoint, shell);
    let cancelled = false;
    let known = resets();
    for (;;) {
      const full = () => workflowInfo().continueAsNewSuggested;
      await condition(() => full() || resets() > known || (root.consideredCancelled && !cancelled));
      if (resets() > known) {
        known = resets();
        shell.dispatch({ kind: 'reset', at: Date.now() });
      } else if (root.consideredCancelled && !cancelled) {
        cancelled = true;
        await shell.known();
        shell.dispatch({ kind: 'cancel', at: Date.now() });
      } else {
        // At rest if that comes soon: whatever is under way is begun again by the next execution.
        await condition(() => shell.resting, '10 minutes');
        await condition(allHandlersFinished);
        await continueAsNew<typeof sluiceEndpoint>({ endpoint: input.endpoint, memory: shell.machine });
      }
    }
  });
}

function listen(endpoint: string, shell: EndpointShell): void {
  /** Asked while nobody knows who serves, it waits until somebody does. */
  const handed = (event: Asked) =>
    CancellationScope.nonCancellable(async () => {
      await shell.known();
      return shell.dispatch({ ...event, at: Date.now() });
    });
  setHandler(endpointQuery, () => inlineAnswer(stateOf(shell.machine)), {
    description: 'Stable version, candidate, weights and history',
  });
  setHandler(rolloutUpdate, async (request) => (await handed({ kind: 'rollout', request })) as RolloutAnswer, {
    description: 'Asks for a rollout',
    validator: (request) => refuse(problemOfRollout(request, endpoint)),
  });
  setHandler(rollbackUpdate, async (request) => (await handed({ kind: 'rollback', request })) as RollbackAnswer, {
    description: 'Puts a former version back: {"id": "…", "by": "ana", "reason": "…", "from": "v-…", "to": "v-…"}',
    validator: (request) => refuse(problemOfRollback(request)),
  });
  setHandler(
    withdrawSignal,
    async (request) => {
      if (typeof request?.id === 'string') await handed({ kind: 'withdraw', id: request.id });
    },
    { description: 'Takes a rollout back: {"id": "…"}' },
  );
}

type Asked =
  | { readonly kind: 'rollout'; readonly request: RolloutRequest }
  | { readonly kind: 'rollback'; readonly request: RollbackRequest }
  | { readonly kind: 'withdraw'; readonly id: string };

function refuse(problem: string | null): void {
  if (problem !== null) throw ApplicationFailure.nonRetryable(problem, ErrorCode.DecisionRefused);
}
