import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command, Digest, JobSpec, Json, JsonObject } from '@sluice/sdk';

/** What a job's result depends on; a checkpoint of other digests belongs to other work. */
export interface WorkDigests {
  readonly code: Digest;
  readonly hyper: Digest;
  readonly data: Digest;
}

export async function workDigests(root: string, spec: JobSpec): Promise<WorkDigests> {
  return { code: await codeDigest(root, spec.run), hyper: hyperDigest(spec.hyper, spec.seed), data: dataDigest(spec) };
}

/**
 * Of a command: its words, and the paths and bytes of the files that its `code` globs name. Hidden folders,
 * `node_modules`, `site-packages` and `__pycache__` never count.
 */
export async function codeDigest(root: string, command: Command): Promise<Digest> {
  const paths = new Set<string>();
  for (const pattern of command.code) {
    const found = glob(pattern, { cwd: root, withFileTypes: true, exclude: (entry) => isForeign(entry.name) });
    for await (const entry of found) {
      if (entry.isFile()) paths.add(resolve(entry.parentPath, entry.name).slice(resolve(root).length + 1));
    }
  }
  const hash = createHash('sha256').update(canonical([command.interpreter, [...command.argv]]));
  for (const path of [...paths].sort()) hash.update(canonical([path, await fileDigest(resolve(root, path))]));
  return digestOf(hash);
}

export function hyperDigest(hyper: JsonObject, seed: number): Digest {
  return digestOf(createHash('sha256').update(canonical({ hyper, seed })));
}

/** Of everything a job reads: datasets by name, and models in their order. */
export function dataDigest(spec: Pick<JobSpec, 'data' | 'models'>): Digest {
  const data = Object.fromEntries(Object.entries(spec.data).map(([name, dataset]) => [name, dataset.digest]));
  const models = spec.models.map((model) => model.digest);
  return digestOf(createHash('sha256').update(canonical({ data, models })));
}

/** JSON with one spelling: keys sorted, no spaces, nothing undefined. */
export function canonical(value: Json): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** `sha256:0123abcd` */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 8);
}

/** A file that was changed so lately may be changed again without a newer time. */
const SETTLED_MS = 2000;
const MOST_KNOWN = 10_000;
/** Digests of files that have not changed since, by path. */
const known = new Map<string, { readonly identity: string; readonly digest: string }>();

async function fileDigest(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const identity = [dev, ino, size, mtimeNs, ctimeNs].join();
  const found = known.get(path);
  if (found?.identity === identity) return found.digest;
  const digest = await hashFile(path);
  if (known.size >= MOST_KNOWN) known.clear();
  if (Number(ctimeNs / 1_000_000n) < Date.now() - SETTLED_MS) known.set(path, { identity, digest });
  return digest;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function isForeign(name: string): boolean {
  const hidden = name.startsWith('.') && name !== '.' && name !== '..';
  return hidden || name === 'node_modules' || name === 'site-packages' || name === '__pycache__';
}

function digestOf(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`;
}
