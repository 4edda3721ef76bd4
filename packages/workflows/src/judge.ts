import { type DecisionKind, type DecisionRequest, decisionKinds, type OpenGate } from '@sluice/sdk';

/** What a decision is judged by. */
export interface Bench {
  readonly gates: readonly OpenGate[];
  /** Digests that were decided on already. */
  readonly decided: readonly string[];
  readonly approvers: { readonly names: readonly string[] | null; readonly selfApproval: boolean };
  /** Who started the run; null when not known. */
  readonly requester: string | null;
  /** Epoch ms. */
  readonly now: number;
  /** Where identity comes from a token, `by` is judged only once that is verified. */
  readonly identity: 'typed' | 'token-pending' | 'token-verified';
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
  const why = refusal(request, gate, bench);
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
  for (const name of fieldNames) {
    const value = fields[name];
    if (value !== undefined && value !== null && typeof value !== 'string') return `"${name}" is not text`;
  }
  const given = fieldNames.flatMap((name) => {
    const value = fields[name];
    return typeof value === 'string' ? [[name, value.trim()]] : [];
  });
  return { decision: kind as DecisionKind, ...Object.fromEntries(given) };
}

const fieldNames = ['by', 'reason', 'candidate', 'endpoint', 'token'] as const;

function gateMeant(request: DecisionRequest, bench: Bench): OpenGate | string {
  const { candidate, endpoint } = request;
  if (candidate !== undefined && bench.decided.some((digest) => matches(digest, candidate))) {
    const open = bench.gates.some((gate) => matches(gate.candidate, candidate));
    if (!open) return `candidate ${candidate} has been decided already`;
  }
  if (bench.gates.length === 0) {
    return bench.decided.length > 0 ? 'it has been decided already, and no gate is open' : 'no gate is open yet';
  }
  if (candidate === undefined) {
    const [only, ...others] = bench.gates;
    if (only === undefined || others.length > 0) return `it names no candidate, and ${bench.gates.length} are waiting`;
    if (endpoint !== undefined && endpoint !== only.endpoint) return `no candidate waits for ${endpoint}`;
    return only;
  }
  const waiting = bench.gates.filter((gate) => matches(gate.candidate, candidate));
  const meant = waiting.filter((gate) => endpoint === undefined || gate.endpoint === endpoint);
  if (meant.length === 1 && meant[0] !== undefined) return meant[0];
  const endpoints = waiting.map((gate) => gate.endpoint).join(', ');
  if (meant.length > 1)
    return `candidate ${candidate} waits for several endpoints: name one by "endpoint" (${endpoints})`;
  if (waiting.length > 0) return `candidate ${candidate} does not wait for ${endpoint}, but for ${endpoints}`;
  return `candidate ${candidate} is not the one that waits (${bench.gates.map((gate) => gate.candidate).join(', ')})`;
}

/** A digest in full, or at least its first eight hexadecimal digits. */
function matches(digest: string, named: string): boolean {
  const hex = digest.replace(/^sha256:/, '');
  const prefix = named.replace(/^sha256:/, '').toLowerCase();
  return prefix.length >= 8 && hex.startsWith(prefix);
}

function refusal(request: DecisionRequest, gate: OpenGate, bench: Bench): string | null {
  if (bench.now >= gate.expiresAt) return 'the time for a decision is over';
  if (bench.identity === 'token-pending') {
    if (!request.token) return 'it carries no token, and this project takes identity from OpenID Connect tokens';
  } else {
    if (!request.by) return 'it does not say who decides: add "by"';
    const { names, selfApproval } = bench.approvers;
    if (names !== null && !names.includes(request.by))
      return `${request.by} is not among the approvers (${names.join(', ')})`;
    if (!selfApproval && request.decision !== 'reject') {
      if (bench.requester === null)
        return 'it is not known who started this run (its memo has no "by"), so nobody may approve it';
      if (request.by === bench.requester) return `${request.by} started this run and may not approve its candidate`;
    }
  }
  if (request.decision === 'override' && !request.reason) return 'an override needs a reason';
  if (request.decision === 'approve' && gate.state === 'blocked') {
    return `the gates say ${gate.verdict}: only an override with a reason, or a reject, ends it`;
  }
  return null;
}
