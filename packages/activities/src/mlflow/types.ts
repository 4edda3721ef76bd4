/** MLflow's own words over the wire, in its own spelling; only what Sluice reads or writes. */

export interface MlflowTag {
  readonly key: string;
  readonly value: string;
}

export interface MlflowParam {
  readonly key: string;
  readonly value: string;
}

export interface MlflowMetric {
  readonly key: string;
  /** NaN and infinities are allowed; the server stores infinities as the largest doubles. */
  readonly value: number;
  /** Epoch ms. */
  readonly timestamp: number;
  readonly step: number;
}

export type MlflowRunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

export interface MlflowExperiment {
  readonly experiment_id: string;
  readonly name: string;
  readonly lifecycle_stage: string;
  readonly artifact_location?: string;
  readonly tags?: readonly MlflowTag[];
}

export interface MlflowRunInfo {
  readonly run_id: string;
  readonly experiment_id: string;
  readonly run_name?: string;
  readonly status: MlflowRunStatus;
  /** Epoch ms, as the run's creator told it. */
  readonly start_time: number;
  readonly end_time?: number;
  readonly artifact_uri?: string;
  readonly lifecycle_stage: string;
}

export interface MlflowDataset {
  readonly name: string;
  /** At most 36 characters. */
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema?: string;
  readonly profile?: string;
}

export interface MlflowDatasetInput {
  readonly dataset: MlflowDataset;
  readonly tags?: readonly MlflowTag[];
}

export interface MlflowRun {
  readonly info: MlflowRunInfo;
  readonly data: {
    readonly metrics?: readonly MlflowMetric[];
    readonly params?: readonly MlflowParam[];
    readonly tags?: readonly MlflowTag[];
  };
  readonly inputs?: { readonly dataset_inputs?: readonly MlflowDatasetInput[] };
}

export interface MlflowRegisteredModel {
  readonly name: string;
  readonly description?: string;
  readonly tags?: readonly MlflowTag[];
  readonly aliases?: readonly { readonly alias: string; readonly version: string }[];
}

export interface MlflowModelVersion {
  readonly name: string;
  /** A number, as text. */
  readonly version: string;
  readonly source?: string;
  readonly run_id?: string;
  readonly run_link?: string;
  readonly description?: string;
  readonly status?: string;
  readonly creation_timestamp?: number;
  readonly tags?: readonly MlflowTag[];
  readonly aliases?: readonly string[];
}

/** What one `runs/log-batch` may be asked to hold; the client cuts it into requests. */
export interface MlflowBatch {
  readonly metrics?: readonly MlflowMetric[];
  readonly params?: readonly MlflowParam[];
  readonly tags?: readonly MlflowTag[];
}

/** Tags as a record, for reading. */
export function tagsOf(holder: { readonly tags?: readonly MlflowTag[] }): Record<string, string> {
  return Object.fromEntries((holder.tags ?? []).map(({ key, value }) => [key, value]));
}

/** Tags as a list, for writing; absent values are left out. */
export function tagList(tags: Readonly<Record<string, string | null | undefined>>): MlflowTag[] {
  return Object.entries(tags).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value }],
  );
}
