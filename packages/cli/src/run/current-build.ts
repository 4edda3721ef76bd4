import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { readCodeFile } from '../code/code-file.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { pipelineFiles } from '../config/load-pipelines.ts';
import { readDevFile } from '../dev/dev-file.ts';
import { areUnchanged } from '../worker/workflow-bundle.ts';

/** A build as Temporal names it. */
export interface BuildVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

export interface CurrentBuild extends BuildVersion {
  /** Settings of the config that the running stack does not have yet. */
  readonly changed: readonly string[];
}

/** How long `sluice dev` may take to take up code that was just saved, ms. */
const PATIENCE_MS = 60_000;

/**
 * The build of the checkout's code as it is saved now, once the project's `sluice dev` serves it; null where none runs.
 *
 * @throws SluiceError `InvalidConfig` when the code as it is saved makes no build; `Unreachable` when it was not taken
 * up within a minute.
 */
export async function currentBuild(
  loaded: LoadedConfig,
  options: { readonly patience?: number; readonly onWait?: () => void } = {},
): Promise<CurrentBuild | null> {
  const patience = options.patience ?? PATIENCE_MS;
  const end = Date.now() + patience;
  for (let [waited, seenAt, lookedAt] = [false, 0, 0]; ; await delay(50)) {
    const stack = await readDevFile(loaded.root);
    if (stack === null) return null;
    const code = await readCodeFile(loaded.root, stack.pid);
    // Hundreds of files are read for it: when the stack has something new to say, and from time to time.
    const due = code !== null && (code.at !== seenAt || Date.now() - lookedAt > 1000);
    [seenAt, lookedAt] = due ? [code.at, Date.now()] : [seenAt, lookedAt];
    if (due && (await isSeen(loaded, code.sources))) {
      if (code.problem !== null) throw brokenCode(code.problem);
      if (code.build !== null) {
        return { deploymentName: loaded.config.project, buildId: code.build, changed: code.changed };
      }
    }
    if (Date.now() > end) throw notTakenUp(loaded, patience);
    if (!waited) options.onWait?.();
    waited = true;
  }
}

/** Is what the stack has looked at what is there now? */
async function isSeen(loaded: LoadedConfig, sources: Readonly<Record<string, string>>): Promise<boolean> {
  const roots = [loaded.path, ...pipelineFiles(loaded)];
  return roots.every((file) => sources[file] !== undefined) && (await areUnchanged(sources));
}

function brokenCode(problem: { code: string; message: string; where: string | null; fix: string | null }): SluiceError {
  return new SluiceError(ErrorCode.InvalidConfig, problem.message, {
    ...(problem.where === null ? {} : { where: problem.where }),
    fix: `${(problem.fix ?? 'Mend it.').replace(/ Nothing has been started\.$/, '')} Nothing has been started; sluice dev takes the code up when it is saved.`,
  });
}

function notTakenUp(loaded: LoadedConfig, patience: number): SluiceError {
  return new SluiceError(
    ErrorCode.Unreachable,
    `sluice dev has not taken up the code as it is saved within ${Math.round(patience / 1000)} s.`,
    {
      where: loaded.root,
      fix: 'See its terminal. Or start sluice dev again. Nothing has been started.',
      permanent: false,
    },
  );
}
