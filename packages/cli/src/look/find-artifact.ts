import type { ArtifactStore } from '@sluice/activities';
import { inParallel } from '@sluice/activities/store';
import type { Artifact, Digest } from '@sluice/sdk';
import { ErrorCode, errorCode, SluiceError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from '../errors.ts';
import { type DoneStep, readRun } from '../records/run-record.ts';
import { findRun } from '../run/find-run.ts';
import { listRuns } from '../run/list-runs.ts';
import { temporalCall } from '../run/temporal-call.ts';
import type { TemporalTarget } from '../run/temporal-target.ts';
import type { Reference } from './reference.ts';
import { lastOf, resultOf, stepsNamed } from './results.ts';
import { type ReadRun, type Ties, tiesOf } from './ties.ts';

/** What the store gives for looking. */
export type LookStore = Pick<ArtifactStore, 'files' | 'getText' | 'fetch' | 'locate'> & {
  artifacts(): AsyncIterable<{ readonly uri: string; readonly kind: Artifact['kind'] | null }>;
};

/** Temporal, for looking; null where no server answers, and then no run can tell what an artifact is. */
export interface LookServer {
  readonly client: Client;
  readonly target: TemporalTarget;
}

export interface FoundArtifact extends Ties {
  /** With all that its step said of it, where a run is known that made it; else as it lies in the store. */
  readonly artifact: Artifact;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256?: string }[];
  /** Runs that were looked at for who made and used it. */
  readonly lookedAt: number;
}

/** Newest runs that are looked at, and histories that are read at once. */
const LOOKED_AT = 50;
const AT_ONCE = 4;

/** @throws SluiceError `NotFound`, `RunNotFound`, `Usage` */
export async function findArtifact(
  reference: Reference,
  store: LookStore,
  server: LookServer | null,
): Promise<FoundArtifact> {
  if (reference.by === 'digest') {
    const stored = await storedArtifact(reference, store);
    const runs = server === null ? [] : await recentRuns(server);
    const ties = tiesOf(stored.digest, runs);
    const files = await store.files(stored);
    const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
    return { ...ties, artifact: ties.artifact ?? { ...stored, bytes }, files, lookedAt: runs.length };
  }
  if (server === null)
    throw new UsageError('Steps of runs are known to the server only.', 'Name the artifact by its digest.');
  const made = await madeBy(reference.run, reference.step, server);
  const runs = [made.run, ...(await recentRuns(server)).filter(({ run }) => run !== made.run.run)];
  const files = await store.files(made.artifact);
  return { ...tiesOf(made.artifact.digest, runs), artifact: made.artifact, files, lookedAt: runs.length };
}

/** What a step of a run made, without looking who else made or used it. @throws SluiceError */
export async function madeBy(
  name: string,
  stepName: string,
  { client, target }: LookServer,
): Promise<{ readonly artifact: Artifact; readonly run: ReadRun; readonly work: DoneStep }> {
  const { workflowId, runId } = await findRun(client, target, name);
  const works = await worksOf(client, workflowId, runId, stepName);
  const last = lastOf(works);
  const steps = stepsNamed(stepName, last.keys());
  const [step] = steps;
  const run = { run: workflowId, commit: null, by: null, works };
  if (step === undefined) {
    throw new UsageError(
      `No step "${stepName}" of ${workflowId} has made anything.${didYouMean(stepName, [...last.keys()])}`,
      last.size === 0
        ? 'None of its steps has ended.'
        : `These have ended: ${[...last.keys()].slice(0, 30).join(', ')}`,
    );
  }
  if (steps.length > 1) {
    throw new UsageError(
      `${steps.length} steps of ${workflowId} are called ${stepName}.`,
      `Name one: ${steps.slice(0, 30).join(', ')}`,
    );
  }
  const work = last.get(step);
  const { artifact = null } = work === undefined ? {} : resultOf(work);
  if (work === undefined || artifact === null) {
    throw new UsageError(
      `The step ${step} of ${workflowId} left no files.`,
      `What it reported: sluice status ${workflowId} --step ${step}`,
    );
  }
  return { artifact, run, work };
}

/** The steps of a run; those of its large maps only where the run itself has none of that name. */
export async function worksOf(
  client: Client,
  workflowId: string,
  runId: string,
  step: string,
): Promise<readonly DoneStep[]> {
  const own = await readRun(client, { workflowId, runId });
  if (own.slices.length === 0 || stepsNamed(step, lastOf(own.works).keys()).length > 0) return own.works;
  const parts = await inParallel(own.slices, AT_ONCE, (slice) => readRun(client, slice));
  return [...own.works, ...parts.flatMap(({ works }) => works)];
}

async function recentRuns({ client, target }: LookServer): Promise<ReadRun[]> {
  const { runs } = await listRuns(client, target, { limit: LOOKED_AT });
  const read = await inParallel(runs, AT_ONCE, async ({ workflowId, runId, commit, by }): Promise<ReadRun | null> => {
    try {
      const { works } = await temporalCall(target, () => readRun(client, { workflowId, runId }));
      return { run: workflowId, commit, by, works };
    } catch (error) {
      // Its retention may have ended since it was listed, or its payloads are sealed by a key of others.
      if (errorCode(error) === ErrorCode.Unreachable) throw error;
      return null;
    }
  });
  return read.filter((one) => one !== null);
}

async function storedArtifact(
  { hex, shape }: Extract<Reference, { by: 'digest' }>,
  store: LookStore,
): Promise<Artifact> {
  const found: Artifact[] = [];
  for await (const { uri, kind } of store.artifacts()) {
    const [, its, digits = ''] = /^sluice:(blob|tree)\/([0-9a-f]{64})$/.exec(uri) ?? [];
    if (!digits.startsWith(hex) || (shape !== null && shape !== its)) continue;
    const digest: Digest = `sha256:${digits}`;
    found.push({ kind: kind ?? 'files', uri, digest, bytes: 0 });
  }
  const [first] = found;
  if (found.length > 1) {
    throw new UsageError(
      `${found.length} artifacts begin with ${hex}.`,
      `Give more digits: ${found
        .slice(0, 10)
        .map(({ uri }) => uri.slice(0, 12 + hex.length + 8))
        .join(', ')}`,
    );
  }
  if (first !== undefined) return first;
  throw new SluiceError(ErrorCode.NotFound, `The store has no artifact that begins with ${hex}.`, {
    where: 'store in sluice.config.ts',
    fix: 'What a run has made: sluice status RUN. What nobody needed may have been deleted by sluice gc.',
  });
}
