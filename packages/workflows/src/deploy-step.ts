import {
  type Decision,
  type DeployResult,
  type DeploySpec,
  notInConfig,
  type RolloutOutcome,
  type StepRef,
} from '@sluice/sdk';
import { isCancellation } from '@temporalio/workflow';
import { small } from './activities.ts';
import { askRollout, listenForOutcomes } from './ask-rollout.ts';
import { type Asked, ask, type Gate } from './deploy-gate.ts';
import { Herald } from './deploy-herald.ts';
import { Look } from './deploy-look.ts';
import type { RunState } from './run-state.ts';

/** Registers the candidate, waits for gates and a human, and hands it to the endpoint. */
export async function deployStep(run: RunState, ref: StepRef, spec: DeploySpec): Promise<DeployResult> {
  if (!run.settings.endpoints.includes(spec.endpoint)) {
    throw notInConfig(ref.step, 'endpoint', spec.endpoint, run.settings.endpoints);
  }
  listenForOutcomes();
  const commit = { commit: run.memo.commit ?? run.settings.commit, dirty: run.memo.dirty ?? run.settings.dirty };
  const candidate = await small(`${ref.step}:register`, `${ref.step}: register`).registerCandidate({
    ref,
    endpoint: spec.endpoint,
    model: spec.model,
    gates: spec.gates,
    ...commit,
  });
  run.journal.moveTo('running', { endpoint: spec.endpoint, candidate: candidate.digest });
  const herald = new Herald(run, ref, spec, candidate);
  const gate: Gate = {
    run,
    ref,
    spec,
    candidate,
    tell: ({ state, round, verdict, commands }) => herald.tell(state, { round, verdict, commands }),
  };
  try {
    return await decideAndRollOut(gate, herald);
  } finally {
    await herald.done();
  }
}

/** Until the endpoint has taken the candidate to an end, or nobody wants that. */
async function decideAndRollOut(gate: Gate, herald: Herald): Promise<DeployResult> {
  const { run, ref, spec, candidate } = gate;
  let asked = await ask(gate);
  for (let round = 0; ; round += 1) {
    const base = {
      endpoint: spec.endpoint,
      candidate: candidate.digest,
      version: candidate.registered?.version ?? null,
      verdict: asked.table.verdict,
    };
    await record(gate, asked, herald);
    if (asked.state === 'expired') return { ...base, state: 'expired', decision: null, reason: asked.reason };
    if (asked.state === 'rejected')
      return { ...base, state: 'rejected', decision: asked.decision, reason: asked.reason };

    const { decision } = asked;
    run.journal.moveTo('rolling-out');
    const outcome = await askRollout(ref, spec, candidate, decision, asked.table.production, round);
    if (outcome.state === 'stale') {
      asked = await decideAgain(gate, decision);
      continue;
    }
    if (outcome.state === 'deployed' && outcome.previous === candidate.digest) await markAsServing(gate);
    // A withdrawn rollout is one that somebody called off.
    run.journal.moveTo(outcome.state === 'withdrawn' ? 'cancelled' : outcome.state);
    const text = outcome.reason;
    const news = { round: decision.round, verdict: base.verdict, text };
    herald.tell(outcome.state === 'deployed' ? 'deployed' : 'rolled-back', news);
    if (outcome.state === 'deployed') return { ...base, state: 'deployed', decision, reason: text };
    return { ...base, state: outcome.state, decision, reason: text ?? wordsFor(outcome) };
  }
}

/**
 * Another version is stable now than the one it was decided against. An approval stands if the candidate passes against
 * that one too; an override was a judgement of one situation, and is asked for again.
 */
async function decideAgain(gate: Gate, decision: Decision): Promise<Asked> {
  const { run, ref, spec, candidate } = gate;
  run.journal.moveTo('running');
  const table = await new Look(ref, spec, candidate).over;
  if (decision.decision === 'approve' && table.verdict === 'pass')
    return { state: 'go', decision, table, round: decision.round };
  return ask(gate, table);
}

async function record({ run, ref, spec, candidate }: Gate, asked: Asked, herald: Herald): Promise<void> {
  const { state, decision, table } = asked;
  if (state !== 'go') run.journal.moveTo(state);
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
  const news = { round: asked.round, verdict: table.verdict };
  herald.tell(state === 'expired' ? 'expired' : 'decided', { ...news, text: state === 'go' ? null : asked.reason });
}

/** The endpoint serves these bytes already, so it moved nothing and marked nothing; the version is no candidate now. */
async function markAsServing({ ref, spec, candidate }: Gate): Promise<void> {
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

function wordsFor({ state }: RolloutOutcome): string {
  return state === 'superseded' ? 'another candidate took its place' : 'the rollout ended without a reason';
}
