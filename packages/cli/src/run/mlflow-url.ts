import type { LoadedConfig } from '../config/load-config.ts';
import { readDevFile } from '../dev/dev-file.ts';
import { mlflowUrlOf } from '../worker/activity-context.ts';

/** The MLflow server that a command asks: the config's, else that of `SLUICE_MLFLOW_URL` or of `sluice dev`; null where none is known. */
export async function mlflowUrl({ config, root }: Pick<LoadedConfig, 'config' | 'root'>): Promise<string | null> {
  return mlflowUrlOf(config, process.env.SLUICE_MLFLOW_URL || (await readDevFile(root))?.mlflow?.url || null);
}
