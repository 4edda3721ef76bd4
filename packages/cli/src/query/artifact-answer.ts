import { type ArtifactStore, hexOf } from '@sluice/activities';
import { type Artifact, ErrorCode, type Json, SluiceError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { UsageError } from '../errors.ts';
import { artifactsIn } from '../records/artifacts.ts';
import { listRows } from '../records/rows.ts';
import type { Histories } from './histories.ts';
import { inputOf, resultOf } from './kept-steps.ts';

/** A step of a run. */
export interface Place {
  readonly run: string;
  readonly step: string;
}

export interface ArtifactAnswer {
  /** As the step that made it returned it, with all it says of it; else its bare reference. */
  readonly artifact: Json;
  readonly madeBy: readonly Place[];
  readonly usedBy: readonly Place[];
  /** Runs that were looked at, newest first: older ones may know more. */
  readonly lookedAt: number;
}

/**
 * An artifact by its digest or the beginning of it, and the steps of recent runs that made and used it.
 *
 * @param digest with or without `sha256:`; at least 8 digits
 * @throws SluiceError `NotFound`; `Usage` where the beginning fits more than one
 */
export async function artifactAnswer(
  client: Client,
  histories: Histories,
  store: ArtifactStore,
  digest: string,
  runs: number,
): Promise<ArtifactAnswer> {
  const hex = digest.replace(/^sha256:/, '').toLowerCase();
  if (!/^[0-9a-f]{8,64}$/.test(hex)) {
    throw new UsageError(`"${digest}" is no digest.`, 'Give at least its first 8 hexadecimal digits.');
  }
  const found = new Map<string, Json>();
  const [madeBy, usedBy]: [Place[], Place[]] = [[], []];
  const rows = await listRows(client, {}, runs);
  for (const { id } of rows) {
    for await (const kept of histories.all(client, id)) {
      const place = { run: id, step: kept.step };
      const made = artifactsOf(await resultOf(client, kept), hex);
      const used = artifactsOf((await inputOf(client, kept.input)).spec, hex);
      if (made.length > 0) madeBy.push(place);
      if (used.length > 0) usedBy.push(place);
      // What made it says the most of it.
      for (const one of [...made, ...used]) if (!found.has(one.digest)) found.set(one.digest, one as unknown as Json);
    }
  }
  if (found.size > 1) {
    throw new UsageError(
      `More than one artifact begins with ${hex}.`,
      `Give more of it: ${[...found.keys()].join(', ')}`,
    );
  }
  const artifact = [...found.values()][0] ?? (await inStore(store, hex));
  if (artifact !== null) return { artifact, madeBy, usedBy, lookedAt: rows.length };
  throw new SluiceError(ErrorCode.NotFound, `Nothing is known of the artifact ${digest}.`, {
    fix:
      hex.length === 64
        ? 'Neither the store nor a recent run has it; it may have been collected.'
        : `The last ${rows.length} runs do not name it; give its whole digest to look it up in the store.`,
  });
}

/** An artifact that no run names any more. What it is of is not known. */
async function inStore(store: ArtifactStore, hex: string): Promise<Json> {
  if (hex.length < 64) return null;
  for (const shape of ['tree', 'blob']) {
    const reference = { uri: `sluice:${shape}/${hex}`, digest: `sha256:${hex}` as const };
    if ((await store.verify(reference, 'sizes')) === null) return { kind: 'files', ...reference, bytes: null };
  }
  return null;
}

/** The artifacts in a value whose digest begins so, at any depth, each once, the outermost first. */
export function artifactsOf(value: unknown, hex: string): Artifact[] {
  const all = artifactsIn(value, true).map((found) => found.value);
  return all.filter(({ digest }) => hexOf(digest).startsWith(hex));
}
