import type { StepRef } from '@sluice/sdk';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import { lineKey } from './checkpoint-line.ts';
import { type Manifest, parseLine } from './manifest.ts';

/** The checkpoints of a step that are still there, oldest first. For looking: it claims nothing. */
export async function keptCheckpoints(
  store: Pick<ArtifactStore, 'readPointer'>,
  ref: Pick<StepRef, 'workflowId' | 'step'>,
): Promise<readonly Manifest[]> {
  const key = lineKey(ref);
  const pointer = await store.readPointer(key);
  return pointer === null ? [] : parseLine(key, pointer.value).manifests;
}
