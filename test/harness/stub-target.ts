import type {
  Candidate,
  Lease,
  Ledger,
  Mirror,
  RolloutOutcome,
  SluiceActivities,
  WatchInput,
  WatchOutcome,
  Weights,
} from '@sluice/sdk';

const good: WatchOutcome = {
  verdict: 'pass',
  evidence: [],
  firstBadAt: null,
  reason: null,
  memory: null,
  moved: false,
};

export function bad(reason: string): WatchOutcome {
  return { ...good, verdict: 'fail', firstBadAt: 42, reason };
}

/** A target that keeps what it is asked for, with versions that can be dead or slow to get ready. */
export class StubTarget {
  weights: Weights = {};
  mirror: Mirror | null = null;
  lease: Lease | null = null;
  readonly versions = new Map<string, Candidate>();
  readonly dead = new Set<string>();
  readonly stopped: string[] = [];
  /** Every split that was ever in force, in its order. */
  readonly traffic: Weights[] = [];
  readonly marks: string[] = [];
  readonly outcomes: RolloutOutcome[] = [];
  readonly alarms: string[] = [];
  ledger: { seq: number; owner: string; page: Ledger } | null = null;
  /** How a phase ends. @default well, at once */
  watch: (input: WatchInput) => Promise<WatchOutcome> = async () => good;

  activities(): Partial<SluiceActivities> & { settings?: never } {
    return {
      observeEndpoint: async () => ({
        target: {
          weights: this.weights,
          mirror: this.mirror,
          versions: Object.fromEntries([...this.versions].map(([id, one]) => [id, this.#health(id, one)])),
        },
        ledger: this.ledger === null ? null : { seq: this.ledger.seq, page: this.ledger.page },
        registry: null,
        known: Object.fromEntries(this.versions),
      }),
      saveLedger: async ({ seq, owner, ledger }) => {
        const { ledger: known } = this;
        const mine = known?.seq === seq && known.owner === owner;
        if (known !== null && known.seq >= seq && !mine) return { conflict: true };
        this.ledger = { seq, owner, page: ledger };
        return { conflict: false };
      },
      startVersion: async ({ candidate }) => {
        this.versions.set(candidate.id, candidate);
        return this.dead.has(candidate.id)
          ? { ready: false, reason: 'no answer to /ping', restarts: null }
          : { ready: true, reason: null, restarts: 0 };
      },
      setTraffic: async ({ weights, mirror, lease }) => {
        const gone = Object.keys(weights).find((id) => this.dead.has(id));
        if (gone !== undefined) return { at: Date.now(), refused: `${gone} has no process` };
        Object.assign(this, { weights, mirror, lease });
        this.traffic.push(weights);
        return { at: Date.now(), refused: null };
      },
      watchTraffic: (input) => this.watch(input),
      stopVersion: async ({ id }) => {
        this.stopped.push(id);
      },
      markVersion: async ({ candidate, state }) => {
        this.marks.push(`${candidate.id} ${state}`);
      },
      replyToRun: async ({ outcome }) => {
        this.outcomes.push(outcome);
      },
      notify: async ({ notification }) => {
        this.alarms.push(notification.text);
      },
    };
  }

  #health(id: string, { digest }: Candidate) {
    return {
      id,
      digest,
      state: this.dead.has(id) ? ('crashed' as const) : ('ready' as const),
      restarts: 0,
      lastError: null,
    };
  }
}
