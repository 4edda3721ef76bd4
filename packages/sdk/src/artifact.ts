import type { GateResult } from './verdict.ts';

/** Anything JSON can hold; what crosses a workflow's border. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
/** An object of any JSON, such as hyper-parameters. */
export type JsonObject = { readonly [key: string]: Json | undefined };

/** `sha256:` and 64 hexadecimal digits. Of a directory: the digest of its sorted list of paths and file digests. */
export type Digest = `sha256:${string}`;

/**
 * An immutable thing in the artifact store. Workflows carry this reference, never the bytes.
 * `uri` is `sluice:blob/<hex>` for one file and `sluice:tree/<hex>` for a directory; the store knows where that lies.
 */
export interface Artifact {
  /** What it is. */
  readonly kind: 'dataset' | 'model' | 'checkpoint' | 'report' | 'files';
  /** `sluice:blob/<hex>` or `sluice:tree/<hex>`. */
  readonly uri: string;
  /** What its bytes are known by: the same bytes are the same artifact. */
  readonly digest: Digest;
  /** Size of all its files. */
  readonly bytes: number;
}

/** What a step says of where it came from. `keys` names the `map` scopes it ran in: `{ airport: 'EWR' }`. */
export interface Origin {
  /** The step's path in its run, `airport=EWR/delay`. */
  readonly step: string;
  /** Keys of the maps around it, by the map's name. */
  readonly keys: Readonly<Record<string, string>>;
}

/** A column of a dataset. */
export interface Column {
  /** As the query names it. */
  readonly name: string;
  /** DuckDB's type name, `VARCHAR`, `DOUBLE`, `TIMESTAMP`. */
  readonly type: string;
}

/** A Parquet file with its schema, row count, profile and the verdict of its checks. */
export interface Dataset extends Artifact, GateResult, Origin {
  readonly kind: 'dataset';
  /** How many. */
  readonly rows: number;
  /** At most the first 64 columns; the profile has all. */
  readonly columns: readonly Column[];
  /** A `Report`: statistics and histogram edges per column, as {@link DatasetProfile} in JSON. */
  readonly profile: Artifact;
}

/** Which model: all that a step which reads it is told, so that lists of thousands stay small. */
export interface ModelRef extends Artifact, Origin {
  readonly kind: 'model';
}

/** A directory that a model server can load. */
export interface Model extends ModelRef {
  /** The MLflow run that trained it; null where MLflow is off. */
  readonly mlflowRunId: string | null;
  /** Last value of each metric the trainer logged; at most 64. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Digests of what it was made from: data, parent models, code, hyper-parameters. */
  readonly lineage: Lineage;
}

/** Parents that a model itself names: their digests fit into a tag of MLflow's. */
export const PARENTS_LISTED = 64;

/** What a model was made from. */
export interface Lineage {
  /** Digest of the files that are the trainer's code. */
  readonly code: Digest;
  /** Digest of the hyper-parameters. */
  readonly hyper: Digest;
  /** Dataset digest per name. */
  readonly data: Readonly<Record<string, Digest>>;
  /** Digests of the models this one was made from, at most the first {@link PARENTS_LISTED}. */
  readonly parents: readonly Digest[];
  /** Where there are more: how many, and a report that lists all their digests, as JSON. */
  readonly allParents?: { readonly count: number; readonly list: Artifact };
}

/** What a plain command step leaves: its output directory, and the JSON value it reported, if any. */
export interface StepOutput extends Origin {
  readonly files: Artifact | null;
  readonly value: Json;
}

/** A gate that measured a candidate; `report` holds everything. */
export interface Report extends GateResult {
  readonly report: Artifact;
  /** Digest of the model that was measured. */
  readonly candidate: string;
  /**
   * Digest of the production version it was compared with, null where the endpoint was empty; left out of a report
   * that was not compared with production.
   */
  readonly baseline?: string | null;
  readonly step: string;
}
