import { batches } from './batches.ts';
import { isRefusal } from './errors.ts';
import type { CallOptions, MlflowCall } from './request.ts';
import type {
  MlflowBatch,
  MlflowDatasetInput,
  MlflowExperiment,
  MlflowMetric,
  MlflowModelVersion,
  MlflowRegisteredModel,
  MlflowRun,
  MlflowRunInfo,
  MlflowRunStatus,
  MlflowTag,
} from './types.ts';

interface Page {
  /** @default 1000 */
  readonly max_results?: number;
  readonly order_by?: readonly string[];
}

/** MLflow's routes, one method each, in the server's own words. */
export interface MlflowRoutes {
  createExperiment(
    fields: { name: string; artifact_location?: string; tags?: readonly MlflowTag[] },
    options?: CallOptions,
  ): Promise<{ experiment_id: string }>;
  /** Null when there is none. A deleted one is found too: look at `lifecycle_stage`. */
  getExperimentByName(name: string, options?: CallOptions): Promise<MlflowExperiment | null>;
  setExperimentTag(fields: { experiment_id: string; key: string; value: string }, options?: CallOptions): Promise<void>;

  /** Not idempotent: see `ensureRun`. */
  createRun(
    fields: { experiment_id: string; run_name?: string; start_time: number; tags?: readonly MlflowTag[] },
    options?: CallOptions,
  ): Promise<MlflowRun>;
  /** Null when there is none. */
  getRun(runId: string, options?: CallOptions): Promise<MlflowRun | null>;
  updateRun(
    fields: { run_id: string; status?: MlflowRunStatus; end_time?: number; run_name?: string },
    options?: CallOptions,
  ): Promise<MlflowRunInfo>;
  /** Marks it as deleted; a run that is deleted already is no error. */
  deleteRun(runId: string, options?: CallOptions): Promise<void>;
  /** Every run that matches, over all pages, active ones only. */
  searchRuns(
    fields: { experiment_ids: readonly string[]; filter?: string } & Page,
    options?: CallOptions,
  ): Promise<MlflowRun[]>;
  /** Any number of metrics, parameters and tags; cut into as many requests as the server's limits ask for. */
  logBatch(runId: string, batch: MlflowBatch, options?: CallOptions): Promise<void>;
  logInputs(runId: string, datasets: readonly MlflowDatasetInput[], options?: CallOptions): Promise<void>;
  setRunTag(runId: string, key: string, value: string, options?: CallOptions): Promise<void>;
  deleteRunTag(runId: string, key: string, options?: CallOptions): Promise<void>;
  /** Every point of one metric, over all pages. */
  metricHistory(runId: string, key: string, options?: CallOptions): Promise<MlflowMetric[]>;

  createRegisteredModel(
    fields: { name: string; description?: string; tags?: readonly MlflowTag[] },
    options?: CallOptions,
  ): Promise<MlflowRegisteredModel>;
  /** Null when there is none. */
  getRegisteredModel(name: string, options?: CallOptions): Promise<MlflowRegisteredModel | null>;
  /** Not idempotent: see `ensureModelVersion`. */
  createModelVersion(
    fields: {
      name: string;
      source: string;
      run_id?: string;
      run_link?: string;
      description?: string;
      tags?: readonly MlflowTag[];
    },
    options?: CallOptions,
  ): Promise<MlflowModelVersion>;
  /** Null when there is none. */
  getModelVersion(name: string, version: string, options?: CallOptions): Promise<MlflowModelVersion | null>;
  updateModelVersion(
    fields: { name: string; version: string; description: string },
    options?: CallOptions,
  ): Promise<MlflowModelVersion>;
  deleteModelVersion(name: string, version: string, options?: CallOptions): Promise<void>;
  setModelVersionTag(
    fields: { name: string; version: string; key: string; value: string },
    options?: CallOptions,
  ): Promise<void>;
  deleteModelVersionTag(fields: { name: string; version: string; key: string }, options?: CallOptions): Promise<void>;
  /** Every version that matches, over all pages. */
  searchModelVersions(fields: { filter: string } & Page, options?: CallOptions): Promise<MlflowModelVersion[]>;
  /** Moves an alias; sets it when it is new. */
  setAlias(name: string, alias: string, version: string, options?: CallOptions): Promise<void>;
  /** An alias that is not there is no error. */
  deleteAlias(name: string, alias: string, options?: CallOptions): Promise<void>;
  /** Null when the model or the alias does not exist. */
  getVersionByAlias(name: string, alias: string, options?: CallOptions): Promise<MlflowModelVersion | null>;
}

const MISSING = 'RESOURCE_DOES_NOT_EXIST';

export function mlflowRoutes(call: MlflowCall): MlflowRoutes {
  return {
    createExperiment: (fields, options) => call('POST', 'experiments/create', fields, options),
    getExperimentByName: (name, options) =>
      orNull(
        call<{ experiment: MlflowExperiment }>('GET', 'experiments/get-by-name', { experiment_name: name }, options),
        ({ experiment }) => experiment,
      ),
    setExperimentTag: (fields, options) => done(call('POST', 'experiments/set-experiment-tag', fields, options)),

    createRun: async (fields, options) => (await call<{ run: MlflowRun }>('POST', 'runs/create', fields, options)).run,
    getRun: (runId, options) =>
      orNull(call<{ run: MlflowRun }>('GET', 'runs/get', { run_id: runId }, options), ({ run }) => readRun(run)),
    updateRun: async (fields, options) =>
      (await call<{ run_info: MlflowRunInfo }>('POST', 'runs/update', fields, options)).run_info,
    deleteRun: (runId, options) =>
      call('POST', 'runs/delete', { run_id: runId }, options).then(nothing, (error: unknown) => {
        if (!isRefusal(error, MISSING, 'INVALID_PARAMETER_VALUE')) throw error;
      }),
    searchRuns: async (fields, options) => {
      const body = { run_view_type: 'ACTIVE_ONLY', max_results: 1000, ...fields };
      const pages = await allPages<{ runs?: MlflowRun[] }>((page_token) =>
        call('POST', 'runs/search', { ...body, page_token }, options),
      );
      return pages.flatMap(({ runs }) => (runs ?? []).map(readRun));
    },
    logBatch: async (runId, batch, options) => {
      for (const part of batches(batch)) await call('POST', 'runs/log-batch', { run_id: runId, ...part }, options);
    },
    logInputs: (runId, datasets, options) =>
      done(call('POST', 'runs/log-inputs', { run_id: runId, datasets }, options)),
    setRunTag: (runId, key, value, options) =>
      done(call('POST', 'runs/set-tag', { run_id: runId, key, value }, options)),
    deleteRunTag: (runId, key, options) =>
      call('POST', 'runs/delete-tag', { run_id: runId, key }, options).then(nothing, ignoreMissing),
    metricHistory: async (runId, key, options) => {
      const query = { run_id: runId, metric_key: key, max_results: 25_000 };
      const pages = await allPages<{ metrics?: MlflowMetric[] }>((page_token) =>
        call('GET', 'metrics/get-history', { ...query, page_token }, options),
      );
      return pages.flatMap(({ metrics }) => (metrics ?? []).map(readMetric));
    },

    createRegisteredModel: async (fields, options) =>
      (await call<{ registered_model: MlflowRegisteredModel }>('POST', 'registered-models/create', fields, options))
        .registered_model,
    getRegisteredModel: (name, options) =>
      orNull(
        call<{ registered_model: MlflowRegisteredModel }>('GET', 'registered-models/get', { name }, options),
        ({ registered_model }) => registered_model,
      ),
    createModelVersion: async (fields, options) =>
      (await call<VersionAnswer>('POST', 'model-versions/create', fields, options)).model_version,
    getModelVersion: (name, version, options) =>
      orNull(call<VersionAnswer>('GET', 'model-versions/get', { name, version }, options), readVersion),
    updateModelVersion: async (fields, options) =>
      (await call<VersionAnswer>('PATCH', 'model-versions/update', fields, options)).model_version,
    deleteModelVersion: (name, version, options) =>
      call('DELETE', 'model-versions/delete', { name, version }, options).then(nothing, ignoreMissing),
    setModelVersionTag: (fields, options) => done(call('POST', 'model-versions/set-tag', fields, options)),
    deleteModelVersionTag: (fields, options) =>
      call('DELETE', 'model-versions/delete-tag', fields, options).then(nothing, ignoreMissing),
    searchModelVersions: async (fields, options) => {
      const query = { max_results: 1000, ...fields };
      const pages = await allPages<{ model_versions?: MlflowModelVersion[] }>((page_token) =>
        call('GET', 'model-versions/search', { ...query, page_token }, options),
      );
      return pages.flatMap(({ model_versions }) => model_versions ?? []);
    },
    setAlias: (name, alias, version, options) =>
      done(call('POST', 'registered-models/alias', { name, alias, version }, options)),
    deleteAlias: (name, alias, options) =>
      call('DELETE', 'registered-models/alias', { name, alias }, options).then(nothing, (error: unknown) => {
        if (!aliasMissing(error)) throw error;
      }),
    getVersionByAlias: (name, alias, options) =>
      call<VersionAnswer>('GET', 'registered-models/alias', { name, alias }, options).then(
        readVersion,
        (error: unknown) => {
          if (aliasMissing(error)) return null;
          throw error;
        },
      ),
  };
}

type VersionAnswer = { readonly model_version: MlflowModelVersion };
const readVersion = ({ model_version }: VersionAnswer) => model_version;
const nothing = () => {};

/** An alias that does not exist is a 400 of MLflow's, like one that cannot exist. */
function aliasMissing(error: unknown): boolean {
  return isRefusal(error, MISSING) || (isRefusal(error, 'INVALID_PARAMETER_VALUE') && / not found/.test(error.message));
}

function ignoreMissing(error: unknown): void {
  if (!isRefusal(error, MISSING)) throw error;
}

async function done(answer: Promise<unknown>): Promise<void> {
  await answer;
}

function orNull<A, B>(answer: Promise<A>, read: (answer: A) => B): Promise<B | null> {
  return answer.then(read, (error: unknown) => {
    if (isRefusal(error, MISSING)) return null;
    throw error;
  });
}

/** The server writes NaN as text. */
function readMetric(metric: MlflowMetric): MlflowMetric {
  return { ...metric, value: Number(metric.value), step: Number(metric.step), timestamp: Number(metric.timestamp) };
}

function readRun(run: MlflowRun): MlflowRun {
  return { ...run, data: { ...run.data, metrics: (run.data.metrics ?? []).map(readMetric) } };
}

async function allPages<T extends object>(
  page: (token: string | undefined) => Promise<T & { next_page_token?: string }>,
): Promise<T[]> {
  const pages: T[] = [];
  let token: string | undefined;
  do {
    const answer = await page(token);
    pages.push(answer);
    token = answer.next_page_token || undefined;
  } while (token !== undefined);
  return pages;
}
