import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, parseParams, SluiceError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { LoadedConfig } from '../config/load-config.ts';
import type { LoadedPipeline } from '../config/load-pipelines.ts';
import { UsageError } from '../errors.ts';
import { ExitCode, exitCodeOfState } from '../exit-code.ts';
import { formatMs } from '../follow/format.ts';
import { roleOfState } from '../follow/lines.ts';
import { whoAmI } from '../git.ts';
import { checkPlan } from '../run/check-plan.ts';
import { describedRun, type FoundRun, runById } from '../run/find-run.ts';
import { merge, parseParamFlags, type Tree } from '../run/parse-params.ts';
import { type ParamSet, readSets } from '../run/read-sets.ts';
import { keyOfSet, type Outcome, type PlannedRun, startMany, withoutRepetitions } from '../run/start-many.ts';
import { startRun } from '../run/start-run.ts';
import { isUnreachable } from '../run/temporal-call.ts';
import { connectClient, temporalTarget } from '../run/temporal-target.ts';
import type { WaitFor } from './follow.ts';
import { onInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { loadProject } from './project.ts';
import { codeOf, type RunOptions, startable, tokenOf } from './starting.ts';

export interface EachOptions extends RunOptions {
  readonly each: string;
  readonly concurrency?: number;
}

/** Worked on at once, unless told otherwise. */
const AT_ONCE = 8;
/** Problems and refusals that are listed. */
const LISTED = 20;

/** `sluice run PIPELINE --each FILE`: a run for every set of parameters of a file. */
export async function runEachCommand(
  name: string,
  options: EachOptions,
  wait: WaitFor | null,
  io: Io,
): Promise<ExitCode> {
  const concurrency = options.concurrency ?? AT_ONCE;
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 200)) {
    throw new UsageError(`--concurrency ${concurrency} is not a count from 1 to 200.`);
  }
  const loaded = await loadProject(options);
  const pipeline = await startable(loaded, name);
  const base = await parseParamFlags(options.param, options.params);
  const sets = (await readSets(options.each)).map(({ line, params }) => ({ line, params: over(base, params) }));
  await checkAll(pipeline, sets, options, loaded);
  const planned = sets.map(({ line, params }) => ({ line, params, key: keyOfSet(options.key ?? 'set', params) }));
  const { once, repeated } = withoutRepetitions(planned);
  const target = await temporalTarget({ address: options.address, namespace: options.namespace, loaded });
  const build = target.from === 'sluice dev' ? await codeOf(loaded, io) : null;
  const { client, close } = await connectClient(target);
  const interrupt = onInterrupt();
  try {
    const by = options.by ?? (await whoAmI(loaded.root));
    const idOf = (key: string) => `${pipeline.name}/${key}`;
    const following = new Following(client, wait, once.length, concurrency, io);
    const { outcomes, failure } = await startMany(once, {
      concurrency,
      idOf,
      signal: interrupt.signal,
      look: async (key) => (await runById(client, target, idOf(key)))?.state ?? null,
      start: async ({ key, params }) => {
        const { project } = loaded.config;
        const common = { client, target, project, root: loaded.root, pipeline, by, ...tokenOf(options, loaded) };
        const pinned = build === null ? {} : { build };
        return (await startRun({ ...common, ...pinned, params, key })).workflowId;
      },
      onOutcome: (outcome) => io.object({ type: 'set', ...outcome }),
      ...(wait === null ? {} : { afterwards: (outcome, signal) => following.follow(outcome, signal) }),
    });
    summary(outcomes, repeated, once, wait === null ? null : following, pipeline.name, io);
    if (failure !== undefined || interrupt.signal.aborted) {
      io.note(`What was started goes on. The same command starts the rest: it starts nothing twice.`);
      if (failure !== undefined) throw failure;
      return ExitCode.interrupted;
    }
    const refused = outcomes.some(({ outcome }) => outcome === 'refused');
    return refused ? ExitCode.failed : wait === null ? ExitCode.done : following.exitCode();
  } finally {
    interrupt.release();
    await close();
  }
}

function over(base: Tree, params: Tree): Tree {
  const both = structuredClone(base);
  merge(both, params);
  return both;
}

/** Every set, before the first one is started. @throws SluiceError `InvalidParams` with the lines */
async function checkAll(
  pipeline: LoadedPipeline,
  sets: readonly ParamSet[],
  { each, check }: Pick<EachOptions, 'each' | 'check'>,
  { config, root }: LoadedConfig,
): Promise<void> {
  const problems: string[] = [];
  for (const { line, params } of sets) {
    try {
      await parseParams(pipeline.name, pipeline.definition.params, params);
      if (check) await checkPlan(pipeline, params, config, root);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      problems.push(...problemsOf(error).map((problem) => `line ${line}: ${problem}`));
    }
  }
  if (problems.length === 0) return;
  const more = problems.length - LISTED;
  const listed = more > 0 ? [...problems.slice(0, LISTED), `and ${more} more`] : problems;
  const what = `${each} has parameters that ${pipeline.name} does not take`;
  throw new SluiceError(ErrorCode.InvalidParams, `${what}: ${listed.join('; ')}`, {
    where: each,
    fix: 'Correct the file; nothing has been started.',
    data: listed,
  });
}

function problemsOf(error: SluiceError): string[] {
  const { data } = error;
  const listed = error.code === ErrorCode.InvalidParams && Array.isArray(data) && data.length > 0;
  return listed ? data.map(String) : [error.message];
}

/** Waits for runs by looking how they stand: of thousands nobody wants to see every step. */
class Following {
  readonly #ended = new Map<string, string>();
  readonly #client: Client;
  readonly #wait: WaitFor | null;
  readonly #all: number;
  readonly #interval: number;
  readonly #io: Io;

  constructor(client: Client, wait: WaitFor | null, all: number, concurrency: number, io: Io) {
    this.#client = client;
    this.#wait = wait;
    this.#all = all;
    this.#interval = Math.max(500, 20 * concurrency);
    this.#io = io;
  }

  async follow({ run, line }: Outcome, signal: AbortSignal): Promise<void> {
    for (;;) {
      const found = await describedRun(this.#client, run).catch((error: unknown) => {
        if (isUnreachable(error)) return null;
        throw error;
      });
      if (found !== null && this.#rests(found)) return this.#tell(found, line);
      if (signal.aborted) return;
      await delay(this.#interval, undefined, { signal }).catch(() => {});
    }
  }

  #rests({ close, state }: FoundRun): boolean {
    return close !== null || state === 'blocked' || (this.#wait === 'approval' && state === 'awaiting-approval');
  }

  #tell({ workflowId, state, start, close }: FoundRun, line: number): void {
    this.#ended.set(workflowId, state);
    this.#io.object({ type: 'set-ended', run: workflowId, line, state });
    const count = `${String(this.#ended.size).padStart(String(this.#all).length)}/${this.#all}`;
    const took = formatMs((close?.getTime() ?? Date.now()) - start.getTime());
    const { paint } = this.#io;
    this.#io.line(
      `${count}  ${paint('name', workflowId)} ${paint(roleOfState(state), state)} after ${took}  ${paint('quiet', `line ${line}`)}`,
    );
  }

  get states(): readonly string[] {
    return [...this.#ended.values()];
  }

  /** The worst: failed before blocked before all others. */
  exitCode(): ExitCode {
    const codes = this.states.map((state) =>
      state === 'awaiting-approval' ? ExitCode.done : exitCodeOfState(state as Parameters<typeof exitCodeOfState>[0]),
    );
    const worst = [ExitCode.failed, ExitCode.blocked, ExitCode.rolledBack, ExitCode.rejected];
    return worst.find((code) => codes.includes(code)) ?? ExitCode.done;
  }
}

function summary(
  outcomes: readonly Outcome[],
  repeated: readonly { line: number; of: number }[],
  planned: readonly PlannedRun[],
  following: Pick<Following, 'states'> | null,
  pipeline: string,
  io: Io,
): void {
  const { paint } = io;
  const started = outcomes.filter(({ outcome }) => outcome === 'started').length;
  const there = outcomes.filter((one) => one.outcome === 'there');
  const refused = outcomes.filter((one) => one.outcome === 'refused');
  const left = planned.length - outcomes.length;
  io.object({
    type: 'sets',
    at: Date.now(),
    started,
    there: there.length,
    refused: refused.length,
    repeated: repeated.length,
    left,
  });
  for (const { line, why } of refused.slice(0, LISTED)) io.line(`${paint('bad', 'refused')}  line ${line}: ${why}`);
  if (refused.length > LISTED) io.line(`  and ${refused.length - LISTED} more`);
  for (const { line, of } of repeated.slice(0, 5)) io.line(paint('quiet', `line ${line} is the same as line ${of}`));
  if (repeated.length > 5) io.line(paint('quiet', `and ${repeated.length - 5} more lines are the same as others`));
  const parts = [
    `${paint('good', `${started} started`)}`,
    `${there.length} already there${counted(there.map(({ state }) => state))}`,
    `${refused.length} refused`,
    ...(repeated.length > 0 ? [`${repeated.length} repeated`] : []),
    ...(left > 0 ? [`${left} not begun`] : []),
  ];
  io.line(parts.join(', '));
  if (following !== null) io.line(`stand now${counted(following.states)}`);
  else if (started > 0) io.line(`  see them: sluice runs --pipeline ${pipeline}`);
}

/** ` (3 failed, 10 deployed)` */
function counted(states: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts.size === 0 ? '' : ` (${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')})`;
}
