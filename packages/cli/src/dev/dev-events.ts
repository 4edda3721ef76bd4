import type { PartEvent } from './supervised.ts';

/** What a dev stack tells of itself. */
export type DevEvent =
  | PartEvent
  /** Something slow that happens once, such as an installation. */
  | { readonly type: 'progress'; readonly text: string }
  /** A machine was told to go and went; a new one takes its place. */
  | { readonly type: 'machine-preempted'; readonly part: string; readonly machine: string };
