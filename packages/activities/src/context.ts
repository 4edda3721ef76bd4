import type { SluiceConfig } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { MlflowClient } from './mlflow/client.ts';
import type { ArtifactStore } from './store/artifact-store.ts';

/** What the activities of one worker process share. Made once by the worker's `main`. */
export interface ActivityContext {
  /** Folder of `sluice.config.ts`; relative paths in specs are relative to it. */
  readonly root: string;
  /** Scratch and state of this project on this machine, `<root>/.sluice`. */
  readonly stateDir: string;
  readonly config: SluiceConfig;
  readonly store: ArtifactStore;
  /** Null where MLflow is off. */
  readonly mlflow: MlflowClient | null;
  /** The local gateway; null on workers that have none. */
  readonly gateway: { readonly url: string; readonly adminUrl: string; readonly token?: string } | null;
  /** Interpreter for `python(…)`. */
  readonly python: string;
  /** Folder that holds the Python package `sluice`, for `PYTHONPATH`. */
  readonly trainerPath: string;
  readonly temporal: Client;
  /** Namespace-qualified links for people; null when not known. */
  readonly links: { readonly mlflow: string | null; readonly temporal: string | null };
  /** Name of this machine, as preemption notices call it. */
  readonly machine: string;
  /** Class this worker serves. */
  readonly resourceClass: string;
  /** Fires with a deadline when this machine is about to go away. */
  readonly preemption: PreemptionNotices;
  /** Fires when this worker is told to stop: what runs then ends in good order. Left out where nobody tells. */
  readonly stopping?: AbortSignal;
}

export interface PreemptionNotice {
  readonly eventId: string;
  /** Epoch ms at which the machine may be gone. */
  readonly deadline: number;
  readonly reason: string;
}

export interface PreemptionNotices {
  /** The notice in force, if any. */
  current(): PreemptionNotice | null;
  /** Calls back on every new notice; returns how to stop. */
  subscribe(listener: (notice: PreemptionNotice) => void): () => void;
}
