import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Pipeline, type PipelineDefinition, pipelineDefinition, SluiceError } from '@sluice/sdk';
import { loadFailed } from '../errors/load-failed.ts';
import { InvalidConfigError, UsageError } from '../errors.ts';
import type { LoadedConfig } from './load-config.ts';
import { useOneSdk } from './one-sdk.ts';
import { didYouMean } from './suggest.ts';

export interface LoadedPipeline {
  readonly name: string;
  readonly definition: PipelineDefinition<unknown, unknown>;
  /** The exported function itself: the Temporal workflow. */
  readonly workflow: Pipeline<unknown, unknown>;
  /** Absolute path of the file that exports it. */
  readonly file: string;
}

/**
 * Imports the config's pipeline files and gives what pipelines they export, by name.
 *
 * @throws SluiceError `InvalidConfig`: a file that cannot be loaded or exports none, two pipelines of one name.
 */
export async function loadPipelines(loaded: LoadedConfig): Promise<ReadonlyMap<string, LoadedPipeline>> {
  useOneSdk();
  const found = new Map<string, LoadedPipeline>();
  const problems: string[] = [];
  const helpers = new Set(loaded.matched?.map((file) => resolve(loaded.root, file)));
  for (const file of pipelineFiles(loaded)) {
    const pipelines = await pipelinesOf(file, loaded.path);
    if (pipelines.length === 0 && !helpers.has(file)) problems.push(`${file} exports no pipeline`);
    for (const one of pipelines) {
      const former = found.get(one.name);
      if (former === undefined) found.set(one.name, one);
      else if (former.definition !== one.definition) {
        problems.push(`pipeline "${one.name}" is defined twice: in ${former.file} and in ${one.file}`);
      }
    }
  }
  if (found.size === 0 && problems.length === 0) problems.push('pipelines: none of the files exports a pipeline');
  if (problems.length > 0) throw new InvalidConfigError(loaded.path, problems);
  return found;
}

/** Absolute paths of the config's pipeline files, each once. */
export function pipelineFiles(loaded: Pick<LoadedConfig, 'root' | 'config'>): string[] {
  return [...new Set(loaded.config.pipelines.map((file) => resolve(loaded.root, file)))];
}

/** @throws SluiceError `Usage` listing the pipelines there are. */
export function findPipeline(pipelines: ReadonlyMap<string, LoadedPipeline>, name: string): LoadedPipeline {
  const found = pipelines.get(name);
  if (found !== undefined) return found;
  const names = [...pipelines.keys()];
  throw new UsageError(`There is no pipeline "${name}".${didYouMean(name, names)}`, `There is: ${names.join(', ')}.`);
}

async function pipelinesOf(file: string, config: string): Promise<LoadedPipeline[]> {
  let module: Record<string, unknown>;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SluiceError) throw new InvalidConfigError(file, [error.message], error.fix, error);
    throw loadFailed(file, error, `Correct it; it is named in ${config}. Nothing has been started.`);
  }
  return Object.values(module).flatMap((value) => {
    const definition = pipelineDefinition(value);
    if (definition === null) return [];
    return [{ name: definition.name, definition, workflow: value as LoadedPipeline['workflow'], file }];
  });
}
