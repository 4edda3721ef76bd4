import {
  type Decision,
  type DecisionRequest,
  type DecisionVia,
  decisionKinds,
  ErrorCode,
  type OpenGate,
  type Settings,
  Update,
} from '@sluice/sdk';
import { ApplicationFailure, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { repeatsAfterReset } from './activation.ts';
import { small } from './activities.ts';
import { applicationFailure } from './failure.ts';
import type { Journal } from './journal.ts';
import { type Bench, type Judgement, judge } from './judge.ts';

/** Takes the decisions of humans for one run, however they arrive, and hands each to the gate it counts for. */
export class DecisionDesk {
  readonly #journal: Journal;
  readonly #settings: () => Settings;
  readonly #requester: string | null;
  readonly #taken = new Map<string, Decision>();
  readonly #decided: string[] = [];
  /** Digest of the evidence that is on the table, by step. */
  readonly #evidence = new Map<string, string>();

  constructor(journal: Journal, settings: () => Settings, requester: string | null) {
    this.#journal = journal;
    this.#settings = settings;
    this.#requester = requester;
  }

  /** Sets the handlers; called before anything is awaited, so that no early decision is lost unrecorded. */
  listen(): void {
    for (const kind of decisionKinds) {
      setHandler(
        defineSignal<[unknown]>(kind),
        async (input) => {
          await this.#take(kind, input ?? {}, 'signal');
        },
        { description: `${kind} the waiting candidate: {"by": "ana", "reason": "…", "candidate": "sha256:…"}` },
      );
    }
    setHandler(
      defineUpdate<Decision, [DecisionRequest]>(Update.decide),
      async (input) => {
        const outcome = await this.#take(input.decision, input, 'update');
        if (typeof outcome === 'string') throw refused(outcome);
        return outcome;
      },
      {
        description: 'approve, override or reject, with an answer',
        validator: (input) => {
          const judgement = this.#judge(input?.decision, input);
          if (!judgement.counts) throw refused(judgement.why);
        },
      },
    );
  }

  /** Puts a candidate on the table, or replaces what was said of it. */
  open(gate: OpenGate, evidence: string): void {
    this.#evidence.set(gate.step, evidence);
    this.#journal.openGate(gate);
  }

  /** The decision on a step's candidate, once there is one. */
  decision(step: string): Decision | null {
    return this.#taken.get(step) ?? null;
  }

  /** Takes a decision back that its evidence did not outlast: the gate is open again. */
  withdraw(step: string, why: string): void {
    const decision = this.#taken.get(step);
    if (decision === undefined) return;
    this.#taken.delete(step);
    this.#decided.splice(this.#decided.lastIndexOf(decision.candidate), 1);
    this.#journal.decisions.splice(this.#journal.decisions.indexOf(decision), 1);
    this.#refuse(decision.decision, decision, decision.via, decision.at, why);
  }

  close(step: string): void {
    this.#journal.closeGate(step);
  }

  #oidc(): boolean {
    return this.#settings().approvers.oidc;
  }

  #bench(identity: Bench['identity']): Bench {
    return {
      gates: this.#journal.gates.filter((gate) => !this.#taken.has(gate.step)),
      decided: this.#decided,
      approvers: this.#settings().approvers,
      requester: this.#requester,
      now: Date.now(),
      identity,
    };
  }

  /** A decision was made on what its sender saw then; what a reset applies again nobody has decided now. */
  #judge(kind: string, input: unknown): Judgement {
    const judgement = judge(kind, input, this.#bench(this.#oidc() ? 'token-pending' : 'typed'));
    if (!judgement.counts || !repeatsAfterReset()) return judgement;
    return { counts: false, why: 'a reset applied it again; decide anew' };
  }

  /** The recorded decision, or why it does not count. */
  async #take(kind: string, input: unknown, via: DecisionVia): Promise<Decision | string> {
    const at = new Date().toISOString();
    const first = this.#judge(kind, input);
    if (!first.counts) return this.#refuse(kind, input, via, at, first.why);
    if (!this.#oidc()) return this.#record(first.request, first.gate, via, at);

    let by: string;
    try {
      ({ by } = await small(`who sent ${kind}`, { retry: { maximumAttempts: 5 } }).identify({
        request: first.request,
      }));
    } catch (error) {
      return this.#refuse(
        kind,
        input,
        via,
        at,
        `the token was not accepted: ${applicationFailure(error)?.message ?? 'its issuer does not answer'}`,
      );
    }
    // While the token was looked at, the gate may have closed or another decision may have come first.
    const second = judge(
      kind,
      { ...first.request, candidate: first.gate.candidate, endpoint: first.gate.endpoint, by },
      this.#bench('token-verified'),
    );
    if (!second.counts) return this.#refuse(kind, { by }, via, at, second.why);
    return this.#record(second.request, second.gate, via, at);
  }

  #record(request: DecisionRequest, gate: OpenGate, via: DecisionVia, at: string): Decision {
    const decision: Decision = {
      decision: request.decision,
      by: request.by ?? '',
      reason: request.reason || null,
      at,
      via,
      candidate: gate.candidate,
      evidence: this.#evidence.get(gate.step) ?? '',
    };
    this.#taken.set(gate.step, decision);
    this.#decided.push(gate.candidate);
    this.#journal.decisions.push(decision);
    return decision;
  }

  #refuse(kind: string, input: unknown, via: DecisionVia, at: string, why: string): string {
    const by = (input as { by?: unknown } | null)?.by;
    this.#journal.refused.push({ decision: kind, by: typeof by === 'string' ? by : null, at, via, why });
    return why;
  }
}

function refused(why: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: ErrorCode.DecisionRefused,
    message: `This decision does not count: ${why}.`,
    nonRetryable: true,
    details: [{ reason: why }],
  });
}
