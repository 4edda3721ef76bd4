import { type Digest, describeError, ErrorCode, errorCode, type JobSpec, SluiceError, type StepRef } from '@sluice/sdk';
import type { ArtifactStore, Pointer } from '../../store/artifact-store.ts';
import { shortDigest, type WorkDigests } from '../inputs/digests.ts';
import { pathName } from '../inputs/path-name.ts';
import { type Claim, compareClaims, type LineState, type Manifest, parseLine } from './manifest.ts';

export interface LineOptions {
  readonly claim: Claim;
  readonly digests: WorkDigests;
  readonly resume: JobSpec['resume'];
  /** Verified checkpoints to keep. */
  readonly keep: number;
  /** Claims nothing before the first commit while nobody has committed anything: for work that may never do so. */
  readonly lazy?: boolean;
}

/** The checkpoints of one step of one run, and the right of one attempt to add to them. */
export interface CheckpointLine {
  /**
   * Makes the newest checkpoint that is whole and of the same work the local directory `into`, or the one before it.
   *
   * @returns null when none was ever committed, or when `resume` is `never`.
   * @throws SluiceError `ResumeMismatch`, `CheckpointsUnreadable`; whatever the store throws when it is down.
   */
  load(into: string): Promise<Manifest | null>;
  /**
   * Uploads a directory, verifies it and commits it; then drops what is no longer kept.
   *
   * @param admit says of what was uploaded whether to commit it, or the last one stands; what it throws is thrown
   * @throws SluiceError `Fenced` when a newer attempt has claimed the line, `Corrupt` when the upload is not whole.
   */
  commit(step: number, directory: string, admit?: (digest: Digest) => boolean): Promise<Manifest>;
  /** Has another attempt, or another execution of this one, claimed the line since? */
  superseded(): Promise<boolean>;
}

export function lineKey(ref: Pick<StepRef, 'workflowId' | 'step'>): string {
  return `checkpoints/${pathName(ref.workflowId)}/${pathName(ref.step)}`;
}

/**
 * Claims a line, so that no older attempt can commit to it any more; a lazy claim of an untouched line waits for the
 * first commit. Safe to run twice by the same owner.
 *
 * @throws SluiceError `Fenced` when a newer attempt, or another execution of this one, has claimed it.
 */
export async function claimLine(store: ArtifactStore, key: string, options: LineOptions): Promise<CheckpointLine> {
  const { claim } = options;
  for (;;) {
    const pointer = await store.readPointer(key);
    const state = pointer === null ? null : readLine(key, pointer, options);
    if (pointer === null && options.lazy) return untilCommit(store, key, { ...options, lazy: false });
    if (state?.claim.owner !== claim.owner) {
      if (state !== null && compareClaims(claim, state.claim) <= 0) throw fenced(key, claim, state.claim);
      const next: LineState = { claim, manifests: state?.manifests ?? [] };
      const version = await store.swapPointer(key, pointer?.version ?? null, JSON.stringify(next));
      if (version === null) continue;
    }
    return openLine(store, key, options, state?.manifests ?? []);
  }
}

function readLine(key: string, pointer: Pointer, options: LineOptions): LineState | null {
  try {
    return parseLine(key, pointer.value);
  } catch (error) {
    if (options.resume === 'never') return null;
    throw error;
  }
}

function openLine(store: ArtifactStore, key: string, options: LineOptions, found: readonly Manifest[]): CheckpointLine {
  const { claim, digests, keep } = options;
  let mine: readonly Manifest[] = [];
  // An attempt that was killed between commit and clean-up has left this to its successor.
  let leftover: readonly Manifest[] = found.slice(0, Math.max(0, found.length - keep));

  const append = async (manifest: Manifest): Promise<readonly Manifest[]> => {
    for (;;) {
      const pointer = await store.readPointer(key);
      const state = pointer === null ? null : parseLine(key, pointer.value);
      if (state?.claim.owner !== claim.owner) throw fenced(key, claim, state?.claim ?? null);
      const last = state.manifests.at(-1);
      // Its swap got through though the answer did not, or the commit was repeated for another reason.
      const again = last?.step === manifest.step && last.files.digest === manifest.files.digest;
      if (again && last?.owner === claim.owner) return state.manifests;
      const kept = state.manifests.slice(-keep);
      const next: LineState = { claim: state.claim, manifests: [...kept, manifest] };
      if ((await store.swapPointer(key, pointer?.version ?? null, JSON.stringify(next))) !== null)
        return next.manifests;
    }
  };

  return {
    load: async (into) => (options.resume === 'never' ? null : loadNewest(store, key, options, found, into)),
    async commit(step, directory, admit = () => true) {
      const files = await store.putTree(directory, 'checkpoint', holder(key, claim.owner));
      // Bytes were compared when they were put, whatever lay there before; this tells that they are there.
      const problem = await store.verify(files, 'sizes');
      if (problem !== null) {
        throw new SluiceError(ErrorCode.Corrupt, `The uploaded checkpoint of step ${step} is not whole: ${problem}`, {
          where: store.locate(files),
          fix: 'The checkpoint before it still counts. Look for a failing disk or network of the store.',
          permanent: false,
        });
      }
      const at = new Date().toISOString();
      const manifest: Manifest = { step, files, attempt: claim.attempt, owner: claim.owner, digests, at };
      try {
        if (!admit(files.digest)) return mine.at(-1) ?? manifest;
      } catch (error) {
        await discard(store, key, [manifest], mine).catch(() => {});
        throw error;
      }
      const manifests = await append(manifest).catch(async (error: unknown) => {
        // Nobody will ever ask for it, and only this execution knows that it is there.
        if (errorCode(error) === ErrorCode.Fenced) await discard(store, key, [manifest], mine).catch(() => {});
        throw error;
      });
      mine = [...mine, manifest].slice(-keep);
      leftover = [...leftover, ...manifests.slice(0, -keep)];
      // It is committed. To fail now would commit it again, in the place of the one before it; the next commit tidies up.
      await discard(store, key, leftover, manifests.slice(-keep)).then(
        () => {
          leftover = [];
        },
        () => {},
      );
      return manifest;
    },
    superseded: () => superseded(store, key, claim),
  };
}

/** A line that nobody has committed to yet, claimed by the first commit. */
function untilCommit(store: ArtifactStore, key: string, options: LineOptions): CheckpointLine {
  let line: CheckpointLine | null = null;
  return {
    load: async () => null,
    async commit(step, directory, admit) {
      line ??= await claimLine(store, key, options);
      return line.commit(step, directory, admit);
    },
    superseded: () => superseded(store, key, options.claim),
  };
}

async function superseded(store: ArtifactStore, key: string, claim: Claim): Promise<boolean> {
  const pointer = await store.readPointer(key);
  return pointer !== null && parseLine(key, pointer.value).claim.owner !== claim.owner;
}

/** Each execution holds what it has put by a name of its own, so dropping one's never takes another's equal bytes. */
function holder(key: string, owner: string): string {
  return `${key}#${owner}`;
}

async function discard(
  store: ArtifactStore,
  key: string,
  dropped: readonly Manifest[],
  kept: readonly Manifest[],
): Promise<void> {
  for (const owner of new Set(dropped.map((manifest) => manifest.owner))) {
    const filesOf = (list: readonly Manifest[]) => list.filter((one) => one.owner === owner).map(({ files }) => files);
    await store.discard(filesOf(dropped), filesOf(kept), holder(key, owner));
  }
}

async function loadNewest(
  store: ArtifactStore,
  key: string,
  options: LineOptions,
  manifests: readonly Manifest[],
  into: string,
): Promise<Manifest | null> {
  const newest = manifests.at(-1);
  if (newest === undefined) return null;
  const problems: string[] = [];
  for (const manifest of manifests.slice(-options.keep).toReversed()) {
    if (options.resume === 'same' && differences(manifest.digests, options.digests).length > 0) continue;
    try {
      await store.fetch(manifest.files, into);
      return manifest;
    } catch (error) {
      const code = errorCode(error);
      if (code !== ErrorCode.Corrupt && code !== ErrorCode.NotFound) throw error;
      problems.push(`step ${manifest.step}: ${describeError(error)}`);
    }
  }
  if (problems.length === 0) throw mismatch(key, newest, options.digests);
  throw new SluiceError(
    ErrorCode.CheckpointsUnreadable,
    `No committed checkpoint can be read: ${problems.join('; ')}`,
    {
      where: key,
      fix: "Repair the store, or set resume: 'never' to start over.",
      data: problems,
    },
  );
}

function mismatch(key: string, manifest: Manifest, now: WorkDigests): SluiceError {
  const named = differences(manifest.digests, now);
  return new SluiceError(
    ErrorCode.ResumeMismatch,
    `The checkpoint of step ${manifest.step} belongs to other work: ${named.join(', ')}.`,
    {
      where: key,
      fix: "Put back what changed, start the run under another key, or set resume: 'anyway' (take it) or 'never' (start over).",
      data: named,
    },
  );
}

function differences(then: WorkDigests, now: WorkDigests): string[] {
  const words = { code: 'code', data: 'data', hyper: 'hyper-parameters' } as const;
  return (['code', 'data', 'hyper'] as const)
    .filter((part) => then[part] !== now[part])
    .map((part) => `${words[part]} ${shortDigest(then[part])} then, ${shortDigest(now[part])} now`);
}

function fenced(key: string, mine: Claim, other: Claim | null): SluiceError {
  const by = other === null ? 'nobody any more' : `attempt ${other.attempt} (${other.owner})`;
  return new SluiceError(ErrorCode.Fenced, `Attempt ${mine.attempt} is outdated: ${by} holds its checkpoints.`, {
    where: key,
    fix: 'Nothing to do: the newer attempt goes on, and nothing this one did counts.',
  });
}
