import type { CaptureSettings, Mirror } from '@sluice/sdk';
import type { Bucket } from './bucket.ts';

/** What the proxy must know of one version. */
export interface RouteVersion {
  id: string;
  digest: string;
  /** Loopback port of its model server; null while there is none. */
  port: number | null;
}

/** What the proxy must know of one endpoint. */
export interface RouteEndpoint {
  name: string;
  versions: RouteVersion[];
  weights: Record<string, number>;
  mirror: Mirror | null;
  capture: CaptureSettings;
  deadlineMs: number;
  idleMs: number;
  maxInFlight: number;
}

/** An environment variable and its value. */
export interface Mark {
  name: string;
  value: string;
}

/** Settings a worker gets once, as its first argument. */
export interface WorkerSettings {
  stateDir: string;
  /** Largest request body kept in memory for capture and mirror, bytes. */
  bufferBytes: number;
  captureSegmentBytes: number;
  captureSegmentMs: number;
  captureKeepBytes: number;
  captureKeepMs: number;
  /** Copies to shadows in flight at a time, per worker. */
  shadowInFlight: number;
  /** Marks the processes of this life of the host, in their environment. */
  mark: Mark;
  /** File descriptor of the connection table, or null. */
  connectionTable: number | null;
}

export interface SeriesReport {
  endpoint: string;
  version: string;
  shadow: boolean;
  buckets: Bucket[];
}

export interface CaptureReport {
  endpoint: string;
  /** Of answers of shadows. */
  shadow?: true;
  written: number;
  dropped: number;
  skipped: number;
  /** Written without their body, or without a shadow's answer. */
  leftOut: number;
}

export type ToWorker =
  /** Comes with the socket. */
  | { type: 'connection'; slot: number; resumed: boolean }
  | { type: 'routes'; revision: number; endpoints: RouteEndpoint[] }
  | { type: 'report'; call: number }
  | { type: 'flush-captures'; call: number }
  | { type: 'drain'; call: number; endpoint: string; version: string; timeoutMs: number }
  | { type: 'stop'; timeoutMs: number };

export type FromWorker =
  | { type: 'ready' }
  | { type: 'routed'; revision: number }
  | { type: 'closed'; slots: number[] }
  | { type: 'report'; at: number; series: SeriesReport[]; captures: CaptureReport[] }
  | { type: 'done'; call: number };
