import type { Candidate, DeploySpec, StepRef } from '@sluice/sdk';
import { isCancellation } from '@temporalio/workflow';
import { small } from './activities.ts';
import type { Asked, Gate } from './deploy-gate.ts';
import type { RunState } from './run-state.ts';

/** What the registry is told of a candidate on its way: that there is one, what was decided of it, that it serves. */

export function register(run: RunState, ref: StepRef, spec: DeploySpec): Promise<Candidate> {
  return small(`${ref.step}:register`, `${ref.step}: register`).registerCandidate({
    ref,
    endpoint: spec.endpoint,
    model: spec.model,
    gates: spec.gates,
    commit: run.memo.commit ?? run.settings.commit,
    dirty: run.memo.dirty ?? run.settings.dirty,
  });
}

export async function recordDecision({ ref, spec, candidate }: Gate, asked: Asked): Promise<void> {
  const { state, decision, table } = asked;
  await small(`${ref.step}:record`, `${ref.step}: record the decision`).recordDecision({
    ref,
    endpoint: spec.endpoint,
    candidate,
    baseline: spec.gates.find((gate) => gate.baseline !== undefined)?.baseline ?? null,
    verdict: table.verdict,
    evidence: table.gates,
    decision,
    state: state === 'go' ? 'rolling-out' : state,
  });
}

/** The endpoint serves these bytes already, so it moved nothing and marked nothing; the version is no candidate now. */
export async function markAsServing({ ref, spec, candidate }: Gate): Promise<void> {
  const options = { scheduleToCloseTimeout: '10 minutes' } as const;
  await small(`${ref.step}:mark`, `${ref.step}: mark as serving`, options)
    .markVersion({
      endpoint: spec.endpoint,
      candidate,
      previous: candidate,
      former: null,
      state: 'deployed',
      reason: null,
    })
    .catch((error: unknown) => {
      if (isCancellation(error)) throw error;
    });
}
