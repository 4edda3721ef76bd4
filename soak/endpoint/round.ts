import { setTimeout as delay } from 'node:timers/promises';
import type { Stand } from '../stand/stand.ts';
import { Lane } from './lane.ts';
import { befall } from './own-faults.ts';
import type { LanePlan, RoundPlan } from './plan.ts';
import { befallAll } from './shared-faults.ts';
import { reverts } from './timeline.ts';
import { type Facts, failuresBeyond, problemsOf, unownedTime } from './verdict.ts';
import type { Watcher } from './watcher.ts';

/** One rollout and what became of it. */
export interface RolloutRecord {
  readonly seed: number;
  readonly candidate: string;
  /** What befell it, and in which phase; first what it shared with others. */
  readonly faults: readonly { readonly fault: string; readonly phase: string }[];
  readonly outcome: string;
  readonly reason: string | null;
  readonly seconds: number;
  /** Longest time, ms, that a split had no owner. */
  readonly unowned: number;
  /** How often the gateway went back by itself, because nobody had renewed the lease. */
  readonly reverts: number;
  /** Requests that failed beyond those under way at a hit. */
  readonly failed: number;
  readonly problems: readonly string[];
}

/** Endpoints side by side, and where new ones come from. */
export class Lanes {
  readonly #stand: Stand;
  readonly #watcher: Watcher;
  readonly #lanes = new Map<number, Lane>();
  #made = 0;

  constructor(stand: Stand, watcher: Watcher) {
    this.#stand = stand;
    this.#watcher = watcher;
  }

  /** The endpoint for a rollout: the one of the rollout before, or a new one; it has a stable version unless it is to be empty. */
  async prepare(i: number, { seed, empty }: LanePlan): Promise<Lane> {
    if (empty) await this.drop(i);
    const lane = this.#lanes.get(i) ?? new Lane(this.#stand, this.#watcher, `shop-${this.#made++}`);
    this.#lanes.set(i, lane);
    if (empty || (lane.seen?.stable ?? null) !== null) return lane;
    await lane.ask(await lane.request(`opening-${seed}`, 'healthy'));
    const problem = await lane.settled();
    if (problem !== null || lane.seen?.stable === null) throw new Error(`${lane.endpoint} did not open: ${problem}`);
    return lane;
  }

  /** Gives an endpoint up, with its model servers. */
  async drop(i: number): Promise<void> {
    const lane = this.#lanes.get(i);
    this.#lanes.delete(i);
    if (lane === undefined) return;
    lane.leave();
    const { admin } = this.#stand;
    await lane.client.terminate().catch(() => {});
    await admin.setTraffic(lane.endpoint, { weights: {}, mirror: null }).catch(() => {});
    const { versions = [] } = this.#watcher.latest(lane.endpoint) ?? {};
    await Promise.all(versions.map(({ id }) => admin.deleteVersion(lane.endpoint, id).catch(() => {})));
  }

  async dropAll(): Promise<void> {
    await Promise.all([...this.#lanes.keys()].map((i) => this.drop(i)));
  }
}

/** Plays the rollouts of a round side by side. */
export async function playRound(
  stand: Stand,
  watcher: Watcher,
  lanes: Lanes,
  plan: RoundPlan,
): Promise<RolloutRecord[]> {
  const shops = await Promise.all(plan.lanes.map((lane, i) => lanes.prepare(i, lane)));
  const asked = new Set<number>();
  const phases = new Map<Lane, string>();
  const shared = (async () => {
    const over = () => asked.size === shops.length;
    // The first of them was planned to come to that phase; the others are where they are.
    await shops[0]?.moment(plan.moment, over);
    for (const shop of shops) phases.set(shop, shop.phase);
    return befallAll(stand, plan.fault, plan.down);
  })();
  const records = await Promise.all(
    shops.map(async (shop, i) => {
      const lane = plan.lanes[i] as LanePlan;
      await delay(lane.late);
      const from = Date.now();
      const stableBefore = shop.seen?.stable?.id ?? null;
      const rollbacksBefore = shop.rollbacks.length;
      const asksBefore = shop.asks.length;
      const main = await shop.request(`${lane.seed}`, lane.candidate, { shadow: lane.shadow });
      let ended = false;
      let phase = '';
      const own = (async () => {
        await shop.moment(lane.moment, () => ended);
        phase = shop.phase;
        return befall(shop, lane, main);
      })();
      await shop.ask(main);
      ended = true;
      asked.add(i);
      const wrong = await own;
      const hits = [...(await shared), ...shop.hits];
      const unsettled = await shop.settled();
      await delay(500); // calls and looks that are under way
      await shop.readAnswers();
      const to = Date.now();
      const running = await shop.client.running().catch(() => false);
      const timeline = watcher.timeline(shop.endpoint);
      const since = timeline.findLastIndex(({ at }) => at <= from);
      const facts: Facts = {
        fault: lane.fault,
        phase,
        shared: plan.fault,
        from,
        to,
        stableBefore,
        state: running ? await shop.client.look() : null,
        timeline: timeline.slice(Math.max(0, since)),
        outages: [...stand.worker.outages, ...stand.temporal.outages].filter((outage) => outage.to > from),
        hits,
        asks: shop.asks.slice(asksBefore),
        rollbacks: shop.rollbacks.slice(rollbacksBefore),
        rejected: rejectedBy(shop),
        calls: stand.load.calls.filter((call) => call.endpoint === shop.endpoint && call.sentAt >= from),
      };
      const problems = [...wrong, ...(unsettled === null ? [] : [unsettled]), ...problemsOf(facts)];
      const faults = [
        { fault: plan.fault, phase: phases.get(shop) ?? '' },
        { fault: lane.fault, phase },
      ].filter(({ fault }) => fault !== 'none');
      if (problems.length > 0) await lanes.drop(i); // what follows must not inherit it
      return {
        seed: lane.seed,
        candidate: lane.candidate,
        faults,
        outcome: main.outcome?.state ?? (main.refused === null ? 'lost' : 'refused'),
        reason: main.outcome?.reason ?? main.refused,
        seconds: (to - from) / 1000,
        unowned: unownedTime(facts),
        reverts: reverts(facts.timeline.filter(({ at }) => at > from)),
        failed: failuresBeyond(facts).length,
        problems,
      };
    }),
  );
  return records;
}

function rejectedBy(shop: Lane): Set<string> {
  const ended = shop.asks.filter(({ outcome }) => outcome !== null && outcome.state !== 'deployed');
  return new Set([...ended.map(({ request }) => request.candidate.id), ...shop.rollbacks.map(({ from }) => from)]);
}
