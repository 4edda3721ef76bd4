import {
  ATTEMPTS_LISTED,
  type AttemptRecord,
  type Decision,
  listedAttempts,
  type OpenGate,
  type Pause,
  type RefusedDecision,
  type ReportRecord,
  type RunState,
  type RunStatus,
  SearchAttribute,
  type StatusPage,
  type StepStatus,
  spentOn,
} from '@sluice/sdk';
import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributeUpdatePair } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { showDetails } from './activation.ts';
import { sameOutage } from './budget.ts';
import { type DeployState, stateOfDeploys } from './deploy-states.ts';
import { renderDetails } from './details.ts';
import { utf8 } from './utf8.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Steps that `status` and the UI list one by one, and bytes of them; the rest is counted: see {@link StatusPage}. */
const LISTED = 300;
const LISTED_BYTES = 250_000;
/**
 * Open gates whose evidence is told, and bytes of it; of the others the verdicts: Temporal refuses answers of more than
 * a few megabytes.
 */
const EVIDENCED = 20;
const EVIDENCE_BYTES = 400_000;

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
  report: ReportRecord | null = null;
  /** What a decision must say of its sender. */
  identity: 'by' | 'token' = 'by';
  /** How each deploy stands. */
  readonly #deploys = new Map<string, DeployState>();
  #begun = false;
  #end: RunState | null = null;

  constructor(workflowId: string, pipeline: string) {
    this.#workflowId = workflowId;
    this.#pipeline = pipeline;
    showDetails(() => renderDetails(this.status({ limit: 60 }), this.identity));
  }

  get state(): RunState {
    return this.#end ?? this.deployed ?? 'running';
  }

  /** What the run's deploys make of its state; null while there was none. */
  get deployed(): RunState | null {
    return stateOfDeploys(this.#deploys.values());
  }

  /** Whether there is anything for a report to tell: a step with a verdict, or a question. */
  get judged(): boolean {
    return this.asked > 0 || [...this.#steps.values()].some(({ verdict }) => verdict !== null);
  }

  /** What a report tells changes when this does. A deploy is told by its state: its step ends a moment later. */
  get told(): string {
    const others = [...this.#steps.values()].filter(({ kind }) => kind !== 'deploy');
    const ended = others.filter(({ end }) => end !== null).length;
    return JSON.stringify([this.state, others.length, ended, [...this.#deploys], this.decisions.length]);
  }

  start({ commit }: { readonly commit?: string }): void {
    this.#write(commit === undefined ? [] : [{ key: keys.commit, value: commit }]);
  }

  end(state: RunState): void {
    this.#end = state;
    this.#write([]);
  }

  /** Moves a deploy step on; a search attribute, so it costs an event and is written on change only. */
  move(step: string, state: DeployState, of: { readonly endpoint?: string; readonly candidate?: string } = {}): void {
    this.#deploys.set(step, state);
    const pairs: SearchAttributeUpdatePair[] = [];
    if (of.endpoint !== undefined) pairs.push({ key: keys.endpoint, value: of.endpoint });
    if (of.candidate !== undefined) pairs.push({ key: keys.candidate, value: of.candidate });
    this.#write(pairs);
  }

  /**
   * A decision counts: from this moment on the run waits for nobody at this step, and says so. The search attribute
   * follows at the next move: to write it here would be an event that histories of before do not have.
   */
  decided(step: string): void {
    this.closeGate(step);
    this.#deploys.set(step, 'decided');
    this.update(step, { state: 'running' });
  }

  /** A deploy that failed has not ended in any way that tells of its candidate. */
  forget(step: string): void {
    this.#deploys.delete(step);
  }

  #write(more: SearchAttributeUpdatePair[]): void {
    const pairs: SearchAttributeUpdatePair[] = [{ key: keys.state, value: this.state }];
    if (!this.#begun) pairs.push({ key: keys.pipeline, value: this.#pipeline });
    this.#begun = true;
    upsertSearchAttributes([...pairs, ...more]);
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

  update(step: string, change: Partial<Pick<StepStatus, 'state' | 'verdict' | 'note' | 'outcome'>>): void {
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

  /** When the last of the steps ended whose path begins so; null where none has. */
  lastEnd(prefix: string): number | null {
    const ends = [...this.#steps.values()].flatMap(({ step, end }) =>
      end !== null && step.startsWith(prefix) ? [end] : [],
    );
    return ends.length === 0 ? null : ends.reduce((last, end) => Math.max(last, end));
  }

  /** What failed below these paths (`airport=EWR/`) is within what their map lets fail. */
  tolerate(paths: readonly string[]): void {
    const within = new Set(paths);
    for (const status of this.#steps.values()) {
      if (status.state !== 'failed') continue;
      for (let slash = status.step.indexOf('/'); slash >= 0; slash = status.step.indexOf('/', slash + 1)) {
        if (within.has(status.step.slice(0, slash + 1))) status.tolerated = true;
      }
    }
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

  status({ after = 0, limit = LISTED, step: only }: StatusPage = {}): RunStatus {
    const all = [...this.#steps.values()];
    const wanted = only === undefined ? all.slice(after, after + limit) : all.filter(({ step }) => step === only);
    const page = within(LISTED_BYTES, wanted.map(listed));
    const next = only === undefined && after + page.length < all.length ? after + page.length : null;
    const notable = after > 0 || next === null ? [] : all.slice(next).filter(isNotable).slice(0, limit);
    const steps = [...page, ...within(LISTED_BYTES, notable.map(listed))];
    const shown = new Set(steps.map(({ step }) => step));
    const hidden: Record<string, number> = {};
    for (const { step, state } of all) if (!shown.has(step)) hidden[state] = (hidden[state] ?? 0) + 1;
    return {
      workflowId: this.#workflowId,
      pipeline: this.#pipeline,
      state: this.state,
      steps,
      hidden,
      next,
      spent: spentOn(all.flatMap(({ attempts }) => attempts)),
      gates: evidenced(this.#gates),
      asked: this.asked,
      decisions: [...this.decisions],
      refused: this.refused.slice(-50),
      links: this.links,
      ...(this.report === null ? {} : { report: this.report }),
    };
  }
}

function isNotable({ state }: StepStatus): boolean {
  return state === 'failed' || state === 'waiting';
}

function listed(step: StepStatus): StepStatus {
  return { ...step, ...listedAttempts(step.attempts, ATTEMPTS_LISTED) };
}

/** The first of a list that have so many bytes together, and one at least. */
function within<Item>(most: number, items: readonly Item[]): Item[] {
  let bytes = 0;
  const end = items.findIndex((item, index) => {
    bytes += utf8(JSON.stringify(item)).length;
    return index > 0 && bytes > most;
  });
  return end < 0 ? [...items] : items.slice(0, end);
}

function evidenced(gates: readonly OpenGate[]): OpenGate[] {
  const told = within(EVIDENCE_BYTES, gates.slice(0, EVIDENCED)).length;
  return gates.map((gate, index) => (index < told ? gate : withoutEvidence(gate)));
}

function withoutEvidence(gate: OpenGate): OpenGate {
  return { ...gate, gates: gate.gates.map((one) => ({ ...one, evidence: [] })) };
}
