import { keptCheckpoints, type MlflowClient, trainingCurves } from '@sluice/activities';
import type { Evidence, Json, Model, Report, RolloutRequest, StepRef, StepStatus } from '@sluice/sdk';
import { worstFirst } from '@sluice/sdk';
import type { Checkpoint, Series, StepView, Trouble } from '@sluice/ui/api';
import { artifactsIn, linkTo, withoutArtifacts } from '../../records/artifacts.ts';
import { shown } from '../../records/history.ts';
import { rowOf } from '../../records/row.ts';
import type { Sources, TemporalSource } from '../../records/sources.ts';
import { madeBy, type StepWork, stepWork } from '../../records/step-work.ts';
import { notFound, troubleOf } from '../trouble.ts';
import { findStep } from './find-step.ts';
import { describe } from './run.ts';
import { thinned } from './thin.ts';

/** Metrics whose curve is read. */
const CURVES = 24;
/** Bytes of a report that is read. */
const REPORT = 16 * 2 ** 20;
/** Time MLflow has for all of a step's curves, ms. */
const CURVES_WITHIN = 6_000;

/** One step of a run: what it was asked, what it took and made, and how it went. */
export async function stepView(
  sources: Sources,
  temporal: TemporalSource,
  asked: { readonly run: string; readonly step: string },
): Promise<StepView> {
  const { client } = temporal;
  const execution = await describe(client, asked.run);
  const { status, owner } = await findStep(client, execution, asked.step);
  if (status === null) throw notFound(`step "${asked.step}" in the run "${asked.run}"`);
  const works = await stepWork(client, owner, asked.step);
  const main = works.findLast(({ activity }) => activity === status.kind) ?? works[0];
  const last = works.findLast((work) => work.result !== undefined && work.activity === main?.activity);
  const result = last && madeBy(last.activity, last.result);
  const ref = { workflowId: asked.run, step: asked.step };
  const troubles: Trouble[] = [];
  const orTrouble = async <Value>(read: Promise<Value>, instead: Value): Promise<Value> => {
    try {
      return await read;
    } catch (error) {
      troubles.push(troubleOf(error));
      return instead;
    }
  };
  const [checkpoints, curves, evidence] = await Promise.all([
    isJob(status) ? orTrouble(checkpointsOf(sources, ref), []) : [],
    isTraining(status) ? orTrouble(curvesOf(sources, ref, result), null) : null,
    orTrouble(evidenceOf(sources, result, works), evidenceIn(result, works)),
  ]);
  const model = modelIn(result);
  return {
    run: rowOf(execution),
    status,
    spec: status.kind === 'deploy' ? deploySpec(works) : specOf(main),
    inputs: artifactsIn(main === undefined ? [] : inputOf(main)).map(linkTo),
    outputs: artifactsIn(result, true).map(linkTo),
    checkpoints,
    series: curves?.series ?? [],
    evidence,
    metrics: model?.metrics ?? curves?.metrics ?? {},
    mlflowUrl: curves?.url ?? null,
    trouble: troubles[0] ?? null,
  };
}

function isJob({ kind }: StepStatus): boolean {
  return kind === 'train' || kind === 'merge' || kind === 'step';
}

function isTraining({ kind }: StepStatus): boolean {
  return kind === 'train' || kind === 'merge';
}

/** What it was asked for, in the words of the pipeline; null where it asked for nothing outside, like a map. */
function specOf(work: StepWork | undefined): Json {
  if (work === undefined) return null;
  const { spec } = (work.input ?? {}) as { readonly spec?: unknown };
  return shown(masked(withoutArtifacts(spec ?? inputOf(work))));
}

/** A deploy is many small works: what the endpoint was asked for says how it was to go. */
function deploySpec(works: readonly StepWork[]): Json {
  const asked = works.findLast(({ activity }) => activity === 'requestRollout');
  const { request } = (asked?.input ?? {}) as { readonly request?: Partial<RolloutRequest> };
  const registered = works.find(({ activity }) => activity === 'registerCandidate')?.input as
    | { readonly endpoint?: string }
    | undefined;
  const endpoint = request?.endpoint ?? registered?.endpoint;
  if (endpoint === undefined) return null;
  const { spec: rollout, onBusy, against } = request ?? {};
  return shown({ endpoint, onBusy, against, rollout });
}

/** Without the bookkeeping around it. */
function inputOf({ input }: StepWork): unknown {
  const { ref: _, ...rest } = (input ?? {}) as { readonly ref?: StepRef };
  return rest;
}

/** Connection strings may have a password in them. */
function masked(spec: Json): Json {
  const text = JSON.stringify(spec);
  return JSON.parse(
    text.replace(/(:\/\/[^:/@\s"]+:)[^@\s"]+@/g, '$1…@').replace(/\b(password|pwd)=[^\s;"\\]+/gi, '$1=…'),
  ) as Json;
}

function modelIn(result: unknown): Model | null {
  return (result as Partial<Model> | null | undefined)?.kind === 'model' ? (result as Model) : null;
}

async function checkpointsOf(sources: Sources, ref: Pick<StepRef, 'workflowId' | 'step'>): Promise<Checkpoint[]> {
  const manifests = await keptCheckpoints(sources.store, ref);
  return manifests.map(({ step, at, files, attempt }) => {
    const ms = Date.parse(at);
    return { step, at: Number.isNaN(ms) ? null : ms, bytes: files.bytes, digest: files.digest, attempt };
  });
}

async function curvesOf(sources: Sources, ref: Pick<StepRef, 'workflowId' | 'step'>, result: unknown) {
  const mlflow: MlflowClient | null = await sources.mlflow();
  if (mlflow === null) return null;
  const found = await trainingCurves(
    mlflow,
    {
      experiment: sources.loaded.config.project,
      ...ref,
      runId: modelIn(result)?.mlflowRunId ?? null,
      most: CURVES,
    },
    { signal: AbortSignal.timeout(CURVES_WITHIN) },
  );
  if (found === null) return null;
  const series = found.curves.map(
    ({ metric, points }): Series => ({ metric, points: thinned(points.map(({ step, value }) => [step, value])) }),
  );
  return { series, metrics: found.metrics, url: found.url };
}

/** All rows of a report, or those that came with the result. */
async function evidenceOf(sources: Sources, result: unknown, works: readonly StepWork[]): Promise<readonly Evidence[]> {
  const { report, profile } = (result ?? {}) as Partial<Report> & { readonly profile?: Report['report'] };
  const file = report ?? profile;
  if (file === undefined || file.bytes > REPORT) return evidenceIn(result, works);
  const text = JSON.parse(await sources.store.getText(file)) as Record<string, unknown>;
  const rows = report === undefined ? text.checks : text.evidence;
  return Array.isArray(rows) ? worstFirst(rows as Evidence[]) : evidenceIn(result, works);
}

/** What the result itself says; of a deploy what its gates had measured. */
function evidenceIn(result: unknown, works: readonly StepWork[]): readonly Evidence[] {
  const rows = (value: unknown) => ((value as Partial<Report> | null | undefined)?.evidence ?? []) as unknown;
  const own = rows(result);
  if (Array.isArray(own) && own.length > 0) return worstFirst(own as Evidence[]);
  const gates = works
    .map(({ input }) => input as { readonly gates?: readonly unknown[]; readonly evidence?: readonly unknown[] })
    .findLast((input) => Array.isArray(input?.gates) || Array.isArray(input?.evidence));
  const lists = [...(gates?.gates ?? gates?.evidence ?? [])].map(rows);
  return worstFirst(lists.flatMap((list) => (Array.isArray(list) ? (list as Evidence[]) : [])));
}
