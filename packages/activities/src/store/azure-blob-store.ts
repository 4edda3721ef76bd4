import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@sluice/sdk';
import { everyone } from './artifact-store.ts';
import { type Address, addressOf, artifactOf, checkedAddress, corrupt, nameOf, notFound } from './artifact-uri.ts';
import { type AzureBlobStoreOptions, lazyContainer } from './azure-container.ts';
import { onAzure } from './azure-error.ts';
import { azureListing } from './azure-listing.ts';
import { pointerName, readAzurePointer, swapAzurePointer } from './azure-pointer.ts';
import { azureSweep } from './azure-sweep.ts';
import {
  digestBlob,
  distrust,
  downloadFile,
  downloadText,
  type Source,
  sourceOf,
  uploadFile,
  uploadText,
} from './azure-transfer.ts';
import { entryName } from './entry-name.ts';
import { allOf, inParallel } from './in-parallel.ts';
import { listTree } from './list-tree.ts';
import { materializeBlob, materializeTree } from './materialize.ts';
import { localSource } from './storage-error.ts';
import type { SweepableStore } from './store-sweep.ts';
import { manifestBytes, manifestHex, manifestText, parseManifest, type TreeManifest } from './tree-manifest.ts';

/**
 * Artifacts in an Azure Blob Storage container, laid out as in a file store. A tree's manifest is written last, so a
 * tree is there whole or not at all; pointers change under an ETag's condition.
 */
export function azureBlobStore(options: AzureBlobStoreOptions): SweepableStore {
  const container = lazyContainer(options);
  const prefix = options.prefix ? `${options.prefix.replace(/^\/+|\/+$/g, '')}/` : '';
  const place = `${options.url ?? 'azure-blob:'}/${options.container}/${prefix}`.replace(/([^:/])\/+/g, '$1/');
  const listing = azureListing(container, prefix);
  const { blobAt, deleteUnchanged } = listing;
  const rootOf = ({ shape, hex }: Address) => `${shape}s/${hex}`;
  const pointerAt = (key: string) => blobAt(pointerName(key));

  async function hold(address: Address, holder: string, kind: Artifact['kind']): Promise<void> {
    const blob = await blobAt(`holders/${nameOf(address)}/${entryName(holder)}`);
    await blob.upload('', 0, { metadata: { kind } });
  }

  async function manifestOf(artifact: Pick<Artifact, 'uri'>, address: Address): Promise<TreeManifest> {
    const name = `${rootOf(address)}/manifest.json`;
    const found = await downloadText(await blobAt(name));
    if (found === null) throw notFound(artifact, place + name);
    const manifest = parseManifest(found.text, address.hex);
    if (manifest === null) throw corrupt(artifact, place + name, 'its list of files does not have its digest.');
    return manifest;
  }

  async function damageOfBlob(address: Address, how: 'sizes' | 'digests'): Promise<string | null> {
    const blob = await blobAt(rootOf(address));
    if (how === 'sizes') return (await blob.exists()) ? null : `${blob.url} is not there.`;
    const found = await digestBlob(blob);
    if (found === null) return `${blob.url} is not there.`;
    if (found.sha256 === address.hex) return null;
    await distrust(blob, found.etag);
    return `${blob.url} has the digest ${found.sha256}.`;
  }

  async function damageOfTree(address: Address, how: 'sizes' | 'digests'): Promise<string | null> {
    const found = await downloadText(await blobAt(`${rootOf(address)}/manifest.json`));
    if (found === null) return `${place}${rootOf(address)} is not there.`;
    const manifest = parseManifest(found.text, address.hex);
    if (manifest === null) return `${place}${rootOf(address)} has a list of files that does not have its digest.`;
    const sizes = new Map(
      (await allOf(listing.list(`${rootOf(address)}/files/`))).map(({ name, bytes }) => [name, bytes]),
    );
    for (const file of manifest.files) {
      const name = `${rootOf(address)}/files/${file.sha256}`;
      const size = sizes.get(name);
      if (size === undefined) return `${file.path}: ${place}${name} is not there.`;
      if (size !== file.bytes) return `${file.path}: ${place}${name} has ${size} bytes instead of ${file.bytes}.`;
      if (how === 'sizes') continue;
      const blob = await blobAt(name);
      const found = await digestBlob(blob);
      if (found?.sha256 === file.sha256) continue;
      if (found !== null) await distrust(blob, found.etag);
      return `${file.path}: ${place}${name} has the digest ${found?.sha256 ?? 'of nothing'}.`;
    }
    return null;
  }

  /**
   * Deletes an artifact that nobody holds. Every put becomes a holder first and then writes or touches each blob. So
   * either the list of holders shows it, or its touch comes after the ETags were read here: then the deletion of that
   * blob fails by its condition, or came before and the put uploads the blob again.
   */
  async function deleteUnheld(address: Address): Promise<void> {
    const blobs = await allOf(listing.list(address.shape === 'blob' ? rootOf(address) : `${rootOf(address)}/`));
    if ((await allOf(listing.list(`holders/${nameOf(address)}/`))).length > 0) return;
    const [manifests, files] = [blobs.filter(isManifest), blobs.filter((blob) => !isManifest(blob))];
    for (const manifest of manifests) if (!(await deleteUnchanged(manifest))) return;
    await inParallel(files, 8, deleteUnchanged);
  }

  return {
    putFile: (path, kind, holder = everyone) =>
      onAzure(place, async () => {
        const source = await readSource(path);
        const address: Address = { shape: 'blob', hex: source.sha256 };
        await hold(address, holder, kind);
        await uploadFile(await blobAt(rootOf(address)), source);
        return artifactOf(address, kind, source.bytes);
      }),

    putText: (text, kind, holder = everyone) =>
      onAzure(place, async () => {
        const address: Address = { shape: 'blob', hex: manifestHex(text) };
        await hold(address, holder, kind);
        await uploadText(await blobAt(rootOf(address)), text);
        return artifactOf(address, kind, Buffer.byteLength(text, 'utf8'));
      }),

    putTree: (directory, kind, holder = everyone) =>
      onAzure(place, async () => {
        const files = await inParallel(await listTree(directory), 4, async (path) => {
          return { name: path, source: await readSource(join(directory, path)) };
        });
        const listed = files.map(({ name, source: { bytes, sha256 } }) => ({ path: name, bytes, sha256 }));
        const text = manifestText(listed);
        const address: Address = { shape: 'tree', hex: manifestHex(text) };
        await hold(address, holder, kind);
        const distinct = [...new Map(files.map(({ source }) => [source.sha256, source])).values()];
        await inParallel(distinct, 4, async (source) => {
          await uploadFile(await blobAt(`${rootOf(address)}/files/${source.sha256}`), source);
        });
        await uploadText(await blobAt(`${rootOf(address)}/manifest.json`), text);
        return artifactOf(address, kind, manifestBytes({ files: listed }));
      }),

    getText: (artifact) =>
      onAzure(place, async () => {
        const address = checkedAddress(artifact);
        const blob = await blobAt(rootOf(address));
        const found = address.shape === 'blob' ? await downloadText(blob) : null;
        if (found === null) throw notFound(artifact, place + rootOf(address));
        if (manifestHex(found.text) !== address.hex) {
          await distrust(blob, found.etag);
          throw corrupt(artifact, place + rootOf(address), 'its bytes do not have its digest.');
        }
        return found.text;
      }),

    fetch: (artifact, path, signal) =>
      onAzure(place, async () => {
        const address = checkedAddress(artifact);
        const copy = async (name: string, sha256: string, to: string) => {
          const blob = await blobAt(name);
          const copied = await downloadFile(blob, to);
          if (copied === null) throw notFound(artifact, place + name);
          if (copied.sha256 !== sha256) await distrust(blob, copied.etag);
          return copied;
        };
        if (address.shape === 'blob') {
          await materializeBlob(artifact, address.hex, path, (to) => copy(rootOf(address), address.hex, to), signal);
        } else {
          const manifest = await manifestOf(artifact, address);
          await materializeTree(
            artifact,
            manifest,
            path,
            (sha256, to) => copy(`${rootOf(address)}/files/${sha256}`, sha256, to),
            signal,
          );
        }
      }),

    verify: (artifact, how) =>
      onAzure(place, async () => {
        const address = checkedAddress(artifact);
        return address.shape === 'blob' ? await damageOfBlob(address, how) : await damageOfTree(address, how);
      }),

    files: (artifact) =>
      onAzure(place, async () => {
        const address = addressOf(artifact);
        if (address.shape === 'tree') return (await manifestOf(artifact, address)).files;
        const blob = await blobAt(rootOf(address));
        if (!(await blob.exists())) throw notFound(artifact, blob.url);
        return [{ path: '', bytes: (await blob.getProperties()).contentLength ?? 0 }];
      }),

    readPointer: (key) =>
      onAzure(place, async () => {
        const found = await readAzurePointer(await pointerAt(key));
        return found && { value: found.value, version: found.version };
      }),
    swapPointer: (key, expected, value) =>
      onAzure(place, async () => await swapAzurePointer(await pointerAt(key), key, expected, value)),

    discard: (artifacts, keep, holder = everyone) =>
      onAzure(place, async () => {
        const kept = new Set(keep.map((artifact) => artifact.uri));
        for (const artifact of artifacts) {
          if (kept.has(artifact.uri)) continue;
          const address = addressOf(artifact);
          await (await blobAt(`holders/${nameOf(address)}/${entryName(holder)}`)).deleteIfExists();
          await deleteUnheld(address);
        }
      }),

    locate: (artifact) => place + rootOf(addressOf(artifact)),
    ...azureSweep(listing, place),
  };
}

async function readSource(path: string): Promise<Source> {
  return await localSource(path, async () => await sourceOf(path, (await stat(path)).size));
}

function isManifest({ name }: { readonly name: string }): boolean {
  return name.endsWith('/manifest.json');
}
