import type {
  Candidate,
  Ledger,
  Observation,
  RollbackAnswer,
  RolloutAnswer,
  RolloutOptions,
  RolloutRequest,
  ShadowOutcome,
  Verdict,
  Weights,
} from '@sluice/sdk';
import { canary, column } from '@sluice/sdk';
import { type Command, type Event, emptyMachine, type Machine, type Result } from '../machine.ts';
import { reduce } from '../reduce.ts';
import { commandOf, isDue } from '../steps.ts';

/** Distributes over `Event`, so that a kind keeps its own fields. */
type Happening = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

export function version(name: string): Candidate {
  const hex = Array.from(name, (letter) => letter.charCodeAt(0).toString(16))
    .join('')
    .padEnd(64, '0');
  return { id: `v-${name}`, digest: `sha256:${hex}`, uri: `sluice:tree/${hex}`, bytes: 1, registered: null };
}

/** Rollouts without a shadow, with one, and with one whose answers are judged, by every policy. */
const judged = { percent: 20, checks: [column('prediction').between(0, 1)] };
const SHADOWS: readonly RolloutOptions[] = [
  { shadow: 20 },
  {},
  { shadow: judged },
  { shadow: judged, health: { onInconclusive: 'hold', onError: 'extend' } },
  { shadow: judged, health: { onInconclusive: 'warn', onError: 'rollback' } },
];

/**
 * A target, a ledger and processes as an endpoint's machine meets them, in virtual time: commands take effect or fail or
 * are lost as the test says, and the workflow itself is terminated, reset or continued as new.
 */
export class World {
  machine: Machine = emptyMachine('shop');
  now = 1_000;
  weights: Weights = {};
  mirror: string | null = null;
  lease: { fallback: Weights } | null = null;
  ledger: { seq: number; owner: string; page: Ledger } | null = null;
  readonly dead = new Set<string>();
  /** Versions that were ever asked to run. */
  readonly versions = new Map<string, Candidate>();
  /** Answers to runs by rollout id, in their order. */
  readonly replies = new Map<string, string[]>();
  readonly asked = new Map<string, RolloutRequest>();
  /** The command under way, and those that were given up while they were. */
  command: { turn: number; command: Command } | null = null;
  /** Digests of versions whose last word was a rollback. */
  readonly bad = new Set<string>();
  readonly #told: { turn: number; result: Result }[] = [];
  #life = 0;

  constructor() {
    this.command = { turn: this.machine.turn, command: commandOf(this.machine) };
  }

  happen(event: Happening): RolloutAnswer | RollbackAnswer | null {
    this.now += 10;
    const before = this.machine;
    const { machine, command, answer } = reduce(before, { ...event, at: this.now } as Event);
    this.machine = machine;
    this.#judge(before);
    if (command !== null) {
      // What was given up may have taken effect before it was over; the next begins only then.
      if (this.command !== null && this.now % 20 === 0) this.#do(this.command.command);
      this.command = { turn: machine.turn, command };
    }
    return answer as RolloutAnswer | RollbackAnswer | null;
  }

  request(name: string, more: Partial<RolloutRequest> = {}): RolloutRequest {
    const candidate = version(name);
    const request: RolloutRequest = {
      id: `run/${name}#${this.asked.size}`,
      endpoint: 'shop',
      candidate,
      spec: canary([5, 50], SHADOWS[this.asked.size % SHADOWS.length]),
      onBusy: 'queue',
      replyTo: 'run',
      by: 'ana',
      decidedAt: this.now,
      ...more,
    };
    this.asked.set(request.id, request);
    this.versions.set(candidate.id, candidate);
    return request;
  }

  /** The command under way does what it was asked for, or fails; its result is told, or lost with its worker. */
  finish(how: 'well' | 'badly' | 'unheard'): void {
    const running = this.command;
    if (running === null || running.command.kind === 'idle') return;
    const result = how === 'badly' ? this.#fail(running.command) : this.#do(running.command);
    this.#told.push({ turn: running.turn, result });
    if (how === 'unheard') return;
    this.command = null;
    this.happen({ kind: 'result', turn: running.turn, result });
    if (this.command === null) this.command = { turn: this.machine.turn, command: commandOf(this.machine) };
  }

  /** A result comes late, or once more. */
  echo(back: number): void {
    const told = this.#told[this.#told.length - 1 - back];
    if (told !== undefined) this.happen({ kind: 'result', ...told });
  }

  chore(): void {
    const chore = this.machine.chores.find((one) => isDue(this.machine, one));
    if (chore === undefined) return;
    if (chore.kind === 'reply') {
      const known = this.replies.get(chore.outcome.id) ?? [];
      this.replies.set(chore.outcome.id, [...known, chore.outcome.state]);
    }
    if (chore.kind === 'stop' && this.#share(chore.id) === 0) this.dead.add(chore.id);
    this.happen({ kind: 'chore-done', n: chore.n });
  }

  /** The workflow is gone and begins anew, with nothing but what lies outside. */
  terminate(): void {
    this.#begin(emptyMachine('shop'));
  }

  /** It continues as new: everything it knows goes through JSON. */
  continueAsNew(): void {
    this.#begin(JSON.parse(JSON.stringify(this.machine)) as Machine);
  }

  /** It begins again from what it knew earlier. */
  reset(earlier: Machine): void {
    this.#begin(earlier);
    this.happen({ kind: 'reset' });
  }

  loseLease(): void {
    if (this.lease === null) return;
    this.weights = this.lease.fallback;
    this.mirror = null;
    this.lease = null;
  }

  #judge(before: Machine): void {
    const { mode, history } = this.machine;
    const fresh = history.filter((outcome) => !before.history.some(({ id }) => id === outcome.id));
    for (const { state, candidate } of fresh) {
      if (state === 'rolled-back') this.bad.add(candidate);
      if (state === 'deployed') this.bad.delete(candidate);
    }
    if (mode.kind === 'rolling-out') this.bad.delete(mode.request.candidate.digest);
  }

  #begin(machine: Machine): void {
    this.#life += 1;
    this.#told.length = 0;
    this.machine = { ...machine, turn: machine.turn + 1 };
    this.command = { turn: this.machine.turn, command: commandOf(this.machine) };
  }

  #share(id: string): number {
    return this.weights[id] ?? 0;
  }

  #do(command: Command): Result {
    switch (command.kind) {
      case 'observe':
        return { kind: 'observed', observation: this.#observation() };
      case 'start':
        this.dead.delete(command.candidate.id);
        return { kind: 'started', outcome: { ready: true, reason: null, restarts: command.candidate.id.length } };
      case 'move': {
        const { expect } = command;
        const here = this.#sameAs(command) || expect === null || this.#sameAs(expect);
        if (!here) return { kind: 'moved', at: this.now, refused: 'traffic was moved' };
        const gone = Object.keys(command.weights).find((id) => this.dead.has(id));
        if (gone !== undefined) return { kind: 'moved', at: this.now, refused: `${gone} has no process` };
        this.weights = command.weights;
        this.mirror = command.mirror?.version ?? null;
        this.lease = command.lease;
        return { kind: 'moved', at: this.now, refused: null };
      }
      case 'watch': {
        const same = JSON.stringify(sorted(this.weights)) === JSON.stringify(sorted(command.input.weights));
        return {
          kind: 'watched',
          outcome: {
            verdict: same ? 'pass' : 'error',
            evidence: [],
            firstBadAt: null,
            reason: same ? null : 'moved',
            memory: null,
            moved: !same,
          },
        };
      }
      case 'judge':
        return { kind: 'judged', outcome: answersAre('pass') };
      case 'save': {
        const { seq, ledger } = command;
        const owner = String(this.#life);
        const stored = this.ledger;
        const same = stored !== null && JSON.stringify(stored.page) === JSON.stringify(ledger);
        const mine = stored?.seq === seq && (same || stored.owner === owner);
        if (stored !== null && stored.seq >= seq && !mine) return { kind: 'saved', conflict: true };
        this.ledger = { seq, owner, page: ledger };
        return { kind: 'saved', conflict: false };
      }
      default:
        return { kind: 'waited' };
    }
  }

  #sameAs({ weights, mirror }: { weights: Weights; mirror: { version: string } | null }): boolean {
    const shares = JSON.stringify(sorted(weights)) === JSON.stringify(sorted(this.weights));
    return shares && (mirror?.version ?? null) === this.mirror;
  }

  #fail(command: Command): Result {
    switch (command.kind) {
      case 'start':
        this.dead.add(command.candidate.id);
        return { kind: 'started', outcome: { ready: false, reason: 'it ended', restarts: null } };
      case 'move':
        return { kind: 'moved', at: this.now, refused: 'it has no process' };
      case 'watch':
        return {
          kind: 'watched',
          outcome: {
            verdict: 'fail',
            evidence: [],
            firstBadAt: this.now,
            reason: 'errors',
            memory: null,
            moved: false,
          },
        };
      case 'judge':
        return {
          kind: 'judged',
          outcome: answersAre((['fail', 'inconclusive', 'error'] as const)[this.now % 3] ?? 'fail'),
        };
      default:
        return { kind: 'failed', why: 'it cannot be done' };
    }
  }

  #observation(): Observation {
    const versions = [...this.versions.values()].map((one) => [
      one.id,
      {
        id: one.id,
        digest: one.digest,
        state: this.dead.has(one.id) ? ('crashed' as const) : ('ready' as const),
        restarts: 0,
        lastError: null,
      },
    ]);
    return {
      target: {
        weights: this.weights,
        mirror: this.mirror === null ? null : { version: this.mirror, percent: 10 },
        versions: Object.fromEntries(versions),
      },
      ledger: this.ledger === null ? null : { seq: this.ledger.seq, page: this.ledger.page },
      registry: null,
      known: Object.fromEntries(this.versions),
    };
  }
}

function answersAre(verdict: Verdict): ShadowOutcome {
  const reason = verdict === 'pass' ? null : `shadow: 12 of 40 are ${verdict}`;
  return { verdict, evidence: [], reason, rows: 40, report: null };
}

export function sorted(weights: Weights): [string, number][] {
  return Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1));
}
