import { BAKE, type Evidence, type Reaction, type Verdict, type WatchInput, worstOf } from '@sluice/sdk';
import type { Judgement } from './judge.ts';

/** Milliseconds without a single measurement after which the phase ends in error, whatever `onError` says. */
export const BLIND_LIMIT = 300_000;
/** Looks in a row that found nothing out, after which `onError: 'rollback'` rolls back. */
export const ERRORS_IN_A_ROW = 3;

/** What the watcher knows of the phase at a look. */
export interface PhaseState {
  readonly now: number;
  /** Looks in a row at which nothing could be measured. */
  readonly errors: number;
  /** Looks in a row at which the candidate's process gave no sign of life, and the stable version's did. */
  readonly silent: number;
  /** Epoch ms of the last look that could be made. */
  readonly seenAt: number;
  /** Was there one in this phase? */
  readonly measured: boolean;
  /** Milliseconds of this phase in which nobody looked: they are not the candidate's fault. */
  readonly blind: number;
}

export type Finding = Pick<Judgement, 'verdict' | 'doubt' | 'evidence'>;
export interface PhaseEnd {
  readonly verdict: Verdict;
  readonly reason: string | null;
}

/** The end of the phase, or null while it goes on. */
export function phaseEnd(input: WatchInput, found: Finding, state: PhaseState): PhaseEnd | null {
  const { health: policy } = input.spec;
  const held = state.now >= input.since + input.hold;
  const over = state.now >= input.since + input.hold + input.extend + state.blind;
  switch (found.verdict) {
    case 'pass':
      return held ? { verdict: 'pass', reason: null } : null;
    case 'fail':
      if (policy.onFail === 'rollback') return ended('fail', input, found, null);
      return react(policy.onFail, 'fail', input, found, held, over);
    case 'inconclusive':
      return (
        thinEnd(input, found, held, over) ?? react(policy.onInconclusive, 'inconclusive', input, found, held, over)
      );
    case 'error':
      if (
        state.now - state.seenAt >= BLIND_LIMIT ||
        (policy.onError === 'rollback' && state.errors >= ERRORS_IN_A_ROW)
      ) {
        return ended('error', input, found, null);
      }
      if (policy.onError === 'rollback') return null;
      // A phase of which nothing was ever seen is no pass, whatever is only a warning.
      return react(state.measured ? policy.onError : 'extend', 'error', input, found, held, over);
  }
}

/**
 * Too little traffic, and nothing that speaks against the candidate: the first version of an endpoint takes no one's
 * traffic away, and a step goes on to the next, larger one, where there is more to judge by. The bake does not.
 */
function thinEnd(input: WatchInput, { doubt }: Finding, held: boolean, over: boolean): PhaseEnd | null {
  if (doubt !== 'thin') return null;
  const reason = `${input.phase}: too little traffic to judge it by`;
  if (input.stable === null) return held ? { verdict: 'pass', reason } : null;
  const goesOn = input.phase !== BAKE && input.spec.health.onInconclusive === 'extend';
  return goesOn && over ? { verdict: 'pass', reason } : null;
}

/** What a look other than a pass does to the phase, by the policy's word for it. */
function react(
  reaction: Reaction,
  verdict: Verdict,
  input: WatchInput,
  found: Finding,
  held: boolean,
  over: boolean,
): PhaseEnd | null {
  switch (reaction) {
    case 'warn':
      return held ? { verdict: 'pass', reason: `warning only: ${sentence(found)}` } : null;
    case 'rollback':
      return held ? ended(verdict, input, found, null) : null;
    case 'extend':
      return over ? ended(verdict, input, found, `after ${input.extend / 1000} s more than its time`) : null;
    case 'hold':
      return null;
  }
}

function ended(verdict: Verdict, input: WatchInput, found: Finding, more: string | null): PhaseEnd {
  const reason = `${input.phase}: ${sentence(found)}${more === null ? '' : `, ${more}`}`;
  return { verdict, reason: reason.slice(0, 1000) };
}

/** The worst row in words: `error share is 0.31 (≤ stable + 0.01; stable 0.002)`. */
function sentence({ evidence }: { readonly evidence: readonly Evidence[] }): string {
  const verdict = worstOf(evidence.map((row) => row.verdict));
  const row = evidence.find((one) => one.verdict === verdict);
  if (row === undefined) return 'nothing was measured';
  const facts = [row.threshold, row.baseline == null ? undefined : `stable ${round(row.baseline)}`, row.note];
  const inside = facts.filter((fact) => fact !== undefined).join('; ');
  return `${row.metric}${row.value === null ? '' : ` is ${round(row.value)}`}${inside === '' ? '' : ` (${inside})`}`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
