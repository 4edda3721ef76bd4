import { join } from 'node:path';
import { type ArtifactStore, type MlflowClient, mlflowClient, openStore } from '@sluice/activities';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { CommonOptions } from '../commands/project.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { mlflowUrl } from '../run/mlflow-url.ts';
import { isUnreachable, temporalCall } from '../run/temporal-call.ts';
import { connectClient, type TemporalTarget, temporalTarget } from '../run/temporal-target.ts';

export interface Server {
  readonly client: Client;
  readonly target: TemporalTarget;
}

interface Kept extends Server {
  close(): Promise<void>;
}

/** A project, its store and its servers, for as long as somebody asks. Servers may go and come back meanwhile. */
export class Session {
  readonly loaded: LoadedConfig;
  readonly stateDir: string;
  readonly store: ArtifactStore;
  readonly #options: CommonOptions;
  #kept: Promise<Kept> | null = null;
  #address = '';

  constructor(loaded: LoadedConfig, options: CommonOptions) {
    this.loaded = loaded;
    this.stateDir = join(loaded.root, '.sluice');
    this.store = openStore(loaded.config.store, loaded.root);
    this.#options = options;
  }

  /**
   * Asks the Temporal server, connecting first where that is needed: `sluice dev` may listen elsewhere than it did a
   * minute ago.
   *
   * @throws SluiceError `Unreachable`
   */
  async server<Value>(use: (server: Server) => Promise<Value>): Promise<Value> {
    const { address, namespace } = this.#options;
    const target = await temporalTarget({ address, namespace, loaded: this.loaded });
    if (target.address !== this.#address) await this.close();
    this.#address = target.address;
    this.#kept ??= connectClient(target).then((connected) => ({ ...connected, target }));
    try {
      const kept = await this.#kept;
      return await temporalCall(target, () => use(kept));
    } catch (error) {
      if (isUnreachable(error) || (error as { code?: unknown }).code === ErrorCode.Unreachable) await this.close();
      throw error;
    }
  }

  /** @throws SluiceError `Unreachable` where no MLflow server is known. */
  async mlflow(): Promise<MlflowClient> {
    const url = await mlflowUrl(this.loaded);
    if (url !== null) return mlflowClient({ url });
    throw new SluiceError(ErrorCode.Unreachable, 'No MLflow server is known, and curves are kept there.', {
      where: this.loaded.path,
      fix: 'Start sluice dev, or give SLUICE_MLFLOW_URL or mlflow.url in sluice.config.ts.',
    });
  }

  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = null;
    await kept?.then(({ close }) => close()).catch(() => {});
  }
}
