import { setTimeout as delay } from 'node:timers/promises';
import { canary, type EndpointState, type RolloutAnswer, type RolloutOutcome, type RolloutRequest } from '@sluice/sdk';
import type { Behaviour } from '../stand/behaviour.ts';
import type { Stand } from '../stand/stand.ts';
import { answersIn, type EndpointClient, endpointClient, openInbox } from './endpoint-client.ts';
import type { CandidateKind, Moment, PhaseName } from './plan.ts';
import type { Watcher } from './watcher.ts';

/** Milliseconds that a split may go unwatched. */
export const LEASE = 3000;
/** Requests a second to each endpoint. */
const RATE = 25;
/** Milliseconds in which a rollout must have an outcome, and its endpoint must come to rest. */
const PATIENCE = 90_000;
/** Milliseconds in which a run is told of its outcome, once there is one. */
const ANSWERED = 30_000;
/** Milliseconds after which whoever has no answer asks again. */
const ASK_AGAIN = 10_000;

const behaviours: Readonly<Record<CandidateKind, Omit<Behaviour, 'name'>>> = {
  healthy: { startMs: 400 },
  errs: { errors: 1 },
  hangs: { hangs: 1 },
  dies: { diesAt: 3 },
  'never ready': { startMs: -1 },
  'late to start': { startMs: 4000 },
};
const fine: readonly CandidateKind[] = ['healthy', 'late to start'];

/** A rollout that was asked for, and what was heard of it. */
export interface Ask {
  readonly request: RolloutRequest;
  readonly kind: CandidateKind;
  /** Null while there is none. */
  outcome: RolloutOutcome | null;
  /** Why it was not taken; null when it was. */
  refused: string | null;
  /** What its run was told. */
  answers: RolloutOutcome[];
}

export interface AcceptedRollback {
  readonly from: string;
  readonly to: string | null;
  readonly outcomeId: string | null;
}

/** One endpoint under load: rollouts one after the other, and what befalls them. */
export class Lane {
  readonly endpoint: string;
  readonly client: EndpointClient;
  readonly stand: Stand;
  readonly watcher: Watcher;
  /** Every rollout that was ever asked for here. */
  readonly asks: Ask[] = [];
  readonly rollbacks: AcceptedRollback[] = [];
  /** Moments at which a process of this endpoint was hit, epoch ms. */
  readonly hits: number[] = [];
  /** What the endpoint last said of itself. */
  seen: EndpointState | null = null;
  /** Its next moment is a short one. */
  urgent = false;
  #waitNoMore = () => {};
  #left = false;

  constructor(stand: Stand, watcher: Watcher, endpoint: string) {
    this.stand = stand;
    this.watcher = watcher;
    this.endpoint = endpoint;
    this.client = endpointClient(stand.client, endpoint);
    stand.load.order({ type: 'call', endpoint, url: `${stand.url}/${endpoint}/invocations`, perSecond: RATE });
    void this.#look();
  }

  /** Ends looks and calls; its model servers go on. */
  leave(): void {
    this.#left = true;
    this.stand.load.order({ type: 'leave', endpoint: this.endpoint });
  }

  async #look(): Promise<void> {
    for (; !this.#left; await delay(this.urgent ? 40 : 150)) this.seen = (await this.client.look()) ?? this.seen;
  }

  get phase(): PhaseName | string {
    const text = this.seen?.phase ?? 'stable';
    if (text === 'stable') return 'steady';
    // `canary 30 %`, `rolling back: v-1 is started`, `adopting: it was terminated`.
    return text.replace(/ \d+ %$|: .*$/, '');
  }

  /** Makes a model, and a request to take it to this endpoint. */
  async request(
    name: string,
    kind: CandidateKind,
    more: Partial<RolloutRequest> & { shadow?: boolean } = {},
  ): Promise<Ask> {
    const { shadow = false, ...rest } = more;
    const candidate = await this.stand.model({ name: `${this.endpoint}-${name}`, stopMs: 800, ...behaviours[kind] });
    const id = `${this.endpoint}/${name}`;
    await openInbox(this.stand.client, `inbox/${id}`);
    const request: RolloutRequest = {
      id,
      endpoint: this.endpoint,
      candidate,
      spec: quick(shadow),
      onBusy: 'queue',
      replyTo: `inbox/${id}`,
      by: 'soak',
      against: this.seen?.stable?.digest ?? null,
      decidedAt: Date.now(),
      ...rest,
    };
    const ask: Ask = { request, kind, outcome: null, refused: null, answers: [] };
    this.asks.push(ask);
    return ask;
  }

  /** Asks as a run does: again and again, until there is an outcome. */
  async ask(ask: Ask): Promise<void> {
    const { request } = ask;
    const until = Date.now() + PATIENCE;
    for (let n = 0; ask.outcome === null && ask.refused === null && Date.now() < until; n += 1) {
      const said = await this.client.ask(request, n === 0 ? request.id : `${request.id}~${n}`).catch(refusalOf);
      if (said !== null && !said.accepted) ask.refused = said.why ?? 'no reason given';
      ask.outcome = said?.outcome ?? null;
      const again = Date.now() + (said === null ? 500 : ASK_AGAIN);
      const woken = new Promise<true>((done) => {
        this.#waitNoMore = () => done(true);
      });
      while (ask.outcome === null && ask.refused === null && Date.now() < again) {
        ask.outcome = this.seen?.history.find(({ id }) => id === request.id) ?? null;
        if (ask.outcome === null && (await Promise.race([woken, delay(100)]))) break;
      }
    }
  }

  /** Whoever waits for an answer asks again now. */
  askAgain(): void {
    this.#waitNoMore();
  }

  /** What a person would leave who looks now. */
  get leaving(): string | null {
    return this.seen?.candidate?.id ?? this.seen?.stable?.id ?? null;
  }

  async rollBack(by: string, from: string | null): Promise<void> {
    if (from === null) return;
    const said = await this.client.rollBack(by, from).catch(() => null);
    if (said?.accepted) this.rollbacks.push({ from, to: said.to, outcomeId: said.outcomeId });
  }

  /** Comes when the phase has begun and has lasted for so long, or when nothing more is to come. */
  async moment({ phase, after }: Moment, over: () => boolean): Promise<void> {
    this.urgent = phase === 'rolling back';
    while (this.phase !== phase && !over()) await delay(20);
    this.urgent = false;
    if (!over()) await delay(after);
  }

  /** Waits until the endpoint is at rest. @returns what is wrong when it does not come to rest */
  async settled(): Promise<string | null> {
    const until = Date.now() + PATIENCE;
    let since = Number.POSITIVE_INFINITY;
    while (Date.now() < until) {
      if (!(await this.#atRest())) since = Number.POSITIVE_INFINITY;
      else if (since === Number.POSITIVE_INFINITY) since = Date.now();
      if (Date.now() - since > 700) return null;
      await delay(100);
    }
    const traffic = JSON.stringify(this.watcher.latest(this.endpoint)?.weights);
    return `it did not come to rest within ${PATIENCE / 1000} s: ${this.seen?.phase}, traffic ${traffic}, stable ${this.seen?.stable?.id}, ${this.seen?.queued.length} queued`;
  }

  async #atRest(): Promise<boolean> {
    const serving = Object.keys(this.watcher.timeline(this.endpoint).at(-1)?.weights ?? {});
    if (serving.length > 1) return false;
    if (!(await this.client.running().catch(() => true))) return true;
    const state = await this.client.look();
    if (state === null || state.rollout !== null || state.queued.length > 0 || state.phase !== 'stable') return false;
    return serving[0] === state.stable?.id;
  }

  /** Reads what runs were told; an answer whose worker was lost is given by the next one, a little later. */
  async readAnswers(): Promise<void> {
    const until = Date.now() + ANSWERED;
    await Promise.all(
      this.asks.slice(-6).map(async (ask) => {
        while (ask.answers.length === 0 && ask.outcome !== null && Date.now() < until) {
          ask.answers = await answersIn(this.stand.client, ask.request.replyTo);
          if (ask.answers.length === 0) await delay(200);
        }
      }),
    );
  }

  /** Process of a version; null when it has none. */
  pidOf(version: string | undefined): number | null {
    return this.watcher.latest(this.endpoint)?.versions.find(({ id }) => id === version)?.pid ?? null;
  }
}

export function isFine(kind: CandidateKind): boolean {
  return fine.includes(kind);
}

/** A rollout of seconds: long enough for a judge that counts whole seconds to be certain of a candidate that is bad. */
function quick(shadow: boolean): RolloutRequest['spec'] {
  return canary([40], {
    hold: '3 seconds',
    extend: '15 seconds',
    bake: '3 seconds',
    shadow: shadow ? 50 : 0,
    lease: LEASE,
    health: {
      interval: '1 second',
      switch: '1 second',
      verify: '1 second',
      // A busy machine can make anything slow.
      latencyFactor: 1000,
    },
  });
}

/** What the endpoint says no to is an answer; whoever is not reached is asked again. */
function refusalOf(error: unknown): RolloutAnswer | null {
  const { name, cause } = error as { name?: string; cause?: Error };
  return name === 'WorkflowUpdateFailedError' ? { accepted: false, why: cause?.message ?? null, outcome: null } : null;
}
