import {
  type Decision,
  type DecisionKind,
  type DecisionRequest,
  type DecisionSubject,
  type DecisionVia,
  decisionKinds,
  ErrorCode,
  type OpenGate,
  type Settings,
  Update,
} from '@sluice/sdk';
import { ApplicationFailure, defineSignal, defineUpdate, setHandler, TemporalFailure } from '@temporalio/workflow';
import { repeatsAfterReset } from './activation.ts';
import { local } from './activities.ts';
import { type Arrival, arrivedAt, bearerOf } from './decision-lookup.ts';
import type { Journal } from './journal.ts';
import { type Bench, type Judgement, judge } from './judge.ts';
import { Questions } from './judge-questions.ts';

/** Takes the decisions of humans for one run, however they arrive, and hands each to the gate it counts for. */
export class DecisionDesk {
  readonly #journal: Journal;
  readonly #run: string;
  readonly #requester: (settings: Settings) => Promise<string | null>;
  readonly #questions: Questions;
  readonly #taken = new Map<string, Decision>();
  readonly #signals = new Map<string, number>();
  /** Digest of the evidence that is on the table, by step. */
  readonly #evidence = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param requester who started the run, as far as that is known by the settings' rule */
  constructor(journal: Journal, run: string, requester: (settings: Settings) => Promise<string | null>) {
    this.#journal = journal;
    this.#run = run;
    this.#requester = requester;
    this.#questions = new Questions(run);
  }

  /** Sets the handlers; called before anything is awaited, so that no early decision is lost unrecorded. */
  listen(): void {
    for (const kind of decisionKinds) {
      setHandler(
        defineSignal<[unknown]>(kind),
        async (input) => {
          const nth = (this.#signals.get(kind) ?? 0) + 1;
          this.#signals.set(kind, nth);
          await this.#take(kind, input ?? {}, 'signal', nth);
        },
        {
          description: `${kind} the waiting candidate: {"by": "ana", "reason": "…", "run": "…", "step": "…", "endpoint": "…", "candidate": "sha256:…"}`,
        },
      );
    }
    setHandler(
      defineUpdate<Decision, [DecisionRequest]>(Update.decide),
      async (input) => {
        const outcome = await this.#take(input.decision, input, 'update', null);
        if (typeof outcome === 'string') throw refused(outcome);
        return outcome;
      },
      {
        description: 'approve, override or reject, with an answer',
        // Who may decide is looked up anew when it is taken, so people are left aside here.
        validator: (input) => {
          const judgement = this.#judge(input?.decision, input, { identity: 'unasked', arrived: Date.now() });
          if (!judgement.counts) throw refused(judgement.why);
          if (repeatsAfterReset()) throw refused(REPEATED);
        },
      },
    );
  }

  /** The round that a step's question has, or will have once it is opened. */
  round(step: string): number {
    return this.#questions.round(step);
  }

  /** Puts a candidate on the table, or replaces what was said of it. */
  open(gate: OpenGate, evidence: string): void {
    this.#questions.open(gate);
    this.#evidence.set(gate.step, evidence);
    this.#journal.openGate(gate);
    this.#journal.asked = this.#questions.asked.length;
  }

  /** The decision on a step's candidate, once there is one. */
  decision(step: string): Decision | null {
    return this.#taken.get(step) ?? null;
  }

  /** Waits until all that has arrived so far has been judged. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  /** Takes a decision back that its evidence did not outlast: the step has to ask again. */
  withdraw(step: string, why: string): void {
    const decision = this.#taken.get(step);
    if (decision === undefined) return;
    this.#taken.delete(step);
    this.#journal.decisions.splice(this.#journal.decisions.indexOf(decision), 1);
    this.#refuse(decision.decision, decision, decision.via, Date.parse(decision.at), why);
  }

  /** The step asks no more; a later question of it is another one. */
  close(step: string): void {
    this.#questions.settle(step, 'closed');
    this.#taken.delete(step);
    this.#journal.closeGate(step);
  }

  #judge(kind: string, input: unknown, more: Partial<Bench>): Judgement {
    return judge(kind, input, {
      run: this.#run,
      asked: this.#questions.asked,
      gates: this.#journal.gates,
      approvers: { names: null, selfApproval: true },
      requester: null,
      arrived: Number.NEGATIVE_INFINITY,
      identity: 'unasked',
      ...more,
    });
  }

  /** One after another, in the order in which they arrived: the first that counts is the decision. */
  #take(kind: string, input: unknown, via: DecisionVia, nth: number | null): Promise<Decision | string> {
    const arrival: Arrival = { via, at: Date.now(), nth, repeated: repeatsAfterReset() };
    const taking = this.#turn
      .then(() => this.#decide(kind, input, arrival))
      .catch((error: unknown) => {
        // What a handler throws would end the run; that nobody could look it up is no more than a refusal.
        if (!(error instanceof TemporalFailure)) throw error;
        return this.#refuse(kind, input, via, arrival.at, 'it could not be looked into; decide again');
      });
    this.#turn = taking.catch(() => {});
    return taking;
  }

  /** The recorded decision, or why it does not count. */
  async #decide(kind: string, input: unknown, arrival: Arrival): Promise<Decision | string> {
    const no = (why: string, by: unknown = input) => this.#refuse(kind, by, arrival.via, arrival.at, why);
    const first = this.#judge(kind, input, {});
    if (!first.counts) return no(first.why);
    // A decision was made on what its sender saw then; what a reset applies again nobody has decided now.
    if (arrival.repeated) return no(REPEATED);
    const { gate } = first;
    const arrived = await arrivedAt(kind, arrival, gate);
    if (arrived >= gate.expiresAt) return no('the time for a decision is over');

    const { approvers } = await this.#lookUp();
    const said = this.#judge(kind, input, { approvers, identity: approvers.oidc ? 'token-pending' : 'unasked' });
    if (!said.counts) return no(said.why);
    const subject = subjectOf(this.#run, gate);
    const who = approvers.oidc ? await bearerOf(first.request, subject, arrived) : { by: first.request.by ?? '' };
    if ('why' in who) return no(who.why);
    // While that was looked up, the gate may have closed or asked again.
    const last = this.#judge(
      kind,
      { ...first.request, ...subject, round: String(subject.round), by: who.by },
      {
        approvers,
        arrived,
        requester: this.#starter,
        identity: approvers.oidc ? 'token-verified' : 'typed',
      },
    );
    if (!last.counts) return no(last.why, who);
    return this.#record(last.request, last.gate, arrival);
  }

  #starter: string | null = null;

  /** Settings as they are now: whoever is no approver any more decides nothing, in runs that wait already too. */
  async #lookUp(): Promise<Settings> {
    const settings = await local.settings();
    this.#starter = await this.#requester(settings);
    return settings;
  }

  #record(request: DecisionRequest, gate: OpenGate, { via, at }: Arrival): Decision {
    const decision: Decision = {
      decision: request.decision as DecisionKind,
      by: request.by ?? '',
      reason: request.reason || null,
      at: new Date(at).toISOString(),
      via,
      ...subjectOf(this.#run, gate),
      evidence: this.#evidence.get(gate.step) ?? '',
    };
    this.#questions.settle(gate.step, 'decided');
    this.#taken.set(gate.step, decision);
    this.#journal.decisions.push(decision);
    this.#journal.decided(gate.step);
    return decision;
  }

  #refuse(kind: string, input: unknown, via: DecisionVia, at: number, why: string): string {
    const by = (input as { by?: unknown } | null)?.by;
    const named = typeof by === 'string' ? by : null;
    const after = this.#journal.decisions.length;
    this.#journal.refused.push({ decision: kind, by: named, at: new Date(at).toISOString(), via, why, after });
    return why;
  }
}

const REPEATED = 'a reset applied it again; decide anew';

export function subjectOf(
  run: string,
  { step, endpoint, candidate, round }: Omit<DecisionSubject, 'run'>,
): DecisionSubject {
  return { run, step, endpoint, candidate, round };
}

function refused(why: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: ErrorCode.DecisionRefused,
    message: `This decision does not count: ${why}.`,
    nonRetryable: true,
    details: [{ reason: why }],
  });
}
