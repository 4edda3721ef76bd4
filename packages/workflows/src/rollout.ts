import type { Candidate, Evidence, RolloutOutcome, RolloutRequest, RolloutState, WatchOutcome } from '@sluice/sdk';
import { CancellationScope, isCancellation, Trigger } from '@temporalio/workflow';
import { small } from './activities.ts';

/** A rollout under way. */
export interface Rollout {
  readonly request: RolloutRequest;
  readonly outcome: Promise<RolloutOutcome>;
  /** `starting`, `shadow`, `canary 25 %`, `bake`, `rolling back`. */
  phase: string;
  weights: Record<string, number>;
  /** Ends it early: traffic goes back to the stable version. False once that one is being let go. */
  stop(why: Stop): boolean;
}

interface Stop {
  readonly kind: Exclude<RolloutState, 'deployed'>;
  readonly reason: string;
}

/** What a phase found, when it was not good. */
interface Bad {
  readonly stop: Stop;
  readonly watched: WatchOutcome | null;
  /** What was under way and must be over before the candidate is marked. */
  readonly marking?: Promise<unknown>;
}

interface Phase {
  readonly name: string;
  /** Percent of traffic for the candidate. */
  readonly share: number;
  readonly mirror: number;
  readonly hold: number;
}

/** The candidate's way to all of the traffic, or back. */
export function runRollout(request: RolloutRequest, stable: Candidate | null): Rollout {
  const stopped = new Trigger<Stop>();
  let settled = false;
  const rollout: Rollout = {
    request,
    phase: 'starting',
    weights: stable === null ? {} : { [stable.id]: 100 },
    outcome: Promise.resolve() as unknown as Promise<RolloutOutcome>,
    stop: (why) => {
      if (!settled) stopped.resolve(why);
      return !settled;
    },
  };
  const settle = () => {
    settled = true;
  };
  return Object.assign(rollout, { outcome: advance(rollout, request, stable, Promise.resolve(stopped), settle) });
}

async function advance(
  rollout: Rollout,
  request: RolloutRequest,
  stable: Candidate | null,
  stopped: Promise<Stop>,
  settle: () => void,
): Promise<RolloutOutcome> {
  const startedAt = Date.now();
  const { endpoint, candidate } = request;
  const base = { id: request.id, candidate: candidate.digest, previous: stable?.digest ?? null, startedAt };
  const evidence: Evidence[] = [];
  if (stable?.id === candidate.id) {
    return {
      ...base,
      state: 'deployed',
      reason: 'it was the stable version already',
      endedAt: Date.now(),
      firstBadAt: null,
      offTrafficAt: null,
      evidence,
    };
  }

  let bad = await start(endpoint, candidate, stable, stopped);
  for (const phase of bad === null ? phasesOf(request, stable) : []) {
    rollout.phase = phase.name;
    rollout.weights = weightsOf(candidate, stable, phase.share);
    const { found, watched } = await watch(request, stable, phase, rollout.weights, stopped);
    if (watched !== null) evidence.splice(0, evidence.length, ...watched.evidence);
    bad = found;
    if (bad !== null) break;
  }

  bad ??= await mark(endpoint, candidate, stable, stopped);
  if (bad === null) {
    settle();
    await letGo(endpoint, candidate, stable);
    return {
      ...base,
      state: 'deployed',
      reason: null,
      endedAt: Date.now(),
      firstBadAt: null,
      offTrafficAt: null,
      evidence,
    };
  }
  rollout.phase = 'rolling back';
  rollout.weights = stable === null ? {} : { [stable.id]: 100 };
  const offTrafficAt = await rollBack(endpoint, candidate, stable, bad);
  return {
    ...base,
    state: bad.stop.kind,
    reason: bad.stop.reason,
    endedAt: Date.now(),
    firstBadAt: bad.watched?.firstBadAt ?? null,
    offTrafficAt,
    evidence: bad.watched?.evidence ?? evidence,
  };
}

function phasesOf({ spec }: RolloutRequest, stable: Candidate | null): Phase[] {
  // Nobody is served by an empty endpoint, so there is nobody to protect by going slowly.
  if (stable === null) return [{ name: 'first version', share: 100, mirror: 0, hold: spec.hold }];
  const phases: Phase[] = spec.shadow > 0 ? [{ name: 'shadow', share: 0, mirror: spec.shadow, hold: spec.hold }] : [];
  for (const share of spec.steps) phases.push({ name: `${spec.kind} ${share} %`, share, mirror: 0, hold: spec.hold });
  phases.push({ name: 'bake', share: 100, mirror: 0, hold: spec.bake });
  return phases;
}

function weightsOf(candidate: Candidate, stable: Candidate | null, share: number): Record<string, number> {
  return stable === null ? { [candidate.id]: 100 } : { [stable.id]: 100 - share, [candidate.id]: share };
}

/** Both versions up and the stable one serving, before any traffic moves. */
async function start(
  endpoint: string,
  candidate: Candidate,
  stable: Candidate | null,
  stopped: Promise<Stop>,
): Promise<Bad | null> {
  return interruptible(stopped, async () => {
    const options = { startToCloseTimeout: '30 minutes', heartbeatTimeout: '30 seconds', ...waited } as const;
    if (stable !== null) await small(`start ${stable.id}`, options).startVersion({ endpoint, candidate: stable });
    const { ready, reason } = await small(`start ${candidate.id}`, options).startVersion({ endpoint, candidate });
    if (ready) return null;
    return { stop: { kind: 'rolled-back', reason: `${candidate.id} did not get ready: ${reason}` }, watched: null };
  });
}

async function watch(
  request: RolloutRequest,
  stable: Candidate | null,
  phase: Phase,
  weights: Record<string, number>,
  stopped: Promise<Stop>,
): Promise<{ found: Bad | null; watched: WatchOutcome | null }> {
  const { endpoint, candidate, spec } = request;
  let watched: WatchOutcome | null = null;
  const found = await interruptible(stopped, async () => {
    const mirror = phase.mirror > 0 ? { version: candidate.id, percent: phase.mirror } : null;
    const { at } = await small(`${phase.name}: traffic`, switching).setTraffic({
      endpoint,
      weights,
      mirror,
      lease: null,
    });
    watched = await small(`${phase.name}: watch`, {
      startToCloseTimeout: '30 days',
      heartbeatTimeout: '10 seconds',
    }).watchTraffic({
      endpoint,
      candidate: candidate.id,
      stable: stable?.id ?? null,
      spec,
      phase: phase.name,
      since: at,
      hold: phase.hold,
      extend: spec.extend,
      weights,
      memory: null,
    });
    if (watched.verdict === 'pass') return null;
    const reason = watched.reason ?? `${phase.name} ended ${watched.verdict}`;
    return { stop: { kind: 'rolled-back', reason } as const, watched };
  });
  return { found, watched };
}

/** Runs `body` until it is done or the rollout is stopped, whichever comes first; what it was doing is cancelled. */
async function interruptible(stopped: Promise<Stop>, body: () => Promise<Bad | null>): Promise<Bad | null> {
  const scope = new CancellationScope();
  const work = scope.run(body);
  const first = await Promise.race([work, stopped.then((stop): Bad => ({ stop, watched: null }))]);
  scope.cancel();
  await work.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return first;
}

/** The candidate is the stable version now. A registry that does not answer delays this, and no rollback. */
async function mark(
  endpoint: string,
  candidate: Candidate,
  stable: Candidate | null,
  stopped: Promise<Stop>,
): Promise<Bad | null> {
  const scope = new CancellationScope();
  const marking = scope
    .run(() =>
      small(`mark ${candidate.id} as production`, { scheduleToCloseTimeout: '1 hour', ...waited }).markVersion({
        endpoint,
        candidate,
        previous: stable,
        state: 'deployed',
        reason: null,
      }),
    )
    .catch((error: unknown) => {
      if (!scope.consideredCancelled) ignoreUnlessCancelled(error);
    });
  const stop = await Promise.race([marking.then(() => null), stopped]);
  if (stop === null) return null;
  scope.cancel();
  return { stop, watched: null, marking };
}

/** The old version is let go. */
async function letGo(endpoint: string, candidate: Candidate, stable: Candidate | null): Promise<void> {
  if (stable === null) return;
  await small(`all traffic to ${candidate.id}`, switching).setTraffic({
    endpoint,
    weights: { [candidate.id]: 100 },
    mirror: null,
    lease: null,
  });
  await small(`stop ${stable.id}`).stopVersion({ endpoint, id: stable.id });
}

/** Traffic first, with retries that never end; the candidate is never waited for. */
async function rollBack(
  endpoint: string,
  candidate: Candidate,
  stable: Candidate | null,
  { stop, marking }: Bad,
): Promise<number> {
  return CancellationScope.nonCancellable(async () => {
    const { at } = await rollBackTraffic(endpoint, stable);
    await small(`stop ${candidate.id}`, { scheduleToCloseTimeout: '10 minutes' })
      .stopVersion({ endpoint, id: candidate.id })
      .catch(ignoreUnlessCancelled);
    await marking;
    await small(`mark ${candidate.id} as ${stop.kind}`, { scheduleToCloseTimeout: '1 hour' })
      .markVersion({ endpoint, candidate, previous: stable, state: stop.kind, reason: stop.reason })
      .catch(ignoreUnlessCancelled);
    return at;
  });
}

/** What is cancelled must be over before the opposite is done; the SDK's own default is not to wait. */
const waited = { cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const;

/** A change of traffic whose worker was lost is soon made again: until then nobody knows who serves, or watches. */
const switching = {
  startToCloseTimeout: '20 seconds',
  heartbeatTimeout: '6 seconds',
  ...waited,
  retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '5 seconds' },
} as const;

/** All traffic to `stable`, mirror off, read back. */
export function rollBackTraffic(endpoint: string, stable: Candidate | null): Promise<{ readonly at: number }> {
  const weights = stable === null ? {} : { [stable.id]: 100 };
  return small('roll back: traffic', switching).setTraffic({
    endpoint,
    weights,
    mirror: null,
    lease: null,
  });
}

function ignoreUnlessCancelled(error: unknown): void {
  if (isCancellation(error)) throw error;
}
