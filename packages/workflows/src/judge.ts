import {
  type DecisionKind,
  type DecisionRequest,
  decisionKinds,
  isSealed,
  type OpenGate,
  personName,
} from '@sluice/sdk';
import type { Question } from './judge-questions.ts';

/** What a decision is judged by. */
export interface Bench {
  /** Workflow id of the run. */
  readonly run: string;
  /** All that the run has asked so far. */
  readonly asked: readonly Question[];
  /** What is said of the questions that are open. */
  readonly gates: readonly OpenGate[];
  readonly approvers: { readonly names: readonly string[] | null; readonly selfApproval: boolean };
  /** Who started the run; null when not known. */
  readonly requester: string | null;
  /** When the decision arrived, epoch ms. */
  readonly arrived: number;
  /** Where identity comes from a token, `by` is judged only once that is verified; `unasked` leaves people aside. */
  readonly identity: 'unasked' | 'typed' | 'token-pending' | 'token-verified';
}

export type Judgement =
  | { readonly counts: true; readonly gate: OpenGate; readonly request: DecisionRequest }
  | { readonly counts: false; readonly why: string };

/** The one place that says whether a decision counts; signals and updates both come here. It never throws. */
export function judge(kind: string, input: unknown, bench: Bench): Judgement {
  const request = parse(kind, input);
  if (typeof request === 'string') return { counts: false, why: request };
  const gate = gateMeant(request, bench);
  if (typeof gate === 'string') return { counts: false, why: gate };
  const why = refusal(request, gate, bench) ?? personRefusal(request, bench);
  return why === null ? { counts: true, gate, request } : { counts: false, why };
}

function parse(kind: string, input: unknown): DecisionRequest | string {
  if (!decisionKinds.includes(kind as DecisionKind)) {
    return `"${kind}" is no decision; it is one of ${decisionKinds.join(', ')}`;
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return 'the argument is not a JSON object such as {"by": "ana", "reason": "…"}';
  }
  const fields = input as Record<string, unknown>;
  const given: [string, string][] = [];
  for (const name of fieldNames) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    // Whoever writes JSON by hand writes a round as a number.
    const text = name === 'round' && Number.isSafeInteger(value) ? String(value) : value;
    if (typeof text !== 'string') return `"${name}" is not text`;
    given.push([name, text.trim()]);
  }
  return { decision: kind as DecisionKind, ...Object.fromEntries(given) };
}

const fieldNames = ['by', 'reason', 'run', 'step', 'endpoint', 'candidate', 'round', 'token'] as const;

/** Of all that the run has asked, a decision must fit exactly one question, and that one must be open. */
function gateMeant(request: DecisionRequest, bench: Bench): OpenGate | string {
  if (request.run !== undefined && request.run !== bench.run) {
    return `it is about the run ${request.run}, and this is ${bench.run}`;
  }
  if (bench.asked.length === 0) return 'no gate is open yet';
  const fitting = bench.asked.filter((one) => fits(request, one));
  const [only] = fitting;
  const open = bench.asked.filter(({ state }) => state === 'open');
  if (only === undefined) return tooShort(request) ?? `${named(request)} is not ${whatWaits(open)}`;
  if (fitting.length > 1) return ambiguous(request, fitting, open);
  if (only.state !== 'open') {
    return `${nameOf(only)} ${only.state === 'decided' ? 'has been decided already' : 'is closed already'}`;
  }
  const gate = bench.gates.find(({ step }) => step === only.step);
  return gate ?? 'no gate is open yet';
}

function fits(request: DecisionRequest, question: Question): boolean {
  const { step, endpoint, candidate, round } = request;
  return (
    (step === undefined || step === question.step) &&
    (endpoint === undefined || endpoint === question.endpoint) &&
    (candidate === undefined || matches(question.candidate, candidate)) &&
    (round === undefined || round === String(question.round))
  );
}

/** A digest in full, or at least its first eight hexadecimal digits. */
function matches(digest: string, prefix: string): boolean {
  const hex = digest.replace(/^sha256:/, '');
  const start = digits(prefix);
  return start.length >= LEAST_DIGITS && hex.startsWith(start);
}

const LEAST_DIGITS = 8;

function digits(prefix: string): string {
  return prefix.replace(/^sha256:/, '').toLowerCase();
}

/** A digest may be the right one and say too little; whether it is, is not said: nobody is to guess on. */
function tooShort({ candidate }: DecisionRequest): string | null {
  if (candidate === undefined || digits(candidate).length >= LEAST_DIGITS) return null;
  const given = digits(candidate) === '' ? 'names no digits' : `${candidate} is too short`;
  return `candidate ${given}: give the first ${LEAST_DIGITS} hexadecimal digits of its digest, or more`;
}

function ambiguous(request: DecisionRequest, fitting: readonly Question[], open: readonly Question[]): string {
  const names = named(request);
  const what =
    names === ''
      ? `it names no candidate, and this run has asked ${fitting.length} times`
      : `${names} fits ${fitting.length} questions of this run`;
  const left = open.filter((one) => fitting.includes(one));
  if (left.length === 0) return `${what}, and all of them are over`;
  const missing = fitting.every(({ step }) => step === fitting[0]?.step) ? 'round' : 'step, endpoint and candidate';
  return `${what}: name ${missing} (open: ${left.map(nameOf).join('; ')})`;
}

function named({ step, endpoint, candidate, round }: DecisionRequest): string {
  const parts = Object.entries({ step, endpoint, candidate, round });
  return parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])).join(', ');
}

function nameOf({ step, endpoint, candidate, round }: Question): string {
  const again = round > 1 ? `, round ${round}` : '';
  return `step ${step}, endpoint ${endpoint}, candidate ${candidate.replace(/^sha256:/, '').slice(0, 12)}${again}`;
}

function whatWaits(open: readonly Question[]): string {
  return open.length === 0
    ? 'what was asked, and no gate is open'
    : `the one that waits (${open.map(nameOf).join('; ')})`;
}

function refusal(request: DecisionRequest, gate: OpenGate, bench: Bench): string | null {
  if (bench.arrived >= gate.expiresAt) return 'the time for a decision is over';
  // An update that is refused here is in no history; a signal is, so its token is lost to whoever may read that.
  if (request.token && !isSealed(request.token)) {
    return 'its token came in clear: revoke it if you can, sign in again, and decide by the sluice command, which seals it';
  }
  if (request.decision === 'override' && !request.reason) return 'an override needs a reason';
  if (request.decision === 'approve' && gate.state === 'blocked') {
    return `the gates say ${gate.verdict}: only an override with a reason, or a reject, ends it`;
  }
  return null;
}

function personRefusal(request: DecisionRequest, bench: Bench): string | null {
  if (bench.identity === 'unasked') return null;
  if (bench.identity === 'token-pending') {
    return request.token ? null : 'it carries no token, and this project takes identity from OpenID Connect tokens';
  }
  if (!request.by) return 'it does not say who decides: add "by"';
  const by = personName(request.by);
  const { names, selfApproval } = bench.approvers;
  if (names !== null && !names.some((name) => personName(name) === by)) {
    return `${request.by} is not among the approvers (${names.join(', ')})`;
  }
  if (selfApproval || request.decision === 'reject') return null;
  if (bench.requester === null) {
    return bench.identity === 'typed'
      ? 'it is not known who started this run (its memo has no "by"), so nobody may approve it'
      : 'no token says who started this run (start it with --token or SLUICE_TOKEN), so nobody may approve it';
  }
  return personName(bench.requester) === by ? `${request.by} started this run and may not approve its candidate` : null;
}
