import {
  type Candidate,
  type CandidateHealth,
  type DeploySpec,
  type GateResult,
  type StepRef,
  type Verdict,
  worstOf,
} from '@sluice/sdk';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { small } from './activities.ts';
import { applicationFailure } from './failure.ts';

/** What is known of a candidate: its gates, its own health, and what production was then. */
export interface Table {
  readonly verdict: Verdict;
  readonly gates: readonly GateResult[];
  /** Digest of the stable version, null for an empty endpoint; undefined where nobody could see it. */
  readonly production: string | null | undefined;
}

/** A look at the candidate's health that is under way. */
export class Look {
  /** What it found, once it is over. */
  found: Table | null = null;
  /** Settles with it; rejects only when the run is cancelled. */
  readonly over: Promise<Table>;
  readonly #scope = new CancellationScope();
  #called = false;

  constructor(ref: StepRef, spec: DeploySpec, candidate: Candidate) {
    this.over = this.#scope
      .run(() => look(ref, spec, candidate))
      .catch((error: unknown) => {
        if (isCancellation(error) && !this.#called) throw error;
        return unseen(isCancellation(error) ? 'it was called off' : reasonOf(error));
      })
      .then(({ production, ...health }) => {
        const gates = [...spec.gates, health];
        this.found = { verdict: verdictOf(spec, candidate, gates), gates, production };
        return this.found;
      });
    // Whoever awaits it hears of a cancellation; one that is called off may have nobody.
    this.over.catch(() => {});
  }

  /** Nobody waits for it any more. */
  callOff(): void {
    this.#called = true;
    this.#scope.cancel();
  }
}

/** It ends within ten minutes whatever happens; a check that fails or hangs is an `error`, and blocks. */
function look(ref: StepRef, spec: DeploySpec, candidate: Candidate): Promise<CandidateHealth> {
  const baselines = spec.gates.flatMap((gate) => (gate.baseline === undefined ? [] : [gate.baseline]));
  return small(`${ref.step}:look`, `${ref.step}: candidate health`, {
    startToCloseTimeout: '10 minutes',
    scheduleToCloseTimeout: '10 minutes',
    heartbeatTimeout: '30 seconds',
  }).checkCandidate({ ref, endpoint: spec.endpoint, candidate, baselines });
}

function unseen(note: string): CandidateHealth {
  const row = { metric: 'the candidate could be looked at', verdict: 'error', value: null, note } as const;
  return { name: 'candidate health', verdict: 'error', evidence: [row] };
}

function reasonOf(error: unknown): string {
  const message = applicationFailure(error)?.message ?? 'the check did not end within 10 minutes';
  return message.slice(0, 1000);
}

/** Worst of the gates; a report about another candidate says nothing about this one. */
function verdictOf(spec: DeploySpec, candidate: Candidate, gates: readonly GateResult[]): Verdict {
  const foreign = spec.gates.some((gate) => gate.candidate !== undefined && gate.candidate !== candidate.digest);
  const verdict = worstOf(gates.map((gate) => gate.verdict));
  return foreign ? worstOf([verdict, 'inconclusive']) : verdict;
}
