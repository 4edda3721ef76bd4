import { access, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Artifact } from '@sluice/sdk';
import { everyone } from './artifact-store.ts';
import { type Address, addressOf, artifactOf, checkedAddress, corrupt, nameOf, notFound } from './artifact-uri.ts';
import { copyDurably, copyOut, type OnWrite, syncDirectory, writeDurably } from './durable-file.ts';
import { filePointers } from './file-pointer.ts';
import { draftPath, sweepScratch } from './file-scratch.ts';
import { fileShelf } from './file-shelf.ts';
import { fileSweep } from './file-sweep.ts';
import { inParallel } from './in-parallel.ts';
import { listTree } from './list-tree.ts';
import { materializeBlob, materializeTree } from './materialize.ts';
import { isMissing, localSource, onDisk } from './storage-error.ts';
import type { SweepableStore } from './store-sweep.ts';
import { manifestBytes, manifestHex, manifestText, parseManifest, type TreeManifest } from './tree-manifest.ts';

export interface FileStoreOptions {
  /** Called before every step that changes the disk. For tests. */
  readonly onWrite?: OnWrite;
}

/**
 * Artifacts in a folder, for any number of processes at once. What is stored is written below `tmp/`, forced onto the
 * disk and then renamed into place, so a process may die at any point and leaves garbage at most, which is removed a
 * day later.
 *
 * ```
 * blobs/<hex>                    one file
 * trees/<hex>/manifest.json      paths, sizes and digests
 * trees/<hex>/files/<sha256>     the bytes
 * holders/<blob|tree>-<hex>/…    who needs it
 * pointers/<key>/<n>.json        versions of a pointer
 * tmp/
 * ```
 */
export function fileStore(root: string, options: FileStoreOptions = {}): SweepableStore {
  const base = resolve(root);
  const onWrite = options.onWrite ?? (() => {});
  const shelf = fileShelf(base, onWrite);
  const { scratch, holders, placeOf, damage, restore } = shelf;
  const pointers = filePointers(join(base, 'pointers'), scratch, onWrite);

  /** Stores what `write` leaves at a draft path. */
  async function put(
    kind: Artifact['kind'],
    holder: string,
    write: (draft: string) => Promise<{ readonly address: Address; readonly bytes: number }>,
  ): Promise<Artifact> {
    return await onDisk(base, async () => {
      const draft = draftPath(scratch);
      await mkdir(scratch, { recursive: true });
      try {
        const { address, bytes } = await write(draft);
        await shelf.putInPlace(draft, address, holder, kind);
        return artifactOf(address, kind, bytes);
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
    });
  }

  async function manifestOf(artifact: Pick<Artifact, 'uri'>, address: Address): Promise<TreeManifest> {
    const place = join(placeOf(address), 'manifest.json');
    let text: string;
    try {
      text = await readFile(place, 'utf8');
    } catch (error) {
      throw isMissing(error) ? notFound(artifact, place) : error;
    }
    const manifest = parseManifest(text, address.hex);
    if (manifest === null) throw corrupt(artifact, place, 'its list of files does not have its digest.');
    return manifest;
  }

  void sweepScratch(scratch, restore).catch(() => {}); // a courtesy to the disk: nothing depends on it

  return {
    putFile: (path, kind, holder = everyone) =>
      put(kind, holder, async (draft) => {
        const { sha256, bytes } = await localSource(path, () => copyDurably(path, draft, options.onWrite));
        return { address: { shape: 'blob', hex: sha256 }, bytes };
      }),

    putText: (text, kind, holder = everyone) =>
      put(kind, holder, async (draft) => {
        await writeDurably(text, draft, onWrite);
        return { address: { shape: 'blob', hex: manifestHex(text) }, bytes: Buffer.byteLength(text, 'utf8') };
      }),

    putTree: (directory, kind, holder = everyone) =>
      put(kind, holder, async (draft) => {
        const paths = await listTree(directory);
        await onWrite(`make ${draft}`);
        await mkdir(join(draft, 'files'), { recursive: true });
        const files = await inParallel(paths, 4, async (path, index) => {
          const part = join(draft, 'files', `part-${index}`);
          const { sha256, bytes } = await localSource(path, () =>
            copyDurably(join(directory, path), part, options.onWrite),
          );
          await onWrite(`name ${part}`);
          await rename(part, join(draft, 'files', sha256));
          return { path, bytes, sha256 };
        });
        const text = manifestText(files);
        await writeDurably(text, join(draft, 'manifest.json'), onWrite);
        await syncDirectory(join(draft, 'files'));
        await syncDirectory(draft);
        return { address: { shape: 'tree', hex: manifestHex(text) }, bytes: manifestBytes({ files }) };
      }),

    getText: (artifact) =>
      onDisk(base, async () => {
        const address = checkedAddress(artifact);
        const place = placeOf(address);
        const text = await readFile(place, 'utf8').catch((error) => {
          throw isMissing(error) || address.shape === 'tree' ? notFound(artifact, place) : error;
        });
        if (manifestHex(text) !== address.hex) throw corrupt(artifact, place, 'its bytes do not have its digest.');
        return text;
      }),

    fetch: (artifact, path, signal) =>
      onDisk(base, async () => {
        const address = checkedAddress(artifact);
        const place = placeOf(address);
        const copy = async (from: string, to: string) => {
          await access(from).catch(() => {
            throw notFound(artifact, from);
          });
          return await copyOut(from, to);
        };
        if (address.shape === 'blob') {
          await materializeBlob(artifact, address.hex, path, (to) => copy(place, to), signal);
        } else {
          const manifest = await manifestOf(artifact, address);
          await materializeTree(
            artifact,
            manifest,
            path,
            (sha256, to) => copy(join(place, 'files', sha256), to),
            signal,
          );
        }
      }),

    verify: (artifact, how) => onDisk(base, () => damage(checkedAddress(artifact), how)),

    files: (artifact) =>
      onDisk(base, async () => {
        const address = addressOf(artifact);
        if (address.shape === 'tree') return (await manifestOf(artifact, address)).files;
        const place = placeOf(address);
        const { size } = await stat(place).catch((error) => {
          throw isMissing(error) ? notFound(artifact, place) : error;
        });
        return [{ path: '', bytes: size }];
      }),

    readPointer: (key) => onDisk(base, () => pointers.read(key)),
    swapPointer: (key, expected, value) => onDisk(base, () => pointers.swap(key, expected, value)),

    /**
     * Whoever puts an artifact first becomes its holder and then puts it in place. So one who finds no holder after
     * the artifact was moved away knows that every put that is under way will put it in place again.
     */
    discard: (artifacts, keep, holder = everyone) =>
      onDisk(base, async () => {
        const kept = new Set(keep.map((artifact) => artifact.uri));
        for (const artifact of artifacts) {
          if (kept.has(artifact.uri)) continue;
          const address = addressOf(artifact);
          await holders.remove(nameOf(address), holder);
          if (await holders.any(nameOf(address))) continue;
          const trash = await shelf.moveAway(address);
          if (trash === null) continue;
          await restore(address, trash);
        }
      }),

    locate: (artifact) => placeOf(addressOf(artifact)),
    ...fileSweep(shelf, pointers),
  };
}
