import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ActivityContext, mlflowClient, openStore } from '@sluice/activities';
import { ErrorCode, type SluiceConfig, SluiceError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { LoadedConfig } from '../config/load-config.ts';
import { ensurePythonEnv, findPython } from '../python-env.ts';

export interface ContextOptions {
  readonly loaded: Pick<LoadedConfig, 'root' | 'config'>;
  readonly temporal: Client;
  readonly machine: string;
  readonly resourceClass: string;
  readonly preemption: ActivityContext['preemption'];
  /** Fires when the worker is told to stop. */
  readonly stopping?: AbortSignal;
  /** MLflow server that `sluice dev` started; the config's own wins over it. */
  readonly mlflowUrl?: string | null;
  readonly gateway?: ActivityContext['gateway'];
  readonly links?: Partial<ActivityContext['links']>;
  readonly onProgress?: (line: string) => void;
}

/** What the activities of this process share. */
export async function activityContext(options: ContextOptions): Promise<ActivityContext> {
  const { root, config } = options.loaded;
  const stateDir = join(root, '.sluice');
  await mkdir(stateDir, { recursive: true });
  const url = mlflowUrlOf(config, options.mlflowUrl ?? null);
  const mlflow = url === null ? null : mlflowClient({ url });
  return {
    root,
    stateDir,
    config,
    store: await openStore(config.store, root),
    mlflow,
    gateway: options.gateway ?? null,
    python: await pythonOf(options.loaded, options.onProgress),
    trainerPath: trainerPath(),
    temporal: options.temporal,
    // The client's address is without the credentials that a URL may carry.
    links: { mlflow: options.links?.mlflow ?? mlflow?.url ?? null, temporal: options.links?.temporal ?? null },
    machine: options.machine,
    resourceClass: options.resourceClass,
    preemption: options.preemption,
    ...(options.stopping === undefined ? {} : { stopping: options.stopping }),
  };
}

/** Tracking server in force: the config's, else the dev stack's; null where MLflow is off. */
export function mlflowUrlOf(config: SluiceConfig, ofStack: string | null): string | null {
  if (config.mlflow === false) return null;
  return config.mlflow?.url ?? ofStack;
}

/** Interpreter for `python(…)`, installed first where the config names a lock file. */
export async function pythonOf(
  { root, config }: Pick<LoadedConfig, 'root' | 'config'>,
  onProgress: (line: string) => void = () => {},
): Promise<string> {
  const { python } = config;
  if (python === undefined) {
    // A pipeline may do without Python; one that does not is told when it calls for it.
    return findPython(undefined, '3.9').then(
      ({ executable }) => executable,
      () => 'python3',
    );
  }
  if ('interpreter' in python) {
    const { interpreter } = python;
    if (!interpreter.includes('/') || isAbsolute(interpreter)) return interpreter;
    return resolve(root, interpreter);
  }
  const env = await ensurePythonEnv({
    name: config.project,
    requirements: resolve(root, python.requirements),
    log: onProgress,
  });
  return env.python;
}

/**
 * Folder that holds the Python package `sluice`: `packages/trainer/src` in a checkout, `dist/trainer` when installed.
 *
 * @throws SluiceError `NotFound`
 */
export function trainerPath(): string {
  const inCheckout = import.meta.url.endsWith('.ts');
  const path = fileURLToPath(new URL(inCheckout ? '../../../trainer/src' : '../trainer', import.meta.url));
  if (existsSync(join(path, 'sluice', '__init__.py'))) return path;
  throw new SluiceError(ErrorCode.NotFound, 'The Python package sluice is missing from this installation.', {
    where: path,
    fix: 'Install @sluice/cli again.',
  });
}
