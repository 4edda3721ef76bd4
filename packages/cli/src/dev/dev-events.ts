import type { CodeEvent } from '../code/code-events.ts';
import type { PartEvent } from './supervised.ts';

/** What a dev stack tells of itself. */
export type DevEvent =
  | PartEvent
  | CodeEvent
  /** The port of the last start is somebody else's now. */
  | { readonly type: 'port-moved'; readonly what: string; readonly from: number; readonly to: number }
  /** Something slow that happens once, such as an installation. */
  | { readonly type: 'progress'; readonly text: string }
  /** A machine was told to go and went; a new one takes its place. */
  | { readonly type: 'machine-preempted'; readonly part: string; readonly machine: string };
