import type { DevCode } from '../code/dev-code.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { DevEvent } from './dev-events.ts';

export interface DevOptions {
  /** Folder of the project, or one below it. @default the current folder */
  readonly root?: string;
  /** Path of the config file. @default found from `root` upward */
  readonly config?: string;
  /** Each port: 0 takes a free one. @default the one of the last start, at the first a free one */
  readonly temporalPort?: number;
  readonly uiPort?: number;
  readonly mlflowPort?: number;
  readonly gatewayPort?: number;
  readonly gatewayAdminPort?: number;
  readonly scheduledEventsPort?: number;
  readonly pagePort?: number;
  /** Leaves Temporal's web UI out. @default false */
  readonly headless?: boolean;
  /** How long work may go on when a worker is told to stop, ms. @default 3000 */
  readonly grace?: number;
  readonly onEvent?: (event: DevEvent) => void;
  /** Breaks the start off. */
  readonly signal?: AbortSignal;
}

/** Name of a part: `temporal`, `mlflow`, `gateway`, `worker control`, `worker <class>`. */
export type PartName = string;

export interface WorkerInfo {
  /** Resource class; `control` runs the workflows. */
  readonly class: string;
  readonly machine: string;
  readonly pid: number;
}

/** A running stack. Everything in it dies with the process that started it. */
export interface DevStack {
  readonly loaded: LoadedConfig;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | null };
  /** Null where MLflow is off. */
  readonly mlflow: { readonly url: string } | null;
  /** `tokenFile` holds the token of the admin API, for this user only. */
  readonly gateway: { readonly url: string; readonly adminUrl: string; readonly tokenFile: string };
  readonly scheduledEventsUrl: string;
  /** The workflow code that is served. */
  readonly code: Pick<DevCode, 'build' | 'served' | 'problem'>;
  /** The pages of `sluice ui`. */
  readonly pageUrl: string;
  /** Workers that run now; one that is being started again is missing. */
  readonly workers: readonly WorkerInfo[];
  /** Ends a part by `signal` and waits until its successor works. @default SIGKILL */
  restart(part: PartName, signal?: NodeJS.Signals): Promise<void>;
  /** Process of a part; null while it is being started again. */
  pidOf(part: PartName): number | null;
  /** Ends everything within ten seconds. */
  stop(): Promise<void>;
}
