import {
  type AttemptRecord,
  type Decision,
  type OpenGate,
  type Pause,
  type RefusedDecision,
  type RunState,
  type RunStatus,
  SearchAttribute,
  type StepStatus,
} from '@sluice/sdk';
import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributeUpdatePair } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { showDetails } from './activation.ts';
import { sameOutage } from './budget.ts';
import { renderDetails } from './details.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Steps that `status` and the UI list one by one; the rest is counted. */
const LISTED = 300;
/** Open gates whose evidence is told; of the others the verdicts: Temporal refuses answers of more than a few megabytes. */
const EVIDENCED = 20;

const keys = {
  state: defineSearchAttributeKey(SearchAttribute.state, SearchAttributeType.KEYWORD),
  pipeline: defineSearchAttributeKey(SearchAttribute.pipeline, SearchAttributeType.KEYWORD),
  endpoint: defineSearchAttributeKey(SearchAttribute.endpoint, SearchAttributeType.KEYWORD),
  candidate: defineSearchAttributeKey(SearchAttribute.candidate, SearchAttributeType.KEYWORD),
  commit: defineSearchAttributeKey(SearchAttribute.commit, SearchAttributeType.KEYWORD),
};

/** What a run has done so far: answers the query `status`, and writes the UI's details and search attributes. */
export class Journal {
  readonly #workflowId: string;
  readonly #pipeline: string;
  readonly #steps = new Map<string, Mutable<StepStatus>>();
  readonly #gates: OpenGate[] = [];
  readonly decisions: Decision[] = [];
  readonly refused: RefusedDecision[] = [];
  /** Questions asked so far. */
  asked = 0;
  links: Record<string, string> = {};
  /** What a decision must say of its sender. */
  identity: 'by' | 'token' = 'by';
  #state: RunState = 'running';

  constructor(workflowId: string, pipeline: string) {
    this.#workflowId = workflowId;
    this.#pipeline = pipeline;
    showDetails(() => renderDetails(this.status(60), this.identity));
  }

  get state(): RunState {
    return this.#state;
  }

  /** Moves the run's state; a search attribute, so it costs an event and is written on change only. */
  moveTo(state: RunState, more: { endpoint?: string; candidate?: string; commit?: string } = {}): void {
    const pairs: SearchAttributeUpdatePair[] = [{ key: keys.state, value: state }];
    if (this.#state === 'running' && state === 'running') pairs.push({ key: keys.pipeline, value: this.#pipeline });
    if (more.endpoint !== undefined) pairs.push({ key: keys.endpoint, value: more.endpoint });
    if (more.candidate !== undefined) pairs.push({ key: keys.candidate, value: more.candidate });
    if (more.commit !== undefined) pairs.push({ key: keys.commit, value: more.commit });
    this.#state = state;
    upsertSearchAttributes(pairs);
  }

  begin(step: string, kind: string, now: number, budgets = { errors: 0, preemptions: 0 }): Mutable<StepStatus> {
    const status: Mutable<StepStatus> = {
      step,
      kind,
      state: 'running',
      start: now,
      end: null,
      attempts: [],
      errorsAllowed: budgets.errors,
      preemptionsAllowed: budgets.preemptions,
      verdict: null,
      note: null,
    };
    this.#steps.set(step, status);
    return status;
  }

  update(step: string, change: Partial<Pick<StepStatus, 'state' | 'verdict' | 'note'>>): void {
    const status = this.#steps.get(step);
    if (status !== undefined) Object.assign(status, change);
  }

  /** @returns the record as it stands, which may cover tries before it */
  addAttempt(step: string, attempt: AttemptRecord): AttemptRecord {
    const status = this.#steps.get(step);
    if (status === undefined) return attempt;
    const longer = sameOutage(status.attempts.at(-1), attempt);
    const former = longer === null ? status.attempts : status.attempts.slice(0, -1);
    status.attempts = [...former, longer ?? attempt];
    return longer ?? attempt;
  }

  /** Shows what a step waits for; null once it goes on. */
  pause(step: string, pause: Pause | null): void {
    const status = this.#steps.get(step);
    if (status === undefined) return;
    if (pause === null) delete status.pause;
    else status.pause = pause;
  }

  /** Puts a better record in the place of the one of the same attempt. */
  correctAttempt(step: string, better: AttemptRecord): void {
    const status = this.#steps.get(step);
    if (status === undefined) return;
    status.attempts = status.attempts.map((known) => (known.attempt === better.attempt ? better : known));
  }

  openGate(gate: OpenGate): void {
    this.closeGate(gate.step);
    this.#gates.push(gate);
  }

  closeGate(step: string): void {
    const index = this.#gates.findIndex((gate) => gate.step === step);
    if (index >= 0) this.#gates.splice(index, 1);
  }

  get gates(): readonly OpenGate[] {
    return this.#gates;
  }

  status(limit = LISTED): RunStatus {
    const all = [...this.#steps.values()];
    const notable = all.filter((step) => step.state === 'failed' || step.state === 'waiting');
    const listed = all.length <= limit ? all : [...new Set([...all.slice(0, limit), ...notable.slice(0, limit)])];
    const shown = new Set(listed);
    const hidden: Record<string, number> = {};
    for (const step of all) if (!shown.has(step)) hidden[step.state] = (hidden[step.state] ?? 0) + 1;
    return {
      workflowId: this.#workflowId,
      pipeline: this.#pipeline,
      state: this.#state,
      steps: listed,
      hidden,
      gates: this.#gates.map((gate, index) => (index < EVIDENCED ? gate : withoutEvidence(gate))),
      asked: this.asked,
      decisions: [...this.decisions],
      refused: this.refused.slice(-50),
      links: this.links,
    };
  }
}

function withoutEvidence(gate: OpenGate): OpenGate {
  return { ...gate, gates: gate.gates.map((one) => ({ ...one, evidence: [] })) };
}
