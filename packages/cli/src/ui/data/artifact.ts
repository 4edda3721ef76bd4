import type { Artifact, Dataset, Digest, Model } from '@sluice/sdk';
import { ErrorCode, errorCode } from '@sluice/sdk';
import type { ArtifactLink, ArtifactView } from '@sluice/ui/api';
import type { Client } from '@temporalio/client';
import { UsageError } from '../../errors.ts';
import { artifactsIn } from '../../records/artifacts.ts';
import { digestsLike, type Ties, tiesOf } from '../../records/lineage.ts';
import type { Sources, TemporalSource } from '../../records/sources.ts';
import { stepWork } from '../../records/step-work.ts';
import type { RunTrace, Traces } from '../../records/traces.ts';
import { notFound } from '../trouble.ts';
import { profileView } from './profile.ts';

/** Files that are listed. */
const MOST_FILES = 500;

/** One artifact: what is in it, who made it out of what, and who used it for what. */
export async function artifactView(
  sources: Sources,
  temporal: TemporalSource,
  traces: Traces,
  asked: string,
): Promise<ArtifactView> {
  const hex = hexOf(asked);
  const runs = await traces.recent(temporal);
  const digest = wholeDigest(hex, runs);
  const ties = tiesOf(digest, runs);
  const stored = await storedAs(sources, digest);
  const whole = await madeValue(temporal.client, digest, ties, runs);
  const value = whole ?? { kind: 'files' as const, uri: stored.uri };
  const link: ArtifactLink = {
    name: ties.link?.name ?? digest.slice(7, 19),
    kind: ties.link?.kind ?? value.kind,
    digest,
    bytes: stored.files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const dataset = value.kind === 'dataset' ? (value as Dataset) : null;
  const model = value.kind === 'model' ? (value as Model) : null;
  const profile =
    dataset === null ? null : profileView(await sources.store.getText(dataset.profile).catch(nothingThere));
  return {
    link,
    uri: stored.uri,
    files: stored.files.slice(0, MOST_FILES).map(({ path, bytes }) => ({ path, bytes })),
    moreFiles: Math.max(0, stored.files.length - MOST_FILES),
    rows: profile?.rows ?? dataset?.rows ?? null,
    columns: profile?.columns ?? [],
    checks: profile?.checks ?? dataset?.evidence ?? [],
    verdict: dataset?.verdict ?? null,
    metrics: model?.metrics ?? {},
    lineage: model?.lineage ?? null,
    madeBy: ties.madeBy,
    usedBy: ties.usedBy,
    from: ties.from,
    into: ties.into,
    lookedAt: runs.length,
  };
}

/** @throws SluiceError `Usage` for what is no digest */
export function hexOf(asked: string): string {
  const hex = asked
    .toLowerCase()
    .replace(/^sha256:/, '')
    .replace(/^sluice:(blob|tree)\//, '');
  if (/^[0-9a-f]{8,64}$/.test(hex)) return hex;
  if (/^[0-9a-f]{1,7}$/.test(hex)) throw new UsageError('A digest needs at least 8 of its digits.');
  throw new UsageError(`"${asked.slice(0, 80)}" is not a digest.`, 'Give 8 to 64 hexadecimal digits.');
}

/** A short digest names what recent runs know; a whole one anything in the store. */
function wholeDigest(hex: string, runs: readonly RunTrace[]): Digest {
  if (hex.length === 64) return `sha256:${hex}`;
  const found = digestsLike(hex, runs);
  const [first] = found;
  if (first === undefined) {
    throw notFound(
      `artifact whose digest begins with ${hex} in the newest ${runs.length} runs`,
      'Give all 64 digits for one of older runs.',
    );
  }
  if (found.length > 1) throw new UsageError(`${found.length} artifacts begin with ${hex}.`, 'Give more digits.');
  return first as Digest;
}

/** A tree or a blob: the digest alone does not say which. @throws SluiceError `NotFound` */
async function storedAs({ store }: Sources, digest: Digest) {
  const hex = digest.slice(7);
  const shapes = [`sluice:tree/${hex}`, `sluice:blob/${hex}`] as const;
  for (const uri of shapes) {
    try {
      return { uri, files: await store.files({ uri }) };
    } catch (error) {
      if (errorCode(error) !== ErrorCode.NotFound) throw error;
    }
  }
  throw notFound(
    `artifact ${digest} in the store`,
    'It was collected by sluice gc, or it lies in the store of another project.',
  );
}

/** The whole value as the step that made it returned it. */
async function madeValue(
  client: Client,
  digest: string,
  { madeBy }: Ties,
  runs: readonly RunTrace[],
): Promise<Artifact | null> {
  for (const { run, step } of madeBy.slice(0, 3)) {
    const execution = runs.find((one) => one.execution.workflowId === run)?.execution;
    if (execution === undefined) continue;
    const works = await stepWork(client, execution, step);
    for (const { result } of works) {
      const found = artifactsIn(result, true).find((one) => one.digest === digest);
      if (found !== undefined) return found.value;
    }
  }
  return null;
}

function nothingThere(): string {
  return '{}';
}
