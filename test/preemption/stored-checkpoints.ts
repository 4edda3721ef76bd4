import { chmod, open, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@sluice/sdk';
import { lineKey } from '../../packages/activities/src/job/checkpoints/checkpoint-line.ts';
import { type LineState, parseLine } from '../../packages/activities/src/job/checkpoints/manifest.ts';
import { fileStore } from '../../packages/activities/src/store/file-store.ts';
import type { ProjectStack, RunHandle } from '../harness/project.ts';

/** The committed checkpoints of a run's job, and who may add to them. */
export async function checkpointsOf({ root }: ProjectStack, { workflowId }: RunHandle): Promise<LineState> {
  const key = lineKey({ workflowId, step: 'model' });
  const pointer = await fileStore(join(root, '.sluice/store')).readPointer(key);
  if (pointer === null) throw new Error(`${key} has no pointer`);
  return parseLine(key, pointer.value);
}

/** Ways in which a disk or a person spoils a stored checkpoint. */
export const damages = {
  'a truncated file': async (tree: StoredTree) => truncate(tree.file, Math.floor((await stat(tree.file)).size / 2)),
  'a flipped bit': (tree: StoredTree) => flipBit(tree.file),
  'a missing file': (tree: StoredTree) => rm(tree.file),
  'all files missing': (tree: StoredTree) => rm(tree.folder, { recursive: true }),
} as const;

interface StoredTree {
  readonly folder: string;
  /** The one file of the tiny project's checkpoints. */
  readonly file: string;
}

/** Where the store keeps a checkpoint; its bytes are made writable. */
export async function storedTree({ root }: ProjectStack, artifact: Artifact): Promise<StoredTree> {
  const folder = fileStore(join(root, '.sluice/store')).locate(artifact);
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as { files: { sha256: string }[] };
  const file = join(folder, 'files', manifest.files[0]?.sha256 ?? '');
  await chmod(file, 0o644);
  return { folder, file };
}

async function flipBit(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, 3);
    await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 3);
  } finally {
    await file.close();
  }
}
