import { encodeKey, type Failure, type Json, type MapSpec, type Settled } from '@sluice/sdk';
import { isCancellation, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { failureOf } from './failure.ts';
import { sliceId } from './identity.ts';
import { inScope } from './scope.ts';
import { bytesOf, checkValue } from './size.ts';
import { summary } from './summary.ts';

/** Keys of one child: more only when there would be very many children. */
export const CHILD_KEYS = 200;
const MOST_CHILD_KEYS = 400;
/** Children that a fan-out is cut into before they get more than {@link CHILD_KEYS} keys. */
const CHILDREN = 20;
/**
 * Children at a time, or one for each {@link LANE} of the concurrency if that is more: while the last keys of one
 * child keep it waiting, the others work on.
 */
const LANES = 4;
const LANE = 25;
/**
 * What a child of a fan-out gets besides the parameters. It runs the same pipeline again: steps that the parent had
 * finished answer from `results`, and once the same `map` is reached, the child runs its slice of the keys.
 *
 * `results` is an argument of its own, the same for all children: where it is big, the artifact store has it once.
 */
export interface Fork {
  readonly runId: string;
  readonly mapPath: string;
  readonly from: number;
  readonly keys: readonly string[];
  readonly concurrency: number;
  readonly results: Readonly<Record<string, StepResult>>;
  readonly mlflowRun: string | null;
  /** What `patched` said in the parent, by id: the child must come the same way. */
  readonly patches: Readonly<Record<string, boolean>>;
  /** Steps and maps that had begun in the parent and not ended. */
  readonly underWay: readonly string[];
  /** Build of the code that began the child. */
  readonly build: string | null;
}

/** The fork that stands in a child's second and third argument; undefined for anything else. */
export function forkOf(argument: unknown, results: unknown): Fork | undefined {
  const fork = argument as Partial<Fork> | null | undefined;
  if (typeof fork?.mapPath !== 'string' || !Array.isArray(fork.keys)) return undefined;
  // Children of before had it in their second argument.
  return { results: (results ?? {}) as Fork['results'], ...fork } as Fork;
}

/** How a step of the parent ended, for its children to find the same. */
export type StepResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: Failure; readonly data?: Json };

/** Runs `body` for each key, at most `concurrency` at once, and waits for all; failures are kept by key. */
export async function settleAll<Value>(
  spec: Pick<MapSpec, 'name' | 'concurrency'>,
  keys: readonly string[],
  body: (index: number) => Promise<Value>,
  onSettled: (ok: boolean) => void = () => {},
): Promise<Settled<Value>[]> {
  const settled = new Array<Settled<Value>>(keys.length);
  let next = 0;
  let cancelled: unknown;
  const lane = async () => {
    while (next < keys.length && cancelled === undefined) {
      const index = next++;
      const key = keys[index] as string;
      try {
        settled[index] = { key, ok: true, value: await inScope({ map: spec.name, key }, () => body(index)) };
        onSettled(true);
      } catch (error) {
        if (isCancellation(error)) {
          cancelled = error;
          return;
        }
        settled[index] = { key, ok: false, error: failureOf(error) };
        onSettled(false);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(spec.concurrency, keys.length) }, lane));
  if (cancelled !== undefined) throw cancelled;
  return settled;
}

/** Runs a large fan-out in child workflows, a slice of the keys each. */
export async function settleInChildren<Value>(
  spec: MapSpec,
  mapPath: string,
  handed: {
    readonly args: readonly unknown[];
    readonly runId: string;
    readonly results: Readonly<Record<string, StepResult>>;
    readonly mlflowRun: string | null;
    readonly patches: Readonly<Record<string, boolean>>;
    readonly underWay: ReadonlySet<string>;
  },
  onSettled: (done: number, failed: number) => void,
): Promise<Settled<Value>[]> {
  checkValue(
    `${mapPath}: what the steps before it returned, which its children are handed,`,
    mapPath,
    bytesOf(handed.results),
  );
  const { slices, lanes } = slicesOf(spec.keys, spec.concurrency);
  const results = new Array<Settled<Value>[]>(slices.length);
  let next = 0;
  const lane = async (concurrency: number) => {
    while (next < slices.length) {
      const index = next++;
      const slice = slices[index] as (typeof slices)[number];
      const fork = {
        ...slice,
        runId: handed.runId,
        mapPath,
        concurrency,
        mlflowRun: handed.mlflowRun,
        patches: handed.patches,
        underWay: [...handed.underWay],
        build: workflowInfo().currentBuildId ?? null,
      };
      results[index] = await runSlice<Value>(spec, fork, [handed.args[0], fork, handed.results]);
      const failed = results[index].filter((one) => !one.ok).length;
      onSettled(slice.keys.length - failed, failed);
    }
  };
  const share = (lane: number) => Math.floor((spec.concurrency + lane) / lanes);
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(share(index))));
  return results.flat();
}

/** Keys that one child runs, and the index of the first. */
interface Slice {
  readonly from: number;
  readonly keys: readonly string[];
}

/** The keys cut into slices, in order and evenly, so that all lanes end at about the same time. */
export function slicesOf(keys: readonly string[], concurrency: number): { slices: readonly Slice[]; lanes: number } {
  const most = Math.min(MOST_CHILD_KEYS, Math.max(CHILD_KEYS, Math.ceil(keys.length / CHILDREN)));
  const least = Math.ceil(keys.length / most);
  const lanes = Math.min(concurrency, Math.max(LANES, Math.min(least, Math.ceil(concurrency / LANE))));
  const size = Math.ceil(keys.length / (Math.ceil(least / lanes) * lanes));
  const starts = Array.from({ length: Math.ceil(keys.length / size) }, (_, index) => index * size);
  return { slices: starts.map((from) => ({ from, keys: keys.slice(from, from + size) })), lanes };
}

async function runSlice<Value>(
  spec: MapSpec,
  fork: Omit<Fork, 'results'>,
  args: readonly unknown[],
): Promise<Settled<Value>[]> {
  const last = fork.keys.at(-1) ?? '';
  try {
    const child = await startChild(workflowInfo().workflowType, {
      workflowId: sliceId(fork.runId, fork.mapPath, fork),
      args: [...args],
      parentClosePolicy: ParentClosePolicy.TERMINATE,
      // After a reset, the child of the execution that was may still be there.
      workflowIdReusePolicy: 'TERMINATE_IF_RUNNING',
      staticSummary: summary(`${spec.name} ${encodeKey(fork.keys[0] ?? '')} to ${encodeKey(last)}`),
    });
    return (await child.result()) as Settled<Value>[];
  } catch (error) {
    if (isCancellation(error)) throw error;
    // A child that broke as a whole still leaves every one of its keys with a reason.
    const why: Failure = failureOf(error);
    return fork.keys.map((key) => ({ key, ok: false, error: why }));
  }
}
