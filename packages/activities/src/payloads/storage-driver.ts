import { createHash } from 'node:crypto';
import { describeError, ErrorCode, errorCode, SluiceError, VALUE_LIMIT } from '@sluice/sdk';
import { ApplicationFailure, type Payload, type StorageDriver, StorageDriverClaim } from '@temporalio/common';
import { packPayload, unpackPayload } from './packed-payload.ts';
import type { PayloadFiles } from './payload-files.ts';
import { digestIn, folderOf, ownerOf, payloadName } from './payload-name.ts';
import { recentlyUsed } from './recently-used.ts';

/** What histories call the driver; it stands in every reference, so it never changes. */
const NAME = 'sluice';
/** What encryption and metadata add to a value. */
const OVERHEAD = 2 ** 20;
/** Bytes of payloads that are kept in memory, because children of one map and replays ask for the same ones. */
const REMEMBERED_BYTES = 64 * 2 ** 20;
/** How long what this process has written counts as there, ms. */
const WRITTEN_MS = 10 * 60_000;
const MOST_WRITTEN = 10_000;

/**
 * Keeps Temporal's big payloads in the project's artifact store, content-addressed per run; histories carry references.
 * Codecs have run before, so what is stored is encrypted where payloads are.
 */
export function payloadDriver(open: () => PayloadFiles): StorageDriver {
  let opened: PayloadFiles | undefined;
  const files = () => {
    opened ??= open();
    return opened;
  };
  const read = recentlyUsed<Uint8Array>(REMEMBERED_BYTES, (bytes) => bytes.length);
  /** Time of writing, by name. */
  const written = new Map<string, number>();

  async function put(name: string, bytes: Uint8Array): Promise<void> {
    if (Date.now() - (written.get(name) ?? 0) < WRITTEN_MS) return;
    await files().put(name, bytes);
    if (written.size >= MOST_WRITTEN) written.clear();
    written.set(name, Date.now());
  }

  async function get(claim: StorageDriverClaim): Promise<Payload> {
    const name = claim.claimData.name ?? '';
    const digest = digestIn(name);
    if (digest === null) throw damaged(name, 'it is no name of a payload.');
    const known = read.get(name);
    if (known !== undefined) return unpackPayload(known);
    const bytes = await files().get(name);
    if (bytes === null) throw missing(files().locate(name));
    if (createHash('sha256').update(bytes).digest('hex') !== digest) {
      throw damaged(files().locate(name), 'its bytes do not have its digest.');
    }
    read.set(name, bytes);
    return unpackPayload(bytes);
  }

  return {
    name: NAME,
    type: 'sluice.artifact-store',
    store: (context, payloads) =>
      named(() =>
        Promise.all(
          payloads.map(async (payload) => {
            const owner = ownerOf(context.target);
            const bytes = packPayload(payload);
            if (bytes.length > VALUE_LIMIT + OVERHEAD) throw tooLarge(context.target?.id ?? '', bytes.length);
            // Beside the payloads, because the folder's name may hold a part of the id only.
            await put(`${folderOf(owner)}/owner.json`, Buffer.from(JSON.stringify(owner)));
            const name = payloadName(owner, bytes);
            await put(name, bytes);
            return new StorageDriverClaim({ name });
          }),
        ),
      ),
    retrieve: (_context, claims) => named(() => Promise.all(claims.map(get))),
  };
}

/** Gives errors the code and the words they have everywhere; a worker would call them by the name of their class. */
async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { where, fix, permanent = false } = error as Partial<SluiceError>;
    const failure = ApplicationFailure.create({
      type: errorCode(error),
      message: describeError(error),
      nonRetryable: permanent,
      ...(error instanceof Error ? { cause: error } : {}),
    });
    throw Object.assign(failure, { code: errorCode(error), where, fix });
  }
}

function missing(place: string): SluiceError {
  return new SluiceError(ErrorCode.NotFound, 'A payload of this run is not in the artifact store.', {
    where: place,
    fix: 'Let all workers and commands of the project use the same store; a payload that was deleted cannot be had again.',
    // A store that was not mounted yet, or the wrong one: the run goes on when it is there.
    permanent: false,
  });
}

function damaged(place: string, what: string): SluiceError {
  return new SluiceError(ErrorCode.Corrupt, `A payload of this run is damaged: ${what}`, {
    where: place,
    fix: 'Find out what changed the store; `sluice retry` runs the step again that made it.',
    permanent: false,
  });
}

function tooLarge(workflow: string, bytes: number): SluiceError {
  return new SluiceError(
    ErrorCode.TooLarge,
    `A value has ${bytes} bytes; ${VALUE_LIMIT} are the most that a run passes on.`,
    { where: workflow, fix: 'Write it to a file of the step, and pass on the artifact.' },
  );
}
