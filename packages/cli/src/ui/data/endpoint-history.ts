import type { SluiceActivities, Verdict, WatchInput, WatchOutcome, Weights } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { type ExecutionId, firstValue, type HistoryEvent, historyBackwards, msOf } from '../../records/history.ts';

/** A change of traffic that was seen in force. */
export interface ShareChange {
  readonly at: number;
  readonly weights: Weights;
}

/** What a phase of a rollout was judged by: counts of candidate and stable version. */
export interface PhaseTraffic {
  readonly at: number;
  readonly seconds: number;
  readonly versions: Readonly<Record<string, { readonly requests: number; readonly errors: number }>>;
  /** `shadow`, `canary 25 %`, `bake`, and what its watcher said of it. */
  readonly phase?: string;
  readonly verdict?: Verdict;
  readonly reason?: string | null;
}

/** What an endpoint's history tells of its traffic, oldest first. */
export interface EndpointPast {
  readonly shares: readonly ShareChange[];
  readonly phases: readonly PhaseTraffic[];
}

/** Events of one execution that are read at most, newest first, and pages of them. */
const MOST_EVENTS = 5_000;
const PAGE = 250;

/** Reads endpoints' histories; what was read of one is not read again. */
export class EndpointHistory {
  readonly #known = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<EndpointPast>>();

  /** One after the other of those who ask for the same endpoint: nothing is taken twice. */
  of(client: Client, execution: ExecutionId): Promise<EndpointPast> {
    const { workflowId } = execution;
    const read = () => this.#read(client, execution);
    const mine = (this.#reading.get(workflowId) ?? Promise.resolve(null)).then(read, read);
    this.#reading.set(workflowId, mine);
    return mine;
  }

  async #read(client: Client, { workflowId, runId }: ExecutionId): Promise<EndpointPast> {
    let known = this.#known.get(workflowId);
    if (known?.runId !== runId) {
      // A history that went on as a new one has its beginning in the one before.
      const { shares = [], phases = [] } = known ?? {};
      known = { runId, last: 0, asked: new Map(), shares, phases };
      this.#known.set(workflowId, known);
    }
    for (const event of await newerThan(client, { workflowId, runId }, known.last)) {
      await take(client, known, event);
      known.last = Math.max(known.last, Number(event.eventId));
    }
    known.shares.splice(0, known.shares.length - KEPT);
    known.phases.splice(0, known.phases.length - KEPT);
    return { shares: [...known.shares], phases: [...known.phases] };
  }
}

/** Changes that are told. */
const KEPT = 300;

interface Known {
  readonly runId: string;
  last: number;
  /** Changes and watches that have begun, by their event. */
  readonly asked: Map<string, HistoryEvent>;
  readonly shares: ShareChange[];
  readonly phases: PhaseTraffic[];
}

async function newerThan(client: Client, execution: ExecutionId, last: number): Promise<HistoryEvent[]> {
  const found: HistoryEvent[] = [];
  for await (const events of historyBackwards(client, execution, PAGE)) {
    const newer = events.filter(({ eventId }) => Number(eventId) > last);
    found.push(...newer);
    if (newer.length < events.length || found.length >= MOST_EVENTS) break;
  }
  return found.reverse();
}

async function take(client: Client, known: Known, event: HistoryEvent): Promise<void> {
  const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
  if (name === 'setTraffic' || name === 'watchTraffic') {
    known.asked.set(String(event.eventId), event);
    return;
  }
  const done = event.activityTaskCompletedEventAttributes;
  const asked = done ? known.asked.get(String(done.scheduledEventId)) : undefined;
  if (done === null || done === undefined || asked === undefined) return;
  known.asked.delete(String(done.scheduledEventId));
  const attributes = asked.activityTaskScheduledEventAttributes;
  const [input, result] = await Promise.all([
    firstValue(client, attributes?.input?.payloads),
    firstValue(client, done.result?.payloads),
  ]);
  if (attributes?.activityType?.name === 'setTraffic') {
    const change = shareChange(input, result);
    if (change !== null) known.shares.push(change);
  } else {
    const phase = phaseTraffic(input, result, msOf(event.eventTime) ?? 0);
    if (phase !== null) known.phases.push(phase);
  }
}

type Set = Parameters<SluiceActivities['setTraffic']>[0];

/** Null for a change that was refused. */
export function shareChange(input: unknown, result: unknown): ShareChange | null {
  const { weights } = (input ?? {}) as Partial<Set>;
  const { at, refused } = (result ?? {}) as Partial<Awaited<ReturnType<SluiceActivities['setTraffic']>>>;
  if (weights === undefined || typeof at !== 'number' || refused !== null) return null;
  return { at, weights };
}

/** The counts that the judge went by; null where it has none. */
export function phaseTraffic(input: unknown, result: unknown, endedAt: number): PhaseTraffic | null {
  const { candidate, stable, since, phase } = (input ?? {}) as Partial<WatchInput>;
  const { memory, verdict, reason } = (result ?? {}) as Partial<WatchOutcome>;
  const { countedUntil, judge } = (memory ?? {}) as {
    readonly countedUntil?: unknown;
    readonly judge?: { readonly metrics?: { readonly errors?: { readonly phase?: Record<string, unknown> } } };
  };
  const counts = judge?.metrics?.errors?.phase;
  if (typeof candidate !== 'string' || typeof since !== 'number' || counts === undefined) return null;
  const until = typeof countedUntil === 'number' ? Math.min(countedUntil, endedAt) : endedAt;
  if (until <= since) return null;
  const of = (value: unknown) => {
    const { hits, of } = (value ?? {}) as { readonly hits?: unknown; readonly of?: unknown };
    return typeof hits === 'number' && typeof of === 'number' ? { requests: of, errors: hits } : null;
  };
  const mine = of(counts.candidate);
  const theirs = typeof stable === 'string' ? of(counts.stable) : null;
  return {
    at: until,
    seconds: Math.round((until - since) / 1000),
    ...(phase === undefined ? {} : { phase }),
    ...(verdict === undefined ? {} : { verdict, reason: reason ?? null }),
    versions: {
      ...(mine === null ? {} : { [candidate]: mine }),
      ...(theirs === null || typeof stable !== 'string' ? {} : { [stable]: theirs }),
    },
  };
}
