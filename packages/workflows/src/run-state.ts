import { type ClassSettings, type Json, notInConfig, type RunMemo, type Settings, type SluiceError } from '@sluice/sdk';
import { workflowInfo } from '@temporalio/workflow';
import { small } from './activities.ts';
import type { DecisionDesk } from './decision-desk.ts';
import type { Journal } from './journal.ts';
import { RunReports } from './run-reports.ts';

/** What the steps of one run share. */
export class RunState {
  /** Workflow id of the run, also inside the children of a fan-out: the key of everything made outside. */
  readonly id: string;
  readonly pipeline: string;
  readonly settings: Settings;
  readonly journal: Journal;
  readonly desk: DecisionDesk;
  readonly memo: RunMemo;
  readonly reports: RunReports;
  readonly #params: Json;
  #mlflowRun: Promise<string | null> | undefined;

  constructor(options: {
    readonly id: string;
    readonly pipeline: string;
    readonly settings: Settings;
    readonly journal: Journal;
    readonly desk: DecisionDesk;
    readonly params: Json;
    readonly mlflowRun?: string | null;
  }) {
    this.id = options.id;
    this.pipeline = options.pipeline;
    this.settings = options.settings;
    this.journal = options.journal;
    this.desk = options.desk;
    this.#params = options.params;
    this.memo = (workflowInfo().memo ?? {}) as RunMemo;
    this.reports = new RunReports(this);
    if (options.mlflowRun !== undefined) this.#mlflowRun = Promise.resolve(options.mlflowRun);
  }

  /** The MLflow run that stands for this run, made when the first step asks for it. */
  mlflowRun(): Promise<string | null> {
    if (!this.settings.mlflow) return Promise.resolve(null);
    this.#mlflowRun ??= this.#openMlflowRun();
    return this.#mlflowRun;
  }

  async #openMlflowRun(): Promise<string | null> {
    const runId = await small('run:mlflow', 'MLflow run').openRun({
      workflowId: this.id,
      pipeline: this.pipeline,
      params: this.#params,
    });
    const base = this.settings.links.mlflow;
    if (runId !== null && base !== null) {
      this.journal.links = { ...this.journal.links, mlflow: `${base.replace(/\/+$/, '')}/#/runs/${runId}` };
    }
    return runId;
  }

  /** The MLflow run, if any step has asked for one. */
  get openedMlflowRun(): Promise<string | null> | null {
    return this.#mlflowRun ?? null;
  }

  resourceClass(spec: { readonly on: string | null }): string {
    return spec.on ?? this.settings.defaultClass;
  }

  /** Queue of the class a step asks for. @throws SluiceError `InvalidStep` for a class that is not in the config. */
  queue(spec: { readonly on: string | null }, step: string): string {
    const name = this.resourceClass(spec);
    const settings: ClassSettings | undefined = this.settings.classes[name];
    if (settings === undefined) throw this.unknownClass(name, step);
    return settings.taskQueue;
  }

  unknownClass(name: string, step: string): SluiceError {
    return notInConfig(step, 'resource class', name, Object.keys(this.settings.classes));
  }
}
