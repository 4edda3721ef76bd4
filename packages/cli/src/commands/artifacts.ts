import { access } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { openStore } from '@sluice/activities/store';
import type { Artifact, Dataset, Model } from '@sluice/sdk';
import { ErrorCode, errorCode } from '@sluice/sdk';
import type { LoadedConfig } from '../config/load-config.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatBytes, shortDigest } from '../follow/format.ts';
import { artifactLines } from '../look/artifact-lines.ts';
import { datasetDiffLines, diffColumns } from '../look/diff-datasets.ts';
import { diffFiles, fileDiffLines, modelDiffLines } from '../look/diff-models.ts';
import { type FoundArtifact, findArtifact, type LookServer, type LookStore, madeBy } from '../look/find-artifact.ts';
import { parseProfile } from '../look/profile-lines.ts';
import { parseReferences } from '../look/reference.ts';
import { connectClient, temporalTarget } from '../run/temporal-target.ts';
import { onInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { type CommonOptions, loadProject } from './project.ts';

export interface GetOptions extends CommonOptions {
  readonly to?: string;
}

/** `sluice artifacts show DIGEST` or `RUN STEP` */
export async function artifactsShowCommand(
  words: readonly string[],
  options: CommonOptions,
  io: Io,
): Promise<ExitCode> {
  const [reference] = parseReferences(words, 1);
  if (reference === undefined) throw new UsageError('Name an artifact.');
  return looking(options, reference.by === 'step' ? 'needed' : 'helpful', async (store, server) => {
    const found = await findArtifact(reference, store, server);
    const profile = await profileOf(found.artifact, store);
    const place = store.locate(found.artifact);
    io.object({ type: 'artifact', ...found, place, profile });
    for (const line of artifactLines({ ...found, place, profile }, io)) io.line(line);
    return ExitCode.done;
  });
}

/** `sluice artifacts get DIGEST` or `RUN STEP` */
export async function artifactsGetCommand(words: readonly string[], options: GetOptions, io: Io): Promise<ExitCode> {
  const [reference] = parseReferences(words, 1);
  if (reference === undefined) throw new UsageError('Name an artifact.');
  return looking(options, reference.by === 'step' ? 'needed' : 'not needed', async (store, server) => {
    const step =
      reference.by === 'step' && server !== null ? await madeBy(reference.run, reference.step, server) : null;
    const artifact = step?.artifact ?? (await findArtifact(reference, store, null)).artifact;
    const path = resolve(options.to ?? fileNameOf(artifact, step?.work.step ?? null));
    await mustBeFree(path, options.to);
    if (!(await fetched(store, artifact, path))) {
      io.note(`Stopped; nothing was written to ${path}.`);
      // The kernel goes on copying a large file, and an exit waits for that: the signal of old does not.
      process.kill(process.pid, 'SIGINT');
      return ExitCode.interrupted;
    }
    io.object({ type: 'fetched', digest: artifact.digest, kind: artifact.kind, path });
    io.line(
      `${io.paint('good', artifact.kind)} ${shortDigest(artifact.digest)}${artifact.bytes > 0 ? `, ${formatBytes(artifact.bytes)}` : ''}: ${io.paint('name', path)}`,
    );
    return ExitCode.done;
  });
}

/** @returns false where Ctrl-C was pressed before it was all there */
async function fetched(store: LookStore, artifact: Artifact, path: string): Promise<boolean> {
  const { signal, release } = onInterrupt();
  try {
    await store.fetch(artifact, path, signal);
    return true;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return false;
    throw error;
  } finally {
    release();
  }
}

/** `sluice artifacts diff A B` */
export async function artifactsDiffCommand(
  words: readonly string[],
  options: CommonOptions,
  io: Io,
): Promise<ExitCode> {
  const [one, other] = parseReferences(words, 2);
  if (one === undefined || other === undefined) throw new UsageError('Name two artifacts.');
  return looking(options, one.by === 'step' || other.by === 'step' ? 'needed' : 'helpful', async (store, server) => {
    const a = await findArtifact(one, store, server);
    const b = await findArtifact(other, store, server);
    if (a.artifact.kind !== b.artifact.kind) {
      throw new UsageError(
        `A ${a.artifact.kind} and a ${b.artifact.kind} cannot be compared.`,
        'Name two datasets, two models, or two of files.',
      );
    }
    const [left, right] = [await profileOf(a.artifact, store), await profileOf(b.artifact, store)];
    const columns = left !== null && right !== null ? diffColumns(left, right) : null;
    io.object({ type: 'artifact-diff', a: a.artifact, b: b.artifact, columns, files: diffFiles(a.files, b.files) });
    io.line(
      `${a.artifact.kind} ${io.paint('name', shortDigest(a.artifact.digest))} → ${io.paint('name', shortDigest(b.artifact.digest))}`,
    );
    if (a.artifact.digest === b.artifact.digest) io.line('They are one artifact: the same bytes.');
    else if (left !== null && right !== null)
      for (const line of datasetDiffLines(left, right, io.columns)) io.line(line);
    else for (const line of otherDiffLines(a, b, io.columns)) io.line(line);
    return ExitCode.done;
  });
}

function otherDiffLines(a: FoundArtifact, b: FoundArtifact, width: number): string[] {
  const files = fileDiffLines(a.files, b.files, width);
  if (a.artifact.kind === 'dataset')
    return [...files, 'Of one of the two no run is known that made it, so its profile is not known.'];
  return a.artifact.kind === 'model'
    ? [
        ...modelDiffLines(a.artifact as Partial<Model>, b.artifact as Partial<Model>, width, [a.hyper, b.hyper]),
        ...files,
      ]
    : files;
}

/** Of a dataset its profile; of a report that is one, itself. */
async function profileOf(artifact: Artifact, store: LookStore) {
  const { profile } = artifact as Partial<Dataset>;
  if (profile !== undefined) return parseProfile(await store.getText(profile));
  if (artifact.kind !== 'report' || artifact.bytes > 64_000_000) return null;
  return parseProfile(await store.getText(artifact));
}

/**
 * Runs on the project's store, and on its server where one answers: a digest names an artifact without it.
 *
 * @param server whether one that does not answer is an error, or is not even asked
 */
async function looking(
  options: CommonOptions,
  server: 'needed' | 'helpful' | 'not needed',
  look: (store: LookStore, server: LookServer | null) => Promise<ExitCode>,
): Promise<ExitCode> {
  const loaded = await loadProject(options);
  const store = openStore(loaded.config.store, loaded.root);
  const connected = server === 'not needed' ? null : await serverOf(options, loaded, server === 'needed');
  try {
    return await look(store, connected);
  } finally {
    await connected?.close();
  }
}

async function serverOf(options: CommonOptions, loaded: LoadedConfig, needed: boolean) {
  const target = await temporalTarget({ address: options.address, namespace: options.namespace, loaded });
  try {
    return { target, ...(await connectClient(target)) };
  } catch (error) {
    if (needed || options.address !== undefined || errorCode(error) !== ErrorCode.Unreachable) throw error;
    return null;
  }
}

/** A step's name with what its kind ends in; a digest where no step is named. */
function fileNameOf(artifact: Artifact, step: string | null): string {
  const name = step === null ? `${artifact.kind}-${shortDigest(artifact.digest)}` : basename(step.replaceAll('=', '-'));
  const isFile = artifact.uri.startsWith('sluice:blob/');
  return isFile ? `${name}${{ dataset: '.parquet', report: '.json' }[artifact.kind as string] ?? ''}` : name;
}

async function mustBeFree(path: string, given: string | undefined): Promise<void> {
  const free = await access(path).then(
    () => false,
    () => true,
  );
  if (free) return;
  throw new UsageError(
    `There is something at ${path} already.`,
    `${given === undefined ? 'Give' : 'Give another path by'} --to PATH; nothing was written.`,
  );
}
