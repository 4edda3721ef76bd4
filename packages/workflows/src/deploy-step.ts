import {
  type Decision,
  type DeployResult,
  type DeploySpec,
  notInConfig,
  type RolloutOutcome,
  type StepRef,
} from '@sluice/sdk';
import { askRollout, listenForOutcomes } from './ask-rollout.ts';
import { type Asked, ask, type Gate } from './deploy-gate.ts';
import { Herald } from './deploy-herald.ts';
import { Look } from './deploy-look.ts';
import { markAsServing, recordDecision, register } from './deploy-registry.ts';
import type { RunState } from './run-state.ts';

/** Registers the candidate, waits for gates and a human, and hands it to the endpoint. */
export async function deployStep(run: RunState, ref: StepRef, spec: DeploySpec): Promise<DeployResult> {
  if (!run.settings.endpoints.includes(spec.endpoint)) {
    throw notInConfig(ref.step, 'endpoint', spec.endpoint, run.settings.endpoints);
  }
  listenForOutcomes();
  // Known by the time that people are told of a question.
  if (run.settings.notify) void run.reports.place();
  const candidate = await register(run, ref, spec);
  run.journal.move(ref.step, 'looking', { endpoint: spec.endpoint, candidate: candidate.digest });
  const herald = new Herald(run, ref, spec, candidate);
  const gate: Gate = {
    run,
    ref,
    spec,
    candidate,
    tell: ({ state, round, verdict, commands }) => {
      run.reports.write();
      herald.tell(state, { round, verdict, commands });
    },
  };
  try {
    for (let asked = await ask(gate), tries = 0; ; tries += 1) {
      const ended = await decided(gate, asked, tries, herald);
      if (ended !== null) return ended;
      asked = await decideAgain(gate, asked);
    }
  } catch (error) {
    run.journal.forget(ref.step);
    throw error;
  } finally {
    await herald.done();
  }
}

/**
 * Records what was decided and does it.
 *
 * @param tries rollouts that were asked for before on this decision
 * @returns null where the stable version had moved meanwhile, so that it has to be decided again
 */
async function decided(gate: Gate, asked: Asked, tries: number, herald: Herald): Promise<DeployResult | null> {
  const { run, ref, spec, candidate } = gate;
  const { verdict } = asked.table;
  const version = candidate.registered?.version ?? null;
  const base = { endpoint: spec.endpoint, candidate: candidate.digest, version, verdict };
  await record(gate, asked, herald);
  if (asked.state === 'expired') return { ...base, state: 'expired', decision: null, reason: asked.reason };
  if (asked.state === 'rejected') return { ...base, state: 'rejected', decision: asked.decision, reason: asked.reason };

  const { decision } = asked;
  run.journal.move(ref.step, 'rolling-out');
  const outcome = await askRollout(ref, spec, candidate, decision, asked.table.production, tries);
  if (outcome.state === 'stale') return null;
  if (outcome.state === 'deployed' && outcome.previous === candidate.digest) await markAsServing(gate);
  ends(gate, outcome.state);
  run.reports.write();
  const { reason } = outcome;
  herald.tell(outcome.state === 'deployed' ? 'deployed' : 'rolled-back', {
    round: decision.round,
    verdict,
    text: reason,
  });
  if (outcome.state === 'deployed') return { ...base, state: 'deployed', decision, reason };
  return { ...base, state: outcome.state, decision, reason: reason ?? wordsFor(outcome) };
}

async function record(gate: Gate, asked: Asked, herald: Herald): Promise<void> {
  if (asked.state !== 'go') ends(gate, asked.state);
  await recordDecision(gate, asked);
  if (asked.state !== 'go') gate.run.reports.write();
  const event = asked.state === 'expired' ? 'expired' : 'decided';
  const text = asked.state === 'go' ? null : asked.reason;
  herald.tell(event, { round: asked.round, verdict: asked.table.verdict, text });
}

/** The step itself ends once people have been told. */
function ends({ run, ref }: Gate, state: DeployResult['state']): void {
  run.journal.move(ref.step, state);
  run.journal.update(ref.step, { outcome: state });
}

/**
 * Another version is stable now than the one it was decided against. An approval stands if the candidate passes against
 * that one too; an override was a judgement of one situation, and is asked for again.
 */
async function decideAgain(gate: Gate, { decision }: Asked): Promise<Asked> {
  const { run, ref, spec, candidate } = gate;
  run.journal.move(ref.step, 'looking');
  const table = await new Look(ref, spec, candidate).over;
  if (isApproval(decision) && table.verdict === 'pass') return { state: 'go', decision, table, round: decision.round };
  return ask(gate, table);
}

function isApproval(decision: Decision | null): decision is Decision {
  return decision?.decision === 'approve';
}

function wordsFor({ state }: RolloutOutcome): string {
  return state === 'superseded' ? 'another candidate took its place' : 'the rollout ended without a reason';
}
