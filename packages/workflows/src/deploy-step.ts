import {
  type Candidate,
  type Decision,
  type DeployResult,
  type DeploySpec,
  type GateResult,
  type Notification,
  notInConfig,
  type OpenGate,
  type StepRef,
  type Verdict,
  worstOf,
} from '@sluice/sdk';
import { condition, isCancellation } from '@temporalio/workflow';
import { small } from './activities.ts';
import { askRollout, listenForOutcomes } from './ask-rollout.ts';
import { evidenceDigest } from './evidence-digest.ts';
import type { RunState } from './run-state.ts';
import { summary } from './summary.ts';

/** Registers the candidate, waits for gates and a human, and hands it to the endpoint. */
export async function deployStep(run: RunState, ref: StepRef, spec: DeploySpec): Promise<DeployResult> {
  if (!run.settings.endpoints.includes(spec.endpoint)) {
    throw notInConfig(ref.step, 'endpoint', spec.endpoint, run.settings.endpoints);
  }
  listenForOutcomes();
  const commit = { commit: run.memo.commit ?? run.settings.commit, dirty: run.memo.dirty ?? run.settings.dirty };
  const candidate = await small(`${ref.step}: register`).registerCandidate({
    ref,
    endpoint: spec.endpoint,
    model: spec.model,
    gates: spec.gates,
    ...commit,
  });
  run.journal.moveTo('running', { endpoint: spec.endpoint, candidate: candidate.digest });
  const asked = await ask(run, ref, spec, candidate);
  const base = {
    endpoint: spec.endpoint,
    candidate: candidate.digest,
    version: candidate.registered?.version ?? null,
    verdict: asked.verdict,
    decision: asked.decision,
  };
  if (asked.state !== 'go') {
    await record(run, ref, spec, candidate, asked, asked.state);
    return { ...base, state: asked.state, reason: asked.reason };
  }
  await record(run, ref, spec, candidate, asked, 'rolling-out');
  run.journal.moveTo('rolling-out');
  const outcome = await askRollout(ref, spec, candidate, asked.decision);
  if (outcome.state === 'deployed' && outcome.previous === candidate.digest) await markAsServing(ref, spec, candidate);
  run.journal.moveTo(outcome.state);
  await tell(
    run,
    ref,
    spec,
    candidate,
    asked.verdict,
    outcome.state === 'deployed' ? 'deployed' : 'rolled-back',
    outcome.reason,
  );
  return { ...base, state: outcome.state, reason: outcome.reason };
}

interface Asked {
  readonly state: 'go' | 'rejected' | 'expired';
  readonly decision: Decision | null;
  readonly verdict: Verdict;
  readonly gates: readonly GateResult[];
  readonly reason: string | null;
}

/** Waits until a decision counts or the time is over; the candidate's health is looked at all the while. */
async function ask(run: RunState, ref: StepRef, spec: DeploySpec, candidate: Candidate): Promise<Asked> {
  run.journal.update(ref.step, { state: 'waiting' });
  const expiresAt = spec.approval === 'none' ? Number.POSITIVE_INFINITY : Date.now() + spec.approval.within;
  const within = spec.approval === 'none' ? 2 * 86_400_000 : spec.approval.within;
  const deadline = Math.min(expiresAt, Date.now() + within);
  const recheck = spec.approval === 'none' ? 15 * 60_000 : spec.approval.recheck;
  let told: OpenGate['state'] | null = null;
  let table: Pick<Asked, 'verdict' | 'gates'> | null = null;
  try {
    for (;;) {
      const gates = [...spec.gates, await health(ref, spec, candidate)];
      const verdict = judgeGates(spec, candidate, gates);
      const meanwhile = run.desk.decision(ref.step);
      if (meanwhile !== null && table !== null) {
        // It came while the candidate was looked at again, by the evidence of before.
        if (meanwhile.decision !== 'approve' || verdict === 'pass') return decidedBy(meanwhile, table);
        run.desk.withdraw(ref.step, `the gates said ${verdict} before it took effect`);
      }
      table = { verdict, gates };
      if (spec.approval === 'none' && verdict === 'pass') {
        return { state: 'go', decision: byPolicy(candidate, gates), verdict, gates, reason: null };
      }
      const state = verdict === 'pass' ? 'awaiting-approval' : 'blocked';
      const commands = commandsFor(run.id, candidate, state);
      const gate: OpenGate = {
        step: ref.step,
        endpoint: spec.endpoint,
        candidate: candidate.digest,
        version: candidate.registered?.version ?? null,
        state,
        verdict,
        gates,
        expiresAt: deadline,
        commands,
      };
      run.desk.open(gate, evidenceDigest(gates));
      run.journal.update(ref.step, { verdict });
      if (told !== state) {
        run.journal.moveTo(state);
        await tell(run, ref, spec, candidate, verdict, state, null, commands);
        told = state;
      }
      const left = deadline - Date.now();
      const decided =
        left <= 0 ||
        (await condition(() => run.desk.decision(ref.step) !== null, Math.min(recheck, left), {
          summary: summary(`${ref.step}: waits for a decision`),
        }));
      const decision = run.desk.decision(ref.step);
      if (decision !== null) return decidedBy(decision, table);
      if (decided || Date.now() >= deadline) {
        const reason = `nobody decided within ${Math.round(within / 1000)} s; the ${state === 'blocked' ? 'gates were not passed' : 'approval was open'}`;
        return { state: 'expired', decision: null, verdict, gates, reason };
      }
    }
  } finally {
    run.desk.close(ref.step);
    run.journal.update(ref.step, { state: 'running' });
  }
}

function decidedBy(decision: Decision, table: Pick<Asked, 'verdict' | 'gates'>): Asked {
  if (decision.decision !== 'reject') return { ...table, state: 'go', decision, reason: null };
  const reason = `rejected by ${decision.by}${decision.reason === null ? '' : `: ${decision.reason}`}`;
  return { ...table, state: 'rejected', decision, reason };
}

async function health(ref: StepRef, spec: DeploySpec, candidate: Candidate): Promise<GateResult> {
  const baselines = spec.gates.flatMap((gate) => (gate.baseline === undefined ? [] : [gate.baseline]));
  return small(`${ref.step}: candidate health`, {
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '30 seconds',
  }).checkCandidate({
    ref,
    endpoint: spec.endpoint,
    candidate,
    baselines,
  });
}

/** Worst of the gates; a report about another candidate says nothing about this one. */
function judgeGates(spec: DeploySpec, candidate: Candidate, gates: readonly GateResult[]): Verdict {
  const foreign = spec.gates.some((gate) => gate.candidate !== undefined && gate.candidate !== candidate.digest);
  const verdict = worstOf(gates.map((gate) => gate.verdict));
  return foreign ? worstOf([verdict, 'inconclusive']) : verdict;
}

function byPolicy(candidate: Candidate, gates: readonly GateResult[]): Decision {
  return {
    decision: 'approve',
    by: "approval: 'none'",
    reason: null,
    at: new Date().toISOString(),
    via: 'policy',
    candidate: candidate.digest,
    evidence: evidenceDigest(gates),
  };
}

function commandsFor(run: string, candidate: Candidate, state: OpenGate['state']): string[] {
  const digest = candidate.digest.replace('sha256:', '').slice(0, 12);
  const quoted = `'${run.replaceAll("'", "'\\''")}'`;
  const command = (verb: string, reason: string) => `sluice ${verb} ${quoted} --candidate ${digest}${reason}`;
  return [
    ...(state === 'awaiting-approval' ? [command('approve', '')] : []),
    command('override', " --reason '…'"),
    command('reject', " --reason '…'"),
  ];
}

async function record(
  run: RunState,
  ref: StepRef,
  spec: DeploySpec,
  candidate: Candidate,
  asked: Asked,
  state: string,
): Promise<void> {
  if (state !== 'rolling-out') run.journal.moveTo(state as 'rejected' | 'expired');
  const baseline = spec.gates.find((gate) => gate.baseline !== undefined)?.baseline ?? null;
  await small(`${ref.step}: record the decision`).recordDecision({
    ref,
    endpoint: spec.endpoint,
    candidate,
    baseline,
    verdict: asked.verdict,
    evidence: asked.gates,
    decision: asked.decision,
    state,
  });
  await tell(run, ref, spec, candidate, asked.verdict, asked.state === 'expired' ? 'expired' : 'decided', asked.reason);
}

/** Sends a notification, if the project has a place for one; a hook that is down must not hold a deploy. */
async function tell(
  run: RunState,
  ref: StepRef,
  spec: DeploySpec,
  candidate: Candidate,
  verdict: Verdict,
  event: Notification['event'],
  text: string | null,
  commands: readonly string[] = [],
): Promise<void> {
  if (!run.settings.notify) return;
  const notification: Notification = {
    event,
    pipeline: run.pipeline,
    run: run.id,
    endpoint: spec.endpoint,
    candidate: candidate.digest,
    verdict,
    text: text ?? `${spec.endpoint}: ${event}`,
    links: run.journal.links,
    commands,
    at: new Date().toISOString(),
  };
  try {
    const options = { scheduleToCloseTimeout: '2 minutes' } as const;
    await small(`${ref.step}: notify ${event}`, options).notify({ ref, notification });
  } catch {
    // Logged by the activity; the decision itself stands in the UI and in the query.
  }
}

/** The endpoint serves these bytes already, so it moved nothing and marked nothing; the version is no candidate now. */
async function markAsServing(ref: StepRef, spec: DeploySpec, candidate: Candidate): Promise<void> {
  const options = { scheduleToCloseTimeout: '10 minutes' } as const;
  await small(`${ref.step}: mark as serving`, options)
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
