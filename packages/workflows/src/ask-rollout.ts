import {
  type Candidate,
  type Decision,
  type DeploySpec,
  ErrorCode,
  endpointWorkflowId,
  type RolloutOutcome,
  type RolloutRequest,
  Signal,
  SluiceError,
  type StepRef,
} from '@sluice/sdk';
import { CancellationScope, condition, defineSignal, isCancellation, setHandler } from '@temporalio/workflow';
import { small } from './activities.ts';
import { summary } from './summary.ts';

/** Milliseconds after which a run asks the endpoint itself, should its answer not have come; doubled each time. */
const ASK_AGAIN = { first: 60_000, most: 30 * 60_000 };

const outcomes = new Map<string, RolloutOutcome>();
let listening = false;

/**
 * Asks the endpoint for the rollout and waits for its answer, however long that takes. A run that is cancelled meanwhile
 * takes its rollout back: what waits is dropped, and traffic that has moved goes back.
 *
 * @param against digest of the stable version it was decided against, null for an empty endpoint; undefined: unknown
 * @param round how often it was asked for before on this decision, because the stable version had moved
 */
export async function askRollout(
  ref: StepRef,
  spec: DeploySpec,
  candidate: Candidate,
  decision: Decision,
  against: string | null | undefined,
  round: number,
): Promise<RolloutOutcome> {
  const request: RolloutRequest = {
    // One rollout per decision and asking: a candidate that was rolled back may be decided on again after a repair.
    id: `${ref.workflowId}/${ref.step}@${candidate.id}#${decision.at}${round === 0 ? '' : `~${round}`}`,
    endpoint: spec.endpoint,
    candidate,
    spec: spec.rollout,
    onBusy: spec.onBusy,
    replyTo: ref.workflowId,
    by: decision.by,
    ...(against === undefined ? {} : { against }),
    decidedAt: round === 0 ? Date.parse(decision.at) : Date.now(),
  };
  try {
    return await answered(ref, request);
  } catch (error) {
    if (isCancellation(error)) await withdraw(ref, request);
    throw error;
  }
}

async function answered(ref: StepRef, request: RolloutRequest): Promise<RolloutOutcome> {
  const { endpoint, id } = request;
  for (;;) {
    const { accepted, why, outcome } = await small(
      `${ref.step}:rollout`,
      `${ref.step}: ask for the rollout`,
    ).requestRollout({ request });
    if (!accepted) {
      throw new SluiceError(
        ErrorCode.EndpointBusy,
        `${ref.step}: ${endpointWorkflowId(endpoint)} refused the rollout: ${why}.`,
        {
          where: ref.step,
          fix: "Wait for what is under way and retry from this step, or set onBusy to 'queue' or 'supersede'.",
        },
      );
    }
    if (outcome !== null) return outcome;
    for (let patience = ASK_AGAIN.first; ; patience = Math.min(patience * 2, ASK_AGAIN.most)) {
      await condition(() => outcomes.has(id), patience, { summary: summary(`${ref.step}: rollout under way`) });
      const told = outcomes.get(id);
      if (told !== undefined) return told;
      const known = await small(`${ref.step}:outcome`, `${ref.step}: how is the rollout?`).rolloutOutcome({
        endpoint,
        id,
      });
      if (known === null) break;
      if (known !== 'under-way') return known;
    }
  }
}

/** Without end: a run that nobody wants any more must not deploy. */
async function withdraw(ref: StepRef, { endpoint, id }: RolloutRequest): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    small(`${ref.step}:withdraw`, `${ref.step}: take the rollout back`).withdrawRollout({ endpoint, id }),
  );
}

/** Module state is per workflow execution in the sandbox; outcomes are kept by rollout id. */
export function listenForOutcomes(): void {
  if (listening) return;
  listening = true;
  setHandler(
    defineSignal<[RolloutOutcome]>(Signal.rolloutFinished),
    (outcome) => {
      // Anybody can send a signal from Temporal's UI; one that throws here would stop the run for good.
      if (typeof outcome?.id === 'string' && typeof outcome.state === 'string') outcomes.set(outcome.id, outcome);
    },
    { description: 'Sent by the endpoint when a rollout has ended' },
  );
}
