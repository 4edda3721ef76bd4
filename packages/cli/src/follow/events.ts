import type {
  AttemptRecord,
  Decision,
  EndpointState,
  OpenGate,
  Pause,
  RefusedDecision,
  RunState,
  StepState,
  StepStatus,
  Verdict,
} from '@sluice/sdk';
import type { RunFailure } from './snapshot.ts';

/** What happens in a run, as `sluice run --wait` and `sluice status --follow` tell it. `at` is epoch ms. */
export type FollowEvent = { readonly at: number } & (
  | {
      readonly type: 'run-started';
      readonly run: string;
      readonly pipeline: string;
    }
  | { readonly type: 'links'; readonly links: Readonly<Record<string, string>> }
  | { readonly type: 'step-started'; readonly step: string; readonly kind: string }
  | {
      readonly type: 'progress';
      readonly step: string;
      readonly machine: string;
      readonly done: number;
      readonly total: number | null;
      /** Steps a second. */
      readonly rate: number | null;
      readonly etaMs: number | null;
    }
  | {
      readonly type: 'checkpoint-committed';
      readonly step: string;
      readonly checkpoint: number;
      readonly machine: string;
    }
  | {
      readonly type: 'attempt-started';
      readonly step: string;
      readonly attempt: number;
      readonly machine: string;
      readonly resumedFrom: number | null;
    }
  | { readonly type: 'attempt-ended'; readonly step: string; readonly attempt: AttemptRecord }
  /** What it lost is known better now, as its successor found a newer checkpoint, or none. */
  | { readonly type: 'attempt-corrected'; readonly step: string; readonly attempt: AttemptRecord }
  | { readonly type: 'paused'; readonly step: string; readonly pause: Pause }
  | {
      readonly type: 'step-ended';
      readonly step: string;
      readonly kind: string;
      readonly state: StepState;
      readonly ms: number;
      readonly verdict: Verdict | null;
      readonly outcome?: StepStatus['outcome'];
      readonly tolerated?: boolean;
      readonly note: string | null;
    }
  | { readonly type: 'verdict'; readonly step: string; readonly verdict: Verdict }
  | { readonly type: 'gate-open'; readonly gate: OpenGate }
  | { readonly type: 'gate-closed'; readonly step: string }
  | { readonly type: 'decision'; readonly decision: Decision }
  | { readonly type: 'decision-refused'; readonly refused: RefusedDecision }
  | {
      readonly type: 'phase';
      readonly endpoint: string;
      readonly phase: string;
      readonly weights: EndpointState['weights'];
    }
  | { readonly type: 'state'; readonly state: RunState }
  | { readonly type: 'hidden'; readonly steps: Readonly<Record<string, number>> }
  | {
      readonly type: 'waiting';
      readonly what: 'server' | 'worker';
      readonly address: string;
      readonly sinceMs: number;
      readonly failure: string | null;
    }
  | { readonly type: 'back'; readonly what: 'server' | 'worker' }
  | {
      readonly type: 'finished';
      readonly run: string;
      readonly state: RunState;
      readonly ms: number;
      readonly failure: RunFailure | null;
    }
);

/** A follow event that happened when it was seen, unless it says otherwise. */
export type FollowFact = FollowEvent extends infer Event
  ? Event extends FollowEvent
    ? Omit<Event, 'at'> & { readonly at?: number }
    : never
  : never;
