import type { Candidate, Decision, DeploySpec, OpenGate, StepRef } from '@sluice/sdk';
import { condition } from '@temporalio/workflow';
import { subjectOf } from './decision-desk.ts';
import { commandsFor } from './deploy-commands.ts';
import { Look, type Table } from './deploy-look.ts';
import { evidenceDigest } from './evidence-digest.ts';
import type { RunState } from './run-state.ts';
import { summary } from './summary.ts';

/** How a question ended, and what was on the table then. */
export type Asked = { readonly table: Table; readonly round: number } & (
  | { readonly state: 'go'; readonly decision: Decision }
  | { readonly state: 'rejected'; readonly decision: Decision; readonly reason: string }
  | { readonly state: 'expired'; readonly decision: null; readonly reason: string }
);

/** Where nobody is asked, how long a blocked candidate waits and how often it is looked at, ms. */
const BLOCKED = { within: 2 * 86_400_000, recheck: 15 * 60_000 };

/** The waiting of one deploy step for its answer. */
export interface Gate {
  readonly run: RunState;
  readonly ref: StepRef;
  readonly spec: DeploySpec;
  readonly candidate: Candidate;
  /** Tells people of the question; called once for each state it takes. Nobody waits for it. */
  readonly tell: (gate: OpenGate) => void;
}

/**
 * Waits until a decision counts or the time is over; the candidate's health is looked at all the while, and a look never
 * holds up a reject, an override or the deadline. An approval that comes during one waits for what it finds.
 *
 * @param found what was found just now, if the candidate was just looked at
 */
export async function ask(gate: Gate, found: Table | null = null): Promise<Asked> {
  const { run, ref, spec, candidate } = gate;
  const { within, recheck } = spec.approval === 'none' ? BLOCKED : spec.approval;
  run.journal.update(ref.step, { state: 'waiting' });
  let look: Look | null = null;
  try {
    let table = found ?? (await new Look(ref, spec, candidate).over);
    if (spec.approval === 'none' && table.verdict === 'pass') {
      const decision = byPolicy(gate, table);
      return { state: 'go', decision, table, round: decision.round };
    }
    const deadline = Date.now() + within;
    const teller = new Teller(gate);
    teller.show(table, deadline);
    let again = Date.now() + recheck;
    for (;;) {
      if (Date.now() < deadline) {
        const until = look === null ? Math.min(again, deadline) : deadline;
        const stirs = () => run.desk.decision(ref.step) !== null || (look?.found ?? null) !== null;
        const options = { summary: summary(`${ref.step}: waits for a decision`) };
        await condition(stirs, Math.max(1, until - Date.now()), options);
      }
      // What arrived before the deadline counts, also when it has to be looked into.
      if (Date.now() >= deadline && run.desk.decision(ref.step) === null) await run.desk.settled();
      const decision = run.desk.decision(ref.step);
      if (decision !== null) {
        if (decision.decision !== 'approve' || look === null) return decided(decision, table);
        // Bounded by the look itself; the approval came in time, so the deadline is nothing to it.
        const seen: Table = await look.over;
        look = null;
        // It counts by what was on the table when it was made.
        if (seen.verdict === 'pass') return decided(decision, table);
        run.desk.withdraw(ref.step, `the gates said ${seen.verdict} before it took effect`);
        table = seen;
        again = Date.now() + recheck;
        if (Date.now() < deadline) teller.show(table, deadline);
      } else if (Date.now() >= deadline) {
        return expired(table, within, run.desk.round(ref.step));
      } else if (look?.found) {
        table = look.found;
        look = null;
        again = Date.now() + recheck;
        teller.show(table, deadline);
      } else if (look === null && Date.now() >= again) {
        look = new Look(ref, spec, candidate);
      }
    }
  } finally {
    look?.callOff();
    run.desk.close(ref.step);
    run.journal.update(ref.step, { state: 'running' });
  }
}

/** Puts what is known on the table, and tells of it when it is another question than before. */
class Teller {
  readonly #gate: Gate;
  #told: string | null = null;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  show(table: Table, expiresAt: number): void {
    const { run, ref, spec, candidate, tell } = this.#gate;
    const state = table.verdict === 'pass' ? 'awaiting-approval' : 'blocked';
    const round = run.desk.round(ref.step);
    const question = { step: ref.step, endpoint: spec.endpoint, candidate: candidate.digest, round };
    const open: OpenGate = {
      ...question,
      version: candidate.registered?.version ?? null,
      state,
      verdict: table.verdict,
      gates: table.gates,
      expiresAt,
      commands: commandsFor(subjectOf(run.id, question), state),
    };
    run.desk.open(open, evidenceDigest(table.gates));
    run.journal.update(ref.step, { verdict: table.verdict });
    const told = `${state} ${round}`;
    if (this.#told === told) return;
    this.#told = told;
    run.journal.update(ref.step, { state: 'waiting' });
    run.journal.move(ref.step, state);
    tell(open);
  }
}

function decided(decision: Decision, table: Table): Asked {
  const { round } = decision;
  if (decision.decision !== 'reject') return { state: 'go', decision, table, round };
  const reason = `rejected by ${decision.by}${decision.reason === null ? '' : `: ${decision.reason}`}`;
  return { state: 'rejected', decision, reason, table, round };
}

function expired(table: Table, within: number, round: number): Asked {
  const open = table.verdict === 'pass' ? 'the approval was open' : 'the gates were not passed';
  const reason = `nobody decided within ${Math.round(within / 1000)} s; ${open}`;
  return { state: 'expired', decision: null, reason, table, round };
}

function byPolicy({ run, ref, spec, candidate }: Gate, { gates }: Table): Decision {
  return {
    decision: 'approve',
    by: "approval: 'none'",
    reason: null,
    at: new Date().toISOString(),
    via: 'policy',
    run: run.id,
    step: ref.step,
    endpoint: spec.endpoint,
    candidate: candidate.digest,
    round: run.desk.round(ref.step),
    evidence: evidenceDigest(gates),
  };
}
