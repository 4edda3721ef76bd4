import { join } from 'node:path';
import { type ArtifactStore, type MlflowClient, mlflowClient, openStore } from '@sluice/activities';
import type { Client } from '@temporalio/client';
import type { LoadedConfig } from '../config/load-config.ts';
import { readDevFile } from '../dev/dev-file.ts';
import { type GatewayAccess, gatewayAccess } from '../run/gateway-access.ts';
import { mlflowUrl } from '../run/mlflow-url.ts';
import { connectClient, type TemporalTarget, temporalTarget } from '../run/temporal-target.ts';

/** A connection to the project's Temporal server. */
export interface TemporalSource {
  readonly client: Client;
  readonly target: TemporalTarget;
}

/** What the pages are read from. Nothing is connected before somebody asks, and nothing is written. */
export interface Sources {
  readonly loaded: LoadedConfig;
  readonly stateDir: string;
  readonly store: ArtifactStore;
  /** The server as it is known now; one that has moved is connected to anew. @throws SluiceError `Unreachable` */
  temporal(): Promise<TemporalSource>;
  /** Without a connection: its address may be known while it is away. */
  target(): Promise<TemporalTarget>;
  /** Null where MLflow is off. It is asked once, and not for long: people wait. */
  mlflow(): Promise<MlflowClient | null>;
  /** Null where there is none. */
  gateway(): Promise<GatewayAccess | null>;
  close(): Promise<void>;
}

export interface SourceOptions {
  readonly loaded: LoadedConfig;
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Time MLflow has for one answer, ms. */
const MLFLOW_TIMEOUT = 4_000;

export function openSources(options: SourceOptions): Sources {
  const { loaded } = options;
  const { root, config } = loaded;
  let store: ArtifactStore | null = null;
  let connected: { readonly key: string; readonly made: ReturnType<typeof connectClient> } | null = null;
  let mlflow: { readonly url: string; readonly client: MlflowClient } | null = null;

  const target = () => temporalTarget({ address: options.address, namespace: options.namespace, loaded });

  /** Ends a connection once nobody can be using it any more: what is under way has its own deadline. */
  const drop = (former: ReturnType<typeof connectClient>) =>
    former.then(
      ({ close }) => void setTimeout(() => void close().catch(() => {}), 30_000).unref(),
      () => {},
    );

  return {
    loaded,
    stateDir: join(root, '.sluice'),
    get store() {
      store ??= openStore(config.store, root);
      return store;
    },
    target,
    async temporal() {
      const now = await target();
      const key = `${now.address} ${now.namespace}`;
      if (connected !== null && connected.key !== key) {
        void drop(connected.made);
        connected = null;
      }
      if (connected === null) {
        // What fails is looked at again a moment later; a call that is tried again after a close would end the process.
        const made = connectClient({ ...now, connection: { ...now.connection, interceptors: [] } });
        const mine = { key, made };
        connected = mine;
        made.catch(() => {
          if (connected === mine) connected = null;
        });
      }
      return { client: (await connected.made).client, target: now };
    },
    async mlflow() {
      const url = await mlflowUrl(loaded);
      if (url === null) return null;
      if (mlflow?.url !== url) mlflow = { url, client: mlflowClient({ url, attempts: 1, timeout: MLFLOW_TIMEOUT }) };
      return mlflow.client;
    },
    gateway: async () => gatewayAccess(await readDevFile(root)),
    async close() {
      const made = connected?.made;
      connected = null;
      await made?.then(({ close }) => close()).catch(() => {});
    },
  };
}
