import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { BlobServiceClient } from '@azure/storage-blob';
import { claimLine } from '../../packages/activities/src/job/checkpoints/checkpoint-line.ts';
import { claimOf, digests } from '../../packages/activities/src/job/testing/line.ts';
import type { ArtifactStore } from '../../packages/activities/src/store/artifact-store.ts';
import { azureBlobStore } from '../../packages/activities/src/store/azure-blob-store.ts';
import { fileStore } from '../../packages/activities/src/store/file-store.ts';
import { startAzurite } from '../../packages/activities/src/store/testing/azurite.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, type Spread, spreadOf } from '../harness/spread.ts';
import { temporaryFolder } from '../harness/stack.ts';
import { table } from '../harness/table.ts';
import { type Watched, watched } from './watched.ts';

const execute = promisify(execFile);
const mebibyte = 1024 * 1024;

/** What a commit may cost: times `cp` and `sync`, ms without an answer, MiB of memory. */
const goals = { ratio: 1.5, gapMs: 50, memoryMiB: 256 };

export const bench: Bench = {
  summary: 'what committing a checkpoint costs: time against cp and sync, gaps of the event loop, memory',
  options: '--mib N [2048]   --files N [1]   --runs N [5]   --azurite-mib N [512; 0: without]',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

interface Pair {
  readonly reference: Watched;
  readonly commit: Watched;
}

async function measure(args: readonly string[], host: BenchHost, scope: Scope): Promise<object> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mib: { type: 'string', default: '2048' },
      files: { type: 'string', default: '1' },
      runs: { type: 'string', default: '5' },
      'azurite-mib': { type: 'string', default: '512' },
    },
  });
  const [mib, files, runs, azuriteMib] = [values.mib, values.files, values.runs, values['azurite-mib']].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const machine = describeMachine();
  host.say(machineLine(machine));
  const folder = await temporaryFolder(scope, 'store');
  const file = summary(mib, await onDisk(folder, mib, files, runs, host));
  const azurite =
    azuriteMib > 0 ? summary(azuriteMib, await onAzurite(scope, folder, azuriteMib, files, runs, host)) : null;
  const { ratio, gapMs, grownMiB } = file;
  const ok = ratio.median <= goals.ratio && gapMs.median <= goals.gapMs && grownMiB.max <= goals.memoryMiB;
  host.say(`\n${report('cp and sync', file)}`);
  if (azurite !== null) host.say(`\n${report("the SDK's uploadFile", azurite)}`);
  return { ok, goals, machine: { ...machine, loadAfter: describeMachine().loadBefore }, files, file, azurite };
}

/** `cp -r` and `sync` of the checkpoint, then its commit, in turns. */
async function onDisk(folder: string, mib: number, files: number, runs: number, host: BenchHost): Promise<Pair[]> {
  const checkpoint = await writeCheckpoint(join(folder, 'checkpoint'), mib, files);
  const pairs: Pair[] = [];
  for (let run = 1; run <= runs; run++) {
    const copy = join(folder, 'copy');
    await execute('sync');
    const reference = await watched(() => execute('sh', ['-c', 'cp -r "$0" "$1" && sync -f "$1"', checkpoint, copy]));
    await rm(copy, { recursive: true });
    await execute('sync');
    const root = join(folder, 'store');
    const commit = await watched(() => commitTo(fileStore(root), checkpoint));
    await rm(root, { recursive: true });
    pairs.push({ reference, commit });
    host.say(`file system, run ${run}: ${seconds(reference)} s by cp and sync, ${seconds(commit)} s by a commit`);
  }
  await rm(checkpoint, { recursive: true });
  return pairs;
}

/** The SDK's own upload of the same bytes to Azure's emulator, then the commit, in turns. */
async function onAzurite(
  scope: Scope,
  folder: string,
  mib: number,
  files: number,
  runs: number,
  host: BenchHost,
): Promise<Pair[]> {
  const checkpoint = await writeCheckpoint(join(folder, 'upload'), mib, files);
  const pairs: Pair[] = [];
  for (let run = 1; run <= runs; run++) {
    const { connectionString, stop } = await startAzurite();
    scope.defer(stop);
    const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('plain');
    await container.create();
    const reference = await watched(async () => {
      for (let index = 0; index < files; index++) {
        const blob = container.getBlockBlobClient(`part-${index}`);
        await blob.uploadFile(join(checkpoint, `part-${index}`), { blockSize: 8 * mebibyte, concurrency: 4 });
      }
    });
    for (let index = 0; index < files; index++) await container.deleteBlob(`part-${index}`);
    const commit = await watched(() => commitTo(azureBlobStore({ connectionString, container: 'store' }), checkpoint));
    await stop();
    pairs.push({ reference, commit });
    host.say(`Azurite, run ${run}: ${seconds(reference)} s by uploadFile, ${seconds(commit)} s by a commit`);
  }
  await rm(checkpoint, { recursive: true });
  return pairs;
}

/** Exactly what a job does when its trainer says that a checkpoint is written. */
async function commitTo(store: ArtifactStore, checkpoint: string): Promise<void> {
  const line = await claimLine(store, 'checkpoints/bench/train', {
    claim: claimOf(1),
    digests,
    resume: 'same',
    keep: 2,
  });
  await line.commit(100, checkpoint);
}

/** Random bytes, which nothing on the way can make smaller. */
async function writeCheckpoint(path: string, mib: number, files: number): Promise<string> {
  await mkdir(path);
  for (let index = 0; index < files; index++) {
    await using file = await open(join(path, `part-${index}`), 'wx');
    for (let written = 0; written < Math.ceil(mib / files); written += 64) {
      await file.write(randomBytes(Math.min(64, Math.ceil(mib / files) - written) * mebibyte));
    }
  }
  return path;
}

function summary(mib: number, pairs: readonly Pair[]) {
  return {
    mib,
    referenceSeconds: spreadOf(pairs.map(({ reference }) => reference.seconds)),
    commitSeconds: spreadOf(pairs.map(({ commit }) => commit.seconds)),
    ratio: spreadOf(pairs.map(({ reference, commit }) => commit.seconds / reference.seconds)),
    /** Longest gap of each run; what an idle event loop sees on this machine stands beside it. */
    gapMs: spreadOf(pairs.map(({ commit }) => commit.gapMs)),
    idleGapMs: spreadOf(pairs.map(({ reference }) => reference.gapMs)),
    grownMiB: spreadOf(pairs.map(({ commit }) => commit.grownMiB)),
  };
}

function report(reference: string, figures: ReturnType<typeof summary>): string {
  const row = (name: string, { median, min, max }: Spread, unit: string): string[] => [
    name,
    `${round(median, 2)}${unit}`,
    `${round(min, 2)} to ${round(max, 2)}${unit}`,
  ];
  return table(
    [`${figures.mib} MiB`, 'median', 'range'],
    [
      row(reference, figures.referenceSeconds, ' s'),
      row('commit', figures.commitSeconds, ' s'),
      row('ratio', figures.ratio, ''),
      row('longest gap of the event loop', figures.gapMs, ' ms'),
      row(`… beside ${reference}`, figures.idleGapMs, ' ms'),
      row('memory grown by', figures.grownMiB, ' MiB'),
    ],
  );
}

const seconds = (one: Watched): string => one.seconds.toFixed(2);
