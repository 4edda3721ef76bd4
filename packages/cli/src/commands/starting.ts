import type { LoadedConfig } from '../config/load-config.ts';
import { findPipeline, type LoadedPipeline, loadPipelines } from '../config/load-pipelines.ts';
import { unfitPipelines } from '../config/sandbox-imports.ts';
import { type CurrentBuild, currentBuild } from '../run/current-build.ts';
import { sealer } from './decide.ts';
import type { Io } from './io.ts';
import type { CommonOptions } from './project.ts';

export interface RunOptions extends CommonOptions {
  readonly param: readonly string[];
  readonly params: readonly string[];
  readonly key?: string;
  readonly by?: string;
  readonly token?: string;
  readonly wait?: true | string;
  /** Starts it and ends; what happens without `--wait` anyway. */
  readonly detach?: boolean;
  /** File of parameter sets. */
  readonly each?: string;
  readonly concurrency?: number;
  /** False: not planned first. */
  readonly check: boolean;
}

/** A pipeline of the project by its name. @throws SluiceError `InvalidConfig` where no worker could run it */
export async function startable(loaded: LoadedConfig, name: string): Promise<LoadedPipeline> {
  const pipeline = findPipeline(await loadPipelines(loaded), name);
  const unfit = unfitPipelines(loaded).get(pipeline.file);
  if (unfit !== undefined) throw unfit;
  return pipeline;
}

/** The build of what is saved now: a run never begins on code of before. */
export async function codeOf(loaded: LoadedConfig, io: Io): Promise<CurrentBuild | null> {
  const build = await currentBuild(loaded, {
    onWait: () => io.line(io.paint('quiet', 'waiting until sluice dev has taken up the code as it is saved')),
  });
  if (build !== null && build.changed.length > 0) {
    io.line(
      io.paint('warn', `sluice dev does not know the new ${build.changed.join(', ')} of the config; start it again`),
    );
  }
  return build;
}

/** Who starts a run is known in the same way as who decides on it: by a token, where the project has an issuer. */
export function tokenOf(options: RunOptions, { config }: LoadedConfig) {
  const token = options.token ?? process.env.SLUICE_TOKEN;
  return token === undefined || config.approvers?.oidc === undefined ? {} : { token, seal: sealer(config) };
}
