import {
  deployInLargeMap,
  ErrorCode,
  errorCode,
  INLINE_KEYS,
  isJob,
  isTolerated,
  isWork,
  type Json,
  keysOf,
  kindOf,
  type MapSpec,
  NESTED_KEYS,
  type PipelineDefinition,
  parseParams,
  Query,
  type Ran,
  type ResultOf,
  type RunMemo,
  type RunStatus,
  type Runtime,
  type Settings,
  type Settled,
  SluiceError,
  type SpecBase,
  type StatusPage,
  StepNames,
  type StepRef,
  type StepSpec,
  stepPath,
  tooManyNestedKeys,
  type Verdict,
  type WorkInput,
  type WorkSpec,
} from '@sluice/sdk';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  isCancellation,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { repeatsAfterReset } from './activation.ts';
import { local, long, small } from './activities.ts';
import { asPipeline, asSluice, checkRepeatable } from './author.ts';
import { DecisionDesk } from './decision-desk.ts';
import { requesterOf } from './decision-requester.ts';
import { deployStep } from './deploy-step.ts';
import { endedAt } from './ended-at.ts';
import { failureOf, runFailure, stepError } from './failure.ts';
import { forkOf, type StepResult, settleAll, settleInChildren } from './fan-out.ts';
import { inlineAnswer } from './inline-answer.ts';
import { jobStep } from './job-step.ts';
import { Journal } from './journal.ts';
import { MapPart } from './map-part.ts';
import { calledLikeAFunction, OtherCode } from './misuse.ts';
import { tellFailure } from './run-herald.ts';
import { RunState } from './run-state.ts';
import { currentScopes } from './scope.ts';
import { bytesOf, checkHistory, checkValue } from './size.ts';

/** A step's result, with what the run takes from it for its record. */
type StepDone = object & Ran & { readonly verdict?: Verdict };

/** Stands in the history of a run that is refused for parameters that its pipeline does not have. */
const UNKNOWN_PARAMS = 'sluice:unknown-params';

/** Runs a pipeline's steps durably: activities, children, timers and gates. One per workflow execution. */
export class TemporalRuntime implements Runtime {
  #run: RunState | undefined;
  /** In a child of a fan-out only. */
  #part: MapPart | undefined;
  #args: readonly unknown[] = [];
  readonly #names = new StepNames();
  /** How steps and maps outside of any `map` ended, for the children of a fan-out. */
  readonly #results: Record<string, StepResult> = {};
  /** Steps and maps outside of any `map` that have begun and not ended. */
  readonly #underWay = new Set<string>();
  readonly #patches: Record<string, boolean> = {};
  /** Keys of maps inside of maps so far. */
  #nestedKeys = 0;
  #started = false;

  async run<Output>(definition: PipelineDefinition<unknown, Output>, args: readonly unknown[]): Promise<Output> {
    if (this.#started) throw calledLikeAFunction(definition.name);
    this.#started = true;
    this.#args = args;
    const { workflowId, parent } = workflowInfo();
    // Only a parent hands a fork over; whatever else stands in a second argument is not meant for us.
    const fork = parent === undefined ? undefined : forkOf(args[1], args[2]);
    const part = fork && new MapPart(fork);
    this.#part = part;
    const id = fork?.runId ?? workflowId;
    const journal = new Journal(id, definition.name);
    const memo = (workflowInfo().memo ?? {}) as RunMemo;
    const requester = requesterOf(id, memo);
    const desk = new DecisionDesk(journal, id, requester);
    setHandler(
      defineQuery<RunStatus, [StatusPage?]>(Query.status),
      (page) => inlineAnswer(journal.status(page ?? {})),
      {
        description: 'State of every step',
      },
    );
    desk.listen();
    try {
      // Runs of before took names that nobody knows; a child has what its parent was started with.
      const refuses = () => part === undefined && patched(UNKNOWN_PARAMS);
      const params = await parseParams(definition.name, definition.params, args[0] ?? {}, refuses);
      const settings = await local.settings();
      if (part === undefined) {
        journal.links = linksOf(settings, workflowId);
        journal.identity = settings.approvers.oidc ? 'token' : 'by';
        journal.start(commitOf(memo, settings));
        // Now, while the issuer still has the key that signed the token.
        if (settings.approvers.oidc) void requester(settings);
      }
      this.#run = new RunState({
        id,
        pipeline: definition.name,
        settings,
        journal,
        desk,
        params: (args[0] ?? {}) as Json,
        ...(fork === undefined ? {} : { mlflowRun: fork.mlflowRun }),
      });
      const output = await (part === undefined
        ? asPipeline(false, () => definition.run(params))
        : part.run(definition, params));
      const what = part === undefined ? `what ${definition.name} returns` : `what keys of ${part.fork.mapPath} return`;
      checkValue(what, part?.fork.mapPath ?? definition.name, bytesOf(output));
      if (part === undefined) await this.#end(journal, journal.deployed ?? 'done');
      return output as Output;
    } catch (error) {
      if (part === undefined) {
        await CancellationScope.nonCancellable(() => this.#end(journal, stateOf(error, journal.deployed), error));
      }
      if (error instanceof OtherCode) throw error;
      throw runFailure(error);
    }
  }

  step<Spec extends SpecBase>(spec: Spec): Promise<ResultOf<Spec>> {
    return asSluice(() => this.#step(spec as unknown as StepSpec)) as Promise<ResultOf<Spec>>;
  }

  map<Value>(spec: MapSpec, body: (index: number) => Promise<Value>): Promise<Settled<Value>[]> {
    return asSluice(() => this.#map(spec, body));
  }

  async #step(spec: StepSpec): Promise<unknown> {
    const run = this.#current();
    const scopes = currentScopes();
    const path = this.#names.declare(scopes, spec.kind, spec.name);
    if (this.#part !== undefined && scopes.length === 0) {
      return this.#part.fromParent(path);
    }
    const ref: StepRef = {
      workflowId: run.id,
      pipeline: run.pipeline,
      step: path,
      name: spec.name,
      keys: keysOf(scopes),
    };
    const budgets = isJob(spec) ? spec.budgets : undefined;
    const status = run.journal.begin(path, spec.kind, Date.now(), budgets);
    if (scopes.length === 0) this.#underWay.add(path);
    try {
      const { historyLength, historySize } = workflowInfo();
      checkHistory(path, { events: historyLength, bytes: historySize });
      const { ran, ...result } = (await this.#perform(run, ref, spec)) as StepDone;
      status.state = 'done';
      if (result.verdict !== undefined) status.verdict = result.verdict;
      status.note = kindOf(spec).note?.(result as never) ?? null;
      if (scopes.length === 0) this.#results[path] = { ok: true, value: result as unknown as Json };
      // This may be heard of by a retry, much later: the machine knows when it ended.
      if (ran !== undefined) status.end = endedAt(status.start, Date.now(), ran).end;
      else status.end = status.attempts.at(-1)?.end ?? null;
      return result;
    } catch (error) {
      const mapped = stepError(path, error);
      if (scopes.length === 0) this.#keepFailure(path, mapped);
      status.state = 'failed';
      status.note = mapped instanceof Error ? mapped.message.slice(0, 500) : String(mapped);
      throw mapped;
    } finally {
      this.#underWay.delete(path);
      status.end ??= Date.now();
    }
  }

  async #map<Value>(spec: MapSpec, body: (index: number) => Promise<Value>): Promise<Settled<Value>[]> {
    const run = this.#current();
    const scopes = currentScopes();
    const path = this.#names.declare(scopes, 'map', spec.name);
    if (this.#part !== undefined && scopes.length === 0) {
      if (this.#part.fork.mapPath === path) return this.#part.slice(spec, body);
      return (await this.#part.fromParent(path)) as unknown as Settled<Value>[];
    }
    if (scopes.length > 0) this.#checkNested(path, spec.keys.length);
    const inChildren = spec.keys.length > INLINE_KEYS && scopes.length === 0;
    if (inChildren) checkRepeatable(path, spec.keys.length);
    const status = run.journal.begin(path, 'map', Date.now());
    if (scopes.length === 0) this.#underWay.add(path);
    let done = 0;
    let failed = 0;
    const count = (more: number, moreFailed: number) => {
      done += more;
      failed += moreFailed;
      status.note = `${done} done, ${failed} failed of ${spec.keys.length}`;
    };
    try {
      const settled = inChildren
        ? await settleInChildren<Value>(spec, path, await this.#handed(run), count)
        : await settleAll(spec, spec.keys, body, (ok) => count(ok ? 1 : 0, ok ? 0 : 1));
      const tolerated = isTolerated(spec.tolerate, failed, spec.keys.length);
      status.state = tolerated ? 'done' : 'failed';
      if (tolerated && failed > 0) {
        status.note += ', tolerated';
        run.journal.tolerate(
          settled.flatMap(({ ok, key }) => (ok ? [] : [stepPath([...scopes, { map: spec.name, key }], '')])),
        );
      }
      if (scopes.length === 0) this.#results[path] = { ok: true, value: settled as unknown as Json };
      return settled;
    } catch (error) {
      status.state = 'failed';
      if (scopes.length === 0) this.#keepFailure(path, error);
      throw error;
    } finally {
      this.#underWay.delete(path);
      // A map that a reset keeps ended with the last of its steps, as far as those are known here.
      status.end = (repeatsAfterReset() ? run.journal.lastEnd(`${path}=`) : null) ?? Date.now();
    }
  }

  async #handed(run: RunState) {
    const mlflowRun = await run.mlflowRun();
    // As they are now: steps that end later are not for these children, and what is handed to all stays the same.
    const [results, patches, underWay] = [{ ...this.#results }, this.#patches, this.#underWay];
    return { args: this.#args, runId: run.id, results, mlflowRun, patches, underWay };
  }

  #keepFailure(path: string, error: unknown): void {
    if (!(error instanceof SluiceError)) return;
    this.#results[path] = { ok: false, error: failureOf(error), data: (error.data ?? null) as Json };
  }

  patched(id: string): boolean {
    const inParent = this.#part?.fork.patches ?? {};
    if (Object.hasOwn(inParent, id)) return inParent[id] === true;
    const is = patched(id);
    this.#patches[id] = is;
    return is;
  }

  async #perform(run: RunState, ref: StepRef, spec: StepSpec): Promise<object> {
    if (isJob(spec)) return jobStep(run, ref, spec);
    if (isWork(spec)) return workStep(run, ref, spec);
    if (this.#part !== undefined) throw deployInLargeMap(ref.step);
    const result = await deployStep(run, ref, spec);
    run.journal.update(ref.step, { outcome: result.state });
    return result;
  }

  /** Maps inside of maps run in this workflow, whose history holds so much and no more. */
  #checkNested(path: string, keys: number): void {
    this.#nestedKeys += keys;
    if (this.#nestedKeys > NESTED_KEYS) throw tooManyNestedKeys(path);
  }

  #current(): RunState {
    if (this.#run !== undefined) return this.#run;
    throw new SluiceError(ErrorCode.NoRuntime, 'A step was called before its pipeline had started.');
  }

  async #end(journal: Journal, state: Journal['state'], error: unknown = null): Promise<void> {
    journal.end(state);
    const reported = this.#run?.reports.on === true ? this.#run.reports.end() : null;
    const told = state === 'failed' && this.#run !== undefined ? tellFailure(this.#run, error) : null;
    const opened = this.#run?.openedMlflowRun ?? null;
    if (opened !== null) {
      try {
        const runId = await opened;
        const options = { scheduleToCloseTimeout: '10 minutes' } as const;
        if (runId !== null) await small('run:mlflow-close', 'close the MLflow run', options).closeRun({ runId, state });
      } catch {
        // The record of a run must not decide how the run ends.
      }
    }
    await told;
    if (reported !== null) await reported;
    await condition(allHandlersFinished, '1 minute');
  }
}

/** How a run stands that ended by an error: one whose deploy was turned down says so, by the worst of its deploys. */
function stateOf(error: unknown, deployed: Journal['state'] | null): Journal['state'] {
  if (isCancellation(error)) return 'cancelled';
  return errorCode(error) === ErrorCode.NotDeployed && deployed !== null ? deployed : 'failed';
}

function commitOf(memo: RunMemo, settings: Settings): { commit?: string } {
  const commit = memo.commit ?? settings.commit;
  return commit === null ? {} : { commit };
}

function linksOf(settings: Settings, workflowId: string): Record<string, string> {
  const { mlflow, temporal } = settings.links;
  return {
    ...(temporal === null ? {} : { temporal: `${temporal}/workflows/${encodeURIComponent(workflowId)}` }),
    ...(mlflow === null ? {} : { mlflow }),
  };
}

/** A step whose work is one activity of its kind's name. */
async function workStep<Spec extends WorkSpec>(run: RunState, ref: StepRef, spec: Spec): Promise<object> {
  const activities = long({ step: ref.step, kind: spec.kind }, run.queue(spec, ref.step), spec.temporal);
  const work = activities[spec.kind] as (input: WorkInput<Spec>) => Promise<object>;
  return work({ ref, spec, parentRunId: await run.mlflowRun() });
}
