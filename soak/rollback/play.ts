import { setTimeout as delay } from 'node:timers/promises';
import { type Candidate, canary, endpointWorkflowId, type RolloutOutcome, rollbackBudget } from '@sluice/sdk';
import { waitFor } from '../../test/harness/wait-for.ts';
import { type EndpointClient, endpointClient, openInbox } from '../endpoint/endpoint-client.ts';
import type { LoadCall } from '../stand/load.ts';
import type { Stand } from '../stand/stand.ts';
import { type Case, stable } from './cases.ts';

/** Requests a second, of both versions together. */
export const RATE = 200;
/** Milliseconds that what died with the candidate stays away: longer than the lease. */
const AWAY = 12_000;
/** Milliseconds in which every rollback must have ended. */
const PATIENCE = 300_000;

/** Half of the traffic, with times as short as a machine of two cores keeps them. */
const spec = canary([50], {
  hold: '10 minutes',
  extend: '10 minutes',
  bake: '10 minutes',
  lease: '5 seconds',
  health: { interval: '1 second', switch: '3 seconds', verify: '3 seconds' },
});

/** Milliseconds from detection to the last bad answer, as the plan prints them. */
export const BUDGET = rollbackBudget(spec);

/** How a rollback went; times in seconds. */
export interface Played {
  readonly name: string;
  readonly state: string;
  readonly reason: string | null;
  /** From the first bad answer to the last. */
  readonly bad: number;
  readonly badAnswers: number;
  /** From the first bad answer until the watcher knew; null where nobody was left to know. */
  readonly detected: number | null;
  /** From then, or from the death of whoever should have known, to the last bad answer. */
  readonly after: number;
  readonly requests: number;
  /** Requests that failed though no bad candidate had them, and nothing that carried them died. */
  readonly others: readonly LoadCall[];
}

/** Deploys a good version, lets its successor go bad under load, and measures how long that lasts. */
export async function play(stand: Stand, endpoint: string, one: Case): Promise<Played> {
  const client = endpointClient(stand.client, endpoint);
  const name = `${endpoint}-old`;
  const old = await stand.model({ name, ...stable });
  const outcomeOf = async (id: string) => (await client.look())?.history.find((entry) => entry.id === id);
  await openWith(stand, client, endpoint, old);

  const candidate = await stand.model({ name: `${endpoint}-new`, on: 'live', ...one.behaviour });
  const from = stand.load.calls.length;
  const calls = () => stand.load.calls.slice(from).filter((call) => call.endpoint === endpoint);
  stand.load.order({ type: 'call', endpoint, url: `${stand.url}/${endpoint}/invocations`, perSecond: RATE });
  try {
    const id = await ask(stand, client, endpoint, candidate, spec);
    await waitFor('its answers', async () => calls().filter(({ version }) => version === candidate.id).length > RATE);
    const liveAt = Date.now();
    stand.load.order({ type: 'live', endpoint, live: true });
    if (one.dies !== undefined) {
      // What dies with it dies when the first request went wrong, or would have.
      const part = stand[one.dies];
      await part.kill();
      await delay(AWAY);
      await part.up();
    }
    const outcome = await waitFor('its end', () => outcomeOf(id), PATIENCE).catch(() => null);
    await delay(2000); // requests that are under way
    return measured(one, calls(), candidate.id, liveAt, await knownAt(stand, endpoint, liveAt), outcome);
  } finally {
    stand.load.order({ type: 'leave', endpoint });
    await client.terminate();
    await stand.admin.setTraffic(endpoint, { weights: {}, mirror: null });
    for (const { id } of [old, candidate]) await stand.admin.deleteVersion(endpoint, id).catch(() => {});
  }
}

/** Makes a version the first of an endpoint. */
export async function openWith(
  stand: Stand,
  client: EndpointClient,
  endpoint: string,
  version: Candidate,
): Promise<void> {
  await ask(stand, client, endpoint, version, { ...spec, hold: 0, extend: 0 });
  await waitFor(`${version.id} to serve`, async () => (await client.look())?.stable?.id === version.id);
}

async function ask(
  stand: Stand,
  client: EndpointClient,
  endpoint: string,
  candidate: Candidate,
  rollout: typeof spec,
): Promise<string> {
  const id = `${endpoint}/${candidate.id}`;
  await openInbox(stand.client, `inbox/${id}`);
  const against = (await client.look())?.stable?.digest ?? null;
  await client.ask({
    ...{ id, endpoint, candidate, spec: rollout, against, by: 'soak', decidedAt: Date.now() },
    onBusy: 'queue',
    replyTo: `inbox/${id}`,
  });
  return id;
}

/** When the watcher had its verdict, epoch ms: the end of its activity in the endpoint's history. */
async function knownAt(stand: Stand, endpoint: string, since: number): Promise<number | null> {
  const { events } = await stand.client.workflow.getHandle(endpointWorkflowId(endpoint)).fetchHistory();
  const watches = new Set<string>();
  for (const event of events ?? []) {
    const type = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (type === 'watchTraffic') watches.add(String(event.eventId));
    const done = event.activityTaskCompletedEventAttributes;
    const at = Number(event.eventTime?.seconds ?? 0) * 1000 + (event.eventTime?.nanos ?? 0) / 1e6;
    if (done && watches.has(String(done.scheduledEventId)) && at > since) return at;
  }
  return null;
}

function underWay({ sentAt, endedAt }: LoadCall, at: number): boolean {
  return sentAt <= at + 50 && endedAt >= at;
}

function measured(
  { name, behaviour, dies, at = 'endedAt' }: Case,
  calls: readonly LoadCall[],
  candidate: string,
  liveAt: number,
  known: number | null,
  outcome: RolloutOutcome | null,
): Played {
  const slow = (behaviour.tail ?? 1) > 1;
  const ofCandidate = (call: LoadCall) => call.version === candidate || call.version === null;
  const isBad = (call: LoadCall) =>
    slow ? call.version === candidate && call.sentAt >= liveAt : call.status !== 200 && ofCandidate(call);
  const bad = calls.filter(isBad).map((call) => call[at]);
  const [first, last] = [Math.min(...bad), Math.max(...bad)];
  const told = dies === undefined ? known : null;
  return {
    name,
    state: outcome?.state ?? 'still there',
    reason: outcome?.reason ?? null,
    bad: bad.length === 0 ? 0 : (last - first) / 1000,
    badAnswers: bad.length,
    detected: told === null || bad.length === 0 ? null : (told - first) / 1000,
    after: bad.length === 0 ? 0 : (last - (told ?? liveAt)) / 1000,
    requests: calls.length,
    others: calls.filter((call) => call.status !== 200 && !isBad(call) && !(dies === 'host' && underWay(call, liveAt))),
  };
}
