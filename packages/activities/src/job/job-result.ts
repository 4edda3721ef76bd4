import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AttemptProgress,
  ErrorCode,
  type JobInput,
  type Json,
  type Lineage,
  type Model,
  SluiceError,
  type StepOutput,
} from '@sluice/sdk';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { pathBelow, pruneEmpty, type WorkDir } from './inputs/work-dir.ts';

/** What a trainer left, and said of it. */
export interface Leavings {
  readonly work: WorkDir;
  /** Path of the last `model` event. */
  readonly model: string | null;
  readonly result: { readonly value: Json } | null;
}

/** @throws SluiceError `NoModel`; `ProtocolError` when the model is not where it has to be. */
export async function storeModel(
  store: ArtifactStore,
  input: JobInput,
  left: Leavings,
  made: {
    readonly lineage: Lineage;
    readonly mlflowRunId: string | null;
    readonly metrics: AttemptProgress['metrics'];
  },
): Promise<Model> {
  const { ref } = input;
  const directory = left.model === null ? left.work.output : await modelDirectory(left.work, left.model);
  if (await pruneEmpty(directory)) {
    throw new SluiceError(ErrorCode.NoModel, 'The trainer ended well but left no model.', {
      fix: 'Write the model into the output directory of the step file (job.save_model does) before the script ends.',
    });
  }
  const files = await store.putTree(directory, 'model');
  return { ...files, kind: 'model', step: ref.step, keys: ref.keys, ...made };
}

export async function storeOutput(store: ArtifactStore, input: JobInput, left: Leavings): Promise<StepOutput> {
  const empty = await pruneEmpty(left.work.output);
  const files = empty ? null : await store.putTree(left.work.output, 'files');
  return { step: input.ref.step, keys: input.ref.keys, files, value: left.result?.value ?? null };
}

async function modelDirectory(work: WorkDir, path: string): Promise<string> {
  const real = await pathBelow(work.output, path, 'model', true);
  if ((await stat(real)).isDirectory()) return real;
  throw new SluiceError(ErrorCode.ProtocolError, `The model ${path} is a file; a model is a directory.`, {
    fix: `Name the directory it is in, ${join(real, '..')}.`,
  });
}
