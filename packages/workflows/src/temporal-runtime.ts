import {
  type Dataset,
  type DeployResult,
  ErrorCode,
  type Json,
  type MapSpec,
  type PipelineDefinition,
  parseParams,
  Query,
  type Report,
  type ResultOf,
  type RunMemo,
  type RunStatus,
  type Runtime,
  type Settings,
  type Settled,
  SluiceError,
  type StepRef,
  type StepSpec,
  stepPath,
} from '@sluice/sdk';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { local, long, small } from './activities.ts';
import { DecisionDesk } from './decision-desk.ts';
import { deployStep } from './deploy-step.ts';
import { runFailure, stepError } from './failure.ts';
import { type Fork, INLINE_KEYS, settleAll, settleInChildren } from './fan-out.ts';
import { jobStep } from './job-step.ts';
import { Journal } from './journal.ts';
import { RunState } from './run-state.ts';
import { currentScopes } from './scope.ts';

/** Runs a pipeline's steps durably: activities, children, timers and gates. One per workflow execution. */
export class TemporalRuntime implements Runtime {
  #run: RunState | undefined;
  #fork: Fork | undefined;
  #slice: ((settled: Settled<unknown>[]) => void) | undefined;
  #args: readonly unknown[] = [];
  /** Where each step path was first declared, to name both when there are two. */
  readonly #declared = new Map<string, string>();
  /** Results of finished steps and maps outside of any `map`, for the children of a fan-out. */
  readonly #results: Record<string, Json> = {};
  #outcome: DeployResult['state'] | undefined;

  async run<Output>(definition: PipelineDefinition<unknown, Output>, args: readonly unknown[]): Promise<Output> {
    this.#args = args;
    this.#fork = args[1] as Fork | undefined;
    const { workflowId } = workflowInfo();
    const id = this.#fork?.runId ?? workflowId;
    const journal = new Journal(id, definition.name);
    let settings: Settings | undefined;
    const memo = (workflowInfo().memo ?? {}) as RunMemo;
    const desk = new DecisionDesk(journal, () => settings ?? nobodyDecides, memo.by ?? null);
    setHandler(defineQuery<RunStatus>(Query.status), () => journal.status(), { description: 'State of every step' });
    desk.listen();
    try {
      const params = await parseParams(definition.name, definition.params, args[0] ?? {});
      settings = await local.settings();
      if (this.#fork === undefined) {
        journal.links = linksOf(settings, workflowId);
        journal.moveTo('running', commitOf(memo, settings));
      }
      this.#run = new RunState({
        id,
        pipeline: definition.name,
        settings,
        journal,
        desk,
        params: (args[0] ?? {}) as Json,
        ...(this.#fork === undefined ? {} : { mlflowRun: this.#fork.mlflowRun }),
      });
      const output = this.#fork === undefined ? await definition.run(params) : await this.#runSlice(definition, params);
      if (this.#fork === undefined) await this.#end(journal, this.#outcome ?? 'done');
      return output as Output;
    } catch (error) {
      if (this.#fork === undefined) {
        await CancellationScope.nonCancellable(() =>
          this.#end(journal, isCancellation(error) ? 'cancelled' : 'failed'),
        );
      }
      throw runFailure(error);
    }
  }

  async step<Spec extends StepSpec>(spec: Spec): Promise<ResultOf<Spec>> {
    const run = this.#current();
    const scopes = currentScopes();
    const path = stepPath(scopes, spec.name);
    this.#declare(path, `${spec.kind} ${spec.name}`);
    if (this.#fork !== undefined && scopes.length === 0)
      return (await this.#fromParent(path)) as unknown as ResultOf<Spec>;
    const ref: StepRef = {
      workflowId: run.id,
      pipeline: run.pipeline,
      step: path,
      name: spec.name,
      keys: Object.fromEntries(scopes.map(({ map, key }) => [map, key])),
    };
    const budgets = 'budgets' in spec ? spec.budgets : undefined;
    const status = run.journal.begin(path, spec.kind, Date.now(), budgets);
    try {
      const result = await this.#perform(run, ref, spec);
      status.state = 'done';
      if ('verdict' in result) status.verdict = result.verdict;
      status.note = noteOf(spec, result);
      if (scopes.length === 0) this.#results[path] = result as unknown as Json;
      return result as ResultOf<Spec>;
    } catch (error) {
      const mapped = stepError(path, error);
      status.state = 'failed';
      status.note = mapped instanceof Error ? mapped.message.slice(0, 500) : String(mapped);
      throw mapped;
    } finally {
      status.end = Date.now();
      run.journal.show();
    }
  }

  async map<Value>(spec: MapSpec, body: (index: number) => Promise<Value>): Promise<Settled<Value>[]> {
    const run = this.#current();
    const scopes = currentScopes();
    const path = stepPath(scopes, spec.name);
    this.#declare(path, `map ${spec.name}`);
    if (this.#fork !== undefined && scopes.length === 0) {
      if (this.#fork.mapPath === path) return this.#sliceOf(this.#fork, spec, body);
      return (await this.#fromParent(path)) as unknown as Settled<Value>[];
    }
    const status = run.journal.begin(path, 'map', Date.now());
    let done = 0;
    let failed = 0;
    const count = (more: number, moreFailed: number) => {
      done += more;
      failed += moreFailed;
      status.note = `${done} done, ${failed} failed of ${spec.keys.length}`;
      run.journal.show();
    };
    const inChildren = spec.keys.length > INLINE_KEYS && scopes.length === 0;
    const settled = inChildren
      ? await settleInChildren<Value>(
          spec,
          path,
          { args: this.#args, runId: run.id, results: this.#results, mlflowRun: await run.mlflowRun() },
          count,
        )
      : await settleAll(spec, spec.keys, body, (ok) => count(ok ? 1 : 0, ok ? 0 : 1));
    status.state = failed > 0 ? 'failed' : 'done';
    status.end = Date.now();
    if (scopes.length === 0) this.#results[path] = settled as unknown as Json;
    run.journal.show();
    return settled;
  }

  async #perform(
    run: RunState,
    ref: StepRef,
    spec: StepSpec,
  ): Promise<Dataset | Report | DeployResult | Awaited<ReturnType<typeof jobStep>>> {
    switch (spec.kind) {
      case 'extract':
        return long(ref.step, run.queue(spec, ref.step), spec.temporal).extract({
          ref,
          spec,
          parentRunId: await run.mlflowRun(),
        });
      case 'train':
      case 'merge':
      case 'step':
        return jobStep(run, ref, spec);
      case 'evaluate': {
        const endpoint = spec.endpoint ?? run.pipeline;
        const parentRunId = await run.mlflowRun();
        return long(ref.step, run.queue(spec, ref.step), spec.temporal).evaluate({
          ref,
          spec: { ...spec, endpoint },
          parentRunId,
        });
      }
      case 'replay':
        return long(ref.step, run.queue(spec, ref.step), spec.temporal).replay({
          ref,
          spec,
          parentRunId: await run.mlflowRun(),
        });
      case 'deploy': {
        const result = await deployStep(run, ref, spec);
        this.#outcome = result.state;
        return result;
      }
    }
  }

  /** In a child of a fan-out: the parent's result; what the parent had not finished never answers here. */
  #fromParent(path: string): Promise<Json> {
    const result = this.#fork?.results[path];
    return result === undefined ? new Promise<Json>(() => {}) : Promise.resolve(result);
  }

  /** In a child of a fan-out: runs the pipeline up to the map it belongs to, and then its slice of it only. */
  #runSlice(definition: PipelineDefinition<unknown, unknown>, params: unknown): Promise<Settled<unknown>[]> {
    return new Promise((resolve, reject) => {
      this.#slice = resolve;
      definition.run(params).then(
        () => reject(this.#lostTheWay(definition.name)),
        (error: unknown) => reject(error),
      );
    });
  }

  async #sliceOf<Value>(fork: Fork, spec: MapSpec, body: (index: number) => Promise<Value>): Promise<Settled<Value>[]> {
    const same = fork.keys.every((key, i) => spec.keys[fork.from + i] === key);
    if (!same) throw this.#lostTheWay(spec.name);
    const lanes = { name: spec.name, concurrency: fork.concurrency };
    this.#slice?.(await settleAll(lanes, fork.keys, (i) => body(fork.from + i)));
    return new Promise(() => {});
  }

  #lostTheWay(name: string): SluiceError {
    return new SluiceError(ErrorCode.InvalidStep, `${name}: a part of a large map could not find its keys again.`, {
      where: name,
      fix: 'Code before a map with more than 200 keys may depend on the parameters and on results of steps only, not on time or chance.',
    });
  }

  #declare(path: string, what: string): void {
    const former = this.#declared.get(path);
    if (former !== undefined) {
      throw new SluiceError(ErrorCode.DuplicateStep, `Two steps are called "${path}": ${former} and ${what}.`, {
        where: path,
        fix: 'Names identify work over retries; give each its own within one scope.',
      });
    }
    this.#declared.set(path, what);
  }

  #current(): RunState {
    if (this.#run !== undefined) return this.#run;
    throw new SluiceError(ErrorCode.NoRuntime, 'A step was called before its pipeline had started.');
  }

  async #end(journal: Journal, state: Parameters<Journal['moveTo']>[0]): Promise<void> {
    journal.moveTo(state);
    const opened = this.#run?.openedMlflowRun ?? null;
    if (opened !== null) {
      try {
        const runId = await opened;
        const options = { scheduleToCloseTimeout: '10 minutes' } as const;
        if (runId !== null) await small('close the MLflow run', options).closeRun({ runId, state });
      } catch {
        // The record of a run must not decide how the run ends.
      }
    }
    await condition(allHandlersFinished, '1 minute');
  }
}

const nobodyDecides: Settings = {
  project: '',
  defaultClass: '',
  classes: {},
  approvers: { names: [], selfApproval: false, oidc: false },
  endpoints: [],
  mlflow: false,
  notify: false,
  links: { mlflow: null, temporal: null },
  commit: null,
  dirty: null,
};

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

function noteOf(spec: StepSpec, result: object): string | null {
  if (spec.kind === 'extract') return `${(result as Dataset).rows.toLocaleString('en-US')} rows`;
  if (spec.kind === 'deploy') return (result as DeployResult).reason ?? (result as DeployResult).state;
  return null;
}
