import type { AttemptEnd, RunState, StepState, Verdict } from '@sluice/sdk';

export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'quiet';

const tones: Readonly<Record<RunState | StepState | Verdict | AttemptEnd, Tone>> = {
  running: 'busy',
  'awaiting-approval': 'warn',
  blocked: 'bad',
  'rolling-out': 'busy',
  deployed: 'good',
  'rolled-back': 'bad',
  rejected: 'quiet',
  expired: 'quiet',
  superseded: 'quiet',
  done: 'good',
  failed: 'bad',
  cancelled: 'quiet',
  waiting: 'warn',
  reused: 'quiet',
  pass: 'good',
  inconclusive: 'warn',
  error: 'bad',
  fail: 'bad',
  preempted: 'warn',
  'worker-lost': 'warn',
  'out-of-memory': 'bad',
  stalled: 'bad',
  timeout: 'bad',
  fenced: 'warn',
  infrastructure: 'warn',
};

export function toneOf(state: string): Tone {
  return (tones as Readonly<Record<string, Tone>>)[state] ?? 'quiet';
}

const signs: Readonly<Record<Tone, string>> = { good: '✓', warn: '!', bad: '✕', busy: '◐', quiet: '–' };

/** One character beside the word, so that colour is never all there is. */
export function signOf(state: string): string {
  return state === 'waiting' || state === 'awaiting-approval' ? '?' : signs[toneOf(state)];
}
