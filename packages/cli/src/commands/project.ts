import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { connectClient, type TemporalTarget, temporalTarget } from '../run/temporal-target.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly config?: string;
  readonly address?: string;
  readonly namespace?: string;
  readonly json?: boolean;
}

export function loadProject(options: CommonOptions): Promise<LoadedConfig> {
  return loadConfig(options.config === undefined ? {} : { file: options.config });
}

export interface Connected {
  readonly loaded: LoadedConfig;
  readonly target: TemporalTarget;
  readonly client: Awaited<ReturnType<typeof connectClient>>['client'];
  readonly connection: Awaited<ReturnType<typeof connectClient>>['connection'];
}

/** Loads the project, connects to its server and closes the connection afterwards. */
export async function withServer<Value>(
  options: CommonOptions,
  use: (connected: Connected) => Promise<Value>,
): Promise<Value> {
  const loaded = await loadProject(options);
  const target = await temporalTarget({ address: options.address, namespace: options.namespace, loaded });
  const { client, connection, close } = await connectClient(target);
  try {
    return await use({ loaded, target, client, connection });
  } finally {
    await close();
  }
}
