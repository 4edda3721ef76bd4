import type { CaptureSettings } from '@sluice/sdk';
import type { PackedBatch } from './capture-batch.ts';
import type { CaptureReport } from './ipc.ts';

/** What the proxy's thread says to the thread that writes captures. */
export type ToCapture =
  | { type: 'settings'; endpoints: { name: string; capture: CaptureSettings }[] }
  | { type: 'answered'; batch: PackedBatch }
  | { type: 'flush'; call: number }
  | { type: 'close'; call: number };

export type FromCapture =
  /** One batch is encoded; its memory is free again. */
  | { type: 'taken'; reports: CaptureReport[] }
  | { type: 'counted'; reports: CaptureReport[] }
  | { type: 'done'; call: number; reports: CaptureReport[] };
