import { createHash } from 'node:crypto';
import type { StorageDriverTargetInfo } from '@temporalio/common';
import { entryName } from '../store/entry-name.ts';

/**
 * The run that a payload belongs to: the first two parts of a workflow id, `<pipeline>/<key>`. The children of a large
 * map have ids that begin with their run's, so what the run hands to all of them is stored once.
 */
export interface PayloadOwner {
  readonly namespace: string;
  /** What the ids of all executions begin with that may refer to it. */
  readonly workflow: string;
}

export function ownerOf(target: StorageDriverTargetInfo | undefined): PayloadOwner {
  const id = target?.id ?? '';
  return { namespace: target?.namespace ?? '', workflow: id.split('/').slice(0, 2).join('/') };
}

/** Folder of everything that belongs to one owner. */
export function folderOf({ namespace, workflow }: PayloadOwner): string {
  return `${entryName(namespace)}/${entryName(workflow)}`;
}

/** File of these bytes: content-addressed below its owner, so written twice it is the same. */
export function payloadName(owner: PayloadOwner, bytes: Uint8Array): string {
  return `${folderOf(owner)}/${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Digest in a name that {@link payloadName} made; null for any other text. */
export function digestIn(name: string): string | null {
  const part = '[A-Za-z0-9~][A-Za-z0-9._=@+~-]*';
  return new RegExp(`^${part}/${part}/([0-9a-f]{64})$`).exec(name)?.[1] ?? null;
}
