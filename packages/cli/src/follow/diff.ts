import type { StepStatus } from '@sluice/sdk';
import type { FollowEvent, FollowFact } from './events.ts';
import type { PendingJob, Snapshot } from './snapshot.ts';

/** What happened between two looks at a run; the first look tells all that happened before it. */
export function diff(former: Snapshot | null, next: Snapshot): FollowEvent[] {
  const facts: FollowFact[] = [];
  if (former === null) {
    facts.push({
      at: next.startedAt,
      type: 'run-started',
      run: next.status.workflowId,
      pipeline: next.status.pipeline,
    });
  }
  const links = Object.entries(next.status.links).filter(([name, url]) => former?.status.links[name] !== url);
  if (links.length > 0) facts.push({ type: 'links', links: Object.fromEntries(links) });
  const formerSteps = new Map(former?.status.steps.map((step) => [step.step, step]));
  const formerJobs = new Map(former?.jobs.map((job) => [job.step, job]));
  const jobs = new Map(next.jobs.map((job) => [job.step, job]));
  for (const step of next.status.steps) {
    facts.push(...stepFacts(formerSteps.get(step.step), step, formerJobs.get(step.step), jobs.get(step.step)));
  }
  facts.push(...gateFacts(former, next));
  facts.push(...endpointFacts(former, next));
  if (former !== null && former.status.state !== next.status.state) {
    facts.push({ type: 'state', state: next.status.state });
  }
  if (JSON.stringify(former?.status.hidden ?? {}) !== JSON.stringify(next.status.hidden)) {
    facts.push({ type: 'hidden', steps: next.status.hidden });
  }
  if (next.closed !== null && !former?.closed) {
    facts.push({
      at: next.closed.at,
      type: 'finished',
      run: next.status.workflowId,
      state: next.status.state,
      ms: next.closed.at - next.startedAt,
      failure: next.closed.failure,
    });
  }
  // What one look finds may have happened in any order, and is told in the order it happened.
  return facts.map((fact) => ({ at: next.at, ...fact }) as FollowEvent).sort((a, b) => orderOf(a) - orderOf(b));
}

/** By time; links belong to the head, and the end is the end. */
function orderOf(event: FollowEvent): number {
  if (event.type === 'finished') return Number.POSITIVE_INFINITY;
  return event.type === 'run-started' ? 0 : event.type === 'links' ? 1 : event.at;
}

function stepFacts(
  former: StepStatus | undefined,
  step: StepStatus,
  formerJob: PendingJob | undefined,
  job: PendingJob | undefined,
): FollowFact[] {
  const facts: FollowFact[] = [];
  const name = step.step;
  if (former === undefined) facts.push({ at: step.start, type: 'step-started', step: name, kind: step.kind });
  const known = new Map(former?.attempts.map((attempt) => [attempt.attempt, attempt]));
  for (const attempt of step.attempts) {
    const before = known.get(attempt.attempt);
    if (before !== undefined) {
      const same = before.stepsLost === attempt.stepsLost && before.secondsLost === attempt.secondsLost;
      if (!same && attempt.ended !== 'infrastructure') facts.push({ type: 'attempt-corrected', step: name, attempt });
      continue;
    }
    facts.push(
      ...checkpointFacts(name, attempt.machine, formerJob, attempt.checkpoint).map((fact) => ({
        ...fact,
        at: attempt.end,
      })),
    );
    if (attempt.ended !== 'done') facts.push({ at: attempt.end, type: 'attempt-ended', step: name, attempt });
  }
  if (step.pause !== undefined && step.pause.until !== former?.pause?.until) {
    facts.push({ type: 'paused', step: name, pause: step.pause });
  }
  if (job?.progress) facts.push(...jobFacts(name, formerJob, job));
  if (step.verdict !== null && former?.verdict !== step.verdict) {
    facts.push({ ...(step.end === null ? {} : { at: step.end }), type: 'verdict', step: name, verdict: step.verdict });
  }
  if (isOver(step) && !(former && isOver(former))) {
    facts.push({
      at: step.end ?? step.start,
      type: 'step-ended',
      step: name,
      kind: step.kind,
      state: step.state,
      ms: (step.end ?? step.start) - step.start,
      verdict: step.verdict,
      ...(step.outcome === undefined ? {} : { outcome: step.outcome }),
      ...(step.tolerated === undefined ? {} : { tolerated: step.tolerated }),
      note: step.note,
    });
  }
  return facts;
}

function jobFacts(step: string, former: PendingJob | undefined, job: PendingJob): FollowFact[] {
  const { progress } = job;
  if (progress === null) return [];
  const facts: FollowFact[] = [];
  const before = former?.attempt === job.attempt ? former.progress : null;
  // Until its trainer runs, nobody can say what an attempt begins from.
  if (progress.restoreMs === null) return [];
  if (before?.restoreMs == null || before.startedAt !== progress.startedAt) {
    const { machine, resumedFrom } = progress;
    facts.push({ type: 'attempt-started', step, attempt: job.attempt, machine, resumedFrom });
  }
  facts.push(...checkpointFacts(step, progress.machine, former, progress.checkpoint, progress.resumedFrom));
  if (progress.step !== null && progress.step !== before?.step) {
    const left = progress.total === null ? null : progress.total - progress.step;
    facts.push({
      type: 'progress',
      step,
      machine: progress.machine,
      done: progress.step,
      total: progress.total,
      rate: progress.rate,
      etaMs: left !== null && progress.rate ? Math.max(0, Math.round((left / progress.rate) * 1000)) : null,
    });
  }
  return facts;
}

/** A checkpoint is news when it is later than what was known, and than what the attempt itself began from. */
function checkpointFacts(
  step: string,
  machine: string | null,
  former: PendingJob | undefined,
  checkpoint: number | null,
  resumedFrom: number | null = null,
): FollowFact[] {
  if (checkpoint === null || checkpoint === resumedFrom) return [];
  if (checkpoint === former?.progress?.checkpoint) return [];
  return [{ type: 'checkpoint-committed', step, checkpoint, machine: machine ?? '' }];
}

function gateFacts(former: Snapshot | null, next: Snapshot): FollowFact[] {
  const facts: FollowFact[] = [];
  const key = (gate: { step: string; candidate: string; state: string }) =>
    `${gate.step} ${gate.candidate} ${gate.state}`;
  const open = new Set(former?.status.gates.map(key));
  for (const gate of next.status.gates) if (!open.has(key(gate))) facts.push({ type: 'gate-open', gate });
  const still = new Set(next.status.gates.map(({ step }) => step));
  for (const gate of former?.status.gates ?? []) {
    if (!still.has(gate.step)) facts.push({ type: 'gate-closed', step: gate.step });
  }
  for (const decision of next.status.decisions.slice(former?.status.decisions.length ?? 0)) {
    facts.push({ at: Date.parse(decision.at), type: 'decision', decision });
  }
  const refusedBefore = new Set(former?.status.refused.map((one) => JSON.stringify(one)));
  for (const refused of next.status.refused) {
    if (refusedBefore.has(JSON.stringify(refused))) continue;
    facts.push({ at: Date.parse(refused.at), type: 'decision-refused', refused });
  }
  return facts;
}

function endpointFacts(former: Snapshot | null, next: Snapshot): FollowFact[] {
  const { endpoint } = next;
  if (endpoint === null || next.status.state !== 'rolling-out') return [];
  const before = former?.endpoint;
  const same = before?.phase === endpoint.phase && JSON.stringify(before.weights) === JSON.stringify(endpoint.weights);
  if (same) return [];
  return [{ type: 'phase', endpoint: endpoint.endpoint, phase: endpoint.phase, weights: endpoint.weights }];
}

function isOver(step: StepStatus): boolean {
  return step.end !== null || step.state === 'done' || step.state === 'failed' || step.state === 'reused';
}
