import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { MlflowClient } from '../mlflow/client.ts';
import { hexOf } from '../store/artifact-store.ts';
import { entryName } from '../store/entry-name.ts';
import { allOf } from '../store/in-parallel.ts';
import type { StoredArtifact, StoredPointer, SweepableStore } from '../store/store-sweep.ts';
import { type JudgedPointer, pointerJudge } from './finished-pointers.ts';
import { type LocalAges, markLocal, pruneLocal } from './local-state.ts';
import { markPayloads, markRegistry, markThrough } from './mark.ts';
import { type References, referencesIn } from './references.ts';
import type { KnownRun, KnownRuns } from './runs.ts';
import { type KindTally, Tally } from './tally.ts';

export interface CollectOptions {
  readonly store: SweepableStore;
  readonly runs: KnownRuns;
  /** Temporal namespace that these runs are of. */
  readonly namespace: string;
  /** Null where MLflow is off. */
  readonly mlflow: Pick<MlflowClient, 'searchModelVersions'> | null;
  /** `.sluice` of the project on this machine. */
  readonly stateDir: string;
  /** Nothing that was put, and no line that was written, within so many ms is touched. */
  readonly grace: number;
  /** Payloads of runs that Temporal no longer has stay so many ms. */
  readonly payloadAge: number;
  readonly localAges: LocalAges;
  /** The plain bytes of a stored payload, where payloads are encrypted. */
  readonly openPayload?: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** Deletes; otherwise looks only. */
  readonly delete: boolean;
  /** Epoch ms. @default the clock */
  readonly now?: number;
}

/**
 * Collects what nobody needs any more. Needed is what is named by a pointer (but for those that are finished), by the history of any run that Temporal still has, by a version in the registry, by an endpoint, by this
 * machine's own state, or by a JSON artifact that is needed itself.
 *
 * @throws SluiceError `Unreachable` when Temporal or MLflow does not answer, `Refused` when Temporal knows no run at
 * all though the store is not empty, MLflow no version though there is an endpoint, or when the store belongs to another
 * namespace: then nothing is deleted
 */
export async function collectGarbage(options: CollectOptions): Promise<readonly KindTally[]> {
  const { store, now = Date.now() } = options;
  const before = now - options.grace;
  const tally = new Tally();
  // First what there is, then what is named: what is put meanwhile is not looked at.
  const artifacts = await allOf(store.artifacts());
  const known = await options.runs.list();
  if (known.length === 0 && artifacts.length > 0) throw unknownServer();
  await checkNamespace(options);

  const live: References = new Set(); // named by what goes on now
  const finished = await markPointers(options, pointerJudge(known, before), live, tally);
  const open = known.filter(({ status }) => status === 'open');
  await options.runs.mark(open, live);
  await markLocal(options.stateDir, ['gateway'], live);

  const named: References = new Set(live);
  await options.runs.mark(
    known.filter(({ status }) => status !== 'open'),
    named,
  );
  if (options.mlflow !== null) await markRegistry(store, options.mlflow, named);
  await markPayloads(store, options.openPayload, named);
  await markLocal(options.stateDir, ['local'], named);
  const isYoung = ({ changedAt }: StoredArtifact) => changedAt >= before;
  await markThrough(store, artifacts, (artifact) => isYoung(artifact) || named.has(hexOf(artifact.uri)), named);

  for (const pointer of finished) await removePointer(store, pointer, named, tally);
  for (const artifact of artifacts) {
    const kind = `${artifact.kind ?? 'other'} artifacts`;
    if (named.has(hexOf(artifact.uri))) tally.kept(kind, artifact.bytes);
    else if (isYoung(artifact)) tally.young(kind, artifact.bytes);
    else {
      tally.garbage(kind, artifact.bytes);
      if (options.delete && (await store.sweep(artifact, before))) tally.deleted(kind, artifact.bytes);
    }
  }
  await sweepPayloads(options, known, now - options.payloadAge, tally);
  await sweepDrafts(options, now - options.localAges.partial, tally);
  const local = { ages: options.localAges, serves: live, delete: options.delete, now };
  await pruneLocal(options.stateDir, local, tally);
  return tally.kinds();
}

type Finished = StoredPointer & Pick<JudgedPointer, 'kind'>;

/** Marks what pointers name. @returns those that are finished, which are about to go and mark nothing */
async function markPointers(
  { store, delete: deletes }: CollectOptions,
  judge: (pointer: StoredPointer) => JudgedPointer,
  live: References,
  tally: Tally,
): Promise<readonly Finished[]> {
  const goes: Finished[] = [];
  for await (const pointer of store.pointers()) {
    const { kind, finished } = judge(pointer);
    const bytes = Buffer.byteLength(pointer.value);
    if (finished) {
      tally.garbage(kind, bytes);
      if (deletes) goes.push({ ...pointer, kind });
    } else {
      tally.kept(kind, bytes);
      referencesIn(pointer.value, live);
    }
  }
  return goes;
}

/** A pointer that somebody has written to since keeps all it names now. */
async function removePointer(store: SweepableStore, pointer: Finished, named: References, tally: Tally): Promise<void> {
  if (await store.removePointer(pointer)) return tally.deleted(pointer.kind, Buffer.byteLength(pointer.value));
  const now = await store.readPointer(pointer.key);
  if (now !== null) referencesIn(now.value, named);
}

/** Payloads lie below their namespace and the first two parts of their workflow's id. */
async function sweepPayloads(
  { store, delete: deletes }: CollectOptions,
  known: readonly KnownRun[],
  before: number,
  tally: Tally,
): Promise<void> {
  const owners = new Set(known.map(({ workflowId }) => entryName(workflowId.split('/').slice(0, 2).join('/'))));
  for await (const { name, bytes, changedAt } of store.payloads()) {
    if (owners.has(name.split('/')[1] ?? '')) tally.kept('payloads', bytes);
    else if (changedAt >= before) tally.young('payloads', bytes);
    else {
      tally.garbage('payloads', bytes);
      if (deletes && (await store.removePayload(name, before))) tally.deleted('payloads', bytes);
    }
  }
}

async function sweepDrafts({ store, delete: deletes }: CollectOptions, before: number, tally: Tally): Promise<void> {
  for await (const { name, bytes, changedAt } of store.drafts()) {
    if (changedAt >= before) tally.young('unfinished', bytes);
    else {
      tally.garbage('unfinished', bytes);
      if (deletes && (await store.removeDraft(name, before))) tally.deleted('unfinished', bytes);
    }
  }
}

const namespacePointer = 'gc/namespace';

/** The first collection that deletes writes down whose runs keep this store; runs of others would not be seen. */
async function checkNamespace({ store, namespace, delete: deletes }: CollectOptions): Promise<void> {
  const owner = await store.readPointer(namespacePointer);
  if (owner === null && deletes) await store.swapPointer(namespacePointer, null, namespace);
  if (owner === null || owner.value === namespace) return;
  throw new SluiceError(
    ErrorCode.Refused,
    `The store belongs to the runs of namespace "${owner.value}", not of "${namespace}".`,
    {
      where: store.locate({ uri: `sluice:blob/${'0'.repeat(64)}` }).replace(/blobs.0+$/, ''),
      fix: `Collect with --namespace ${owner.value}. A store whose runs have moved for good: delete its pointer ${namespacePointer}.`,
    },
  );
}

function unknownServer(): SluiceError {
  return new SluiceError(ErrorCode.Refused, 'Temporal knows no run at all, but the store holds artifacts.', {
    fix: 'Check address and namespace: what runs name is kept, and another server knows other runs. Nothing was deleted.',
  });
}
