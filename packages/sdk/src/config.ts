import type { CaptureConfig } from './capture.ts';
import type { Command } from './command.ts';
import type { Duration } from './duration.ts';

/** A named kind of machine. One Temporal task queue each; a job gets whole GPUs, never a slice. */
export interface ResourceClass {
  /**
   * GPUs of one slot, a whole number. A job sees those and no others (`CUDA_VISIBLE_DEVICES`), until it ends.
   *
   * @default 0: its programs see what the worker sees
   */
  readonly gpus?: number;
  /** Jobs at once on one worker, at least 1. @default 1 */
  readonly slots?: number;
  /** True for spot machines: their work may be preempted. @default false */
  readonly interruptible?: boolean;
  /** Class that takes over after `onDemandAfter` preemptions. */
  readonly fallback?: string;
  /** Pinned container image; recorded in lineage. */
  readonly image?: string;
  /** Price of one slot. Left out, costs are unknown (null), never 0. */
  readonly price?: {
    /** What an hour of one slot costs, at least 0. */
    readonly perHour: number;
    /** Such as `'USD'`; what attempts in two currencies cost together is unknown. */
    readonly currency: string;
    /** Where the price was read: a price list, a contract. */
    readonly source: string;
    /** When it was read, such as `'2026-11-01'`. */
    readonly at: string;
  };
}

/** A named place that answers requests. */
export interface EndpointConfig {
  /** Program that serves a model directory: it gets `SLUICE_MODEL`, `SLUICE_HOST`, `SLUICE_PORT`, answers `GET /ping` and `POST /invocations`. */
  readonly serve: Command;
  /** Where versions run. @default local() */
  readonly target?: Target;
  /** Registered model in MLflow. @default the endpoint's name */
  readonly model?: string;
  /** How long a server may take to answer `/ping`. @default '60 seconds' */
  readonly ready?: Duration;
  /** Answered requests to keep for replay: a percentage, 0 to 100, or an object that says what is left out of them too. @default 100 */
  readonly capture?: number | CaptureConfig;
  /** Time a server has from the last byte of a request to the first of its answer. @default '30 seconds' */
  readonly deadline?: Duration;
  /** Longest gap between two parts of an answer; a stream that goes on is never cut. @default '60 seconds' */
  readonly idle?: Duration;
  /** Requests of one version under way at a time, at least 1; more are refused with 503. @default 256 */
  readonly maxInFlight?: number;
}

/** Where versions of an endpoint run. */
export interface Target {
  /** `local`: as child processes behind the gateway; there is no other kind yet. */
  readonly kind: 'local';
}

/** Versions run as child processes behind the gateway of `sluice dev`. */
export function local(): Target {
  return { kind: 'local' };
}

/**
 * Where artifacts, checkpoints and large payloads are kept: a folder, which may be shared by several machines, or an Azure
 * Blob Storage container. Build it by {@link file} or {@link azureBlob}.
 */
export type StoreConfig =
  | {
      readonly kind: 'file';
      /** Folder, relative to the config. */
      readonly root: string;
    }
  | {
      readonly kind: 'azure-blob';
      /** `https://<account>.blob.core.windows.net`; signed in by Azure's default credential chain. */
      readonly url?: string;
      /** Name of the environment variable that holds a connection string. */
      readonly connectionStringEnv?: string;
      /** Name of a container that exists. */
      readonly container: string;
      /** Goes before the name of every blob. @default '' */
      readonly prefix?: string;
    };

/** Artifacts in a folder, relative to the config. */
export function file(root = '.sluice/store'): StoreConfig {
  return { kind: 'file', root };
}

/** Artifacts in an Azure Blob Storage container. */
export function azureBlob(options: Omit<Extract<StoreConfig, { kind: 'azure-blob' }>, 'kind'>): StoreConfig {
  return { kind: 'azure-blob', ...options };
}

/** Who may decide on candidates, and how they are known. */
export interface Approvers {
  /** Who may decide; left out, anyone. Names are compared without case, and in Unicode's form NFKC. */
  readonly names?: readonly string[];
  /**
   * May the one who started a run approve its candidate? Where `oidc` is set, false needs a token from who starts a run:
   * of a run that nobody is known to have started, nobody may approve the candidate.
   *
   * @default true
   */
  readonly selfApproval?: boolean;
  /** Identity from an OpenID Connect token instead of what the sender typed. */
  readonly oidc?: {
    /** URL of the issuer, as its tokens name it. */
    readonly issuer: string;
    /** Audience that a token must be for. */
    readonly audience: string;
    /** Claim that names the person. @default 'email' */
    readonly claim?: string;
    /** Key set URL. @default what the issuer's discovery document says */
    readonly jwks?: string;
  };
}

/** Keys of the project's own, for what must not stand in clear in Temporal's histories. */
export interface Encryption {
  /** Name of the environment variable that holds the key: 32 bytes in base64, made by `openssl rand -base64 32`. */
  readonly keyEnv: string;
  /** Variables that hold earlier keys, which still open what they closed. */
  readonly oldKeyEnvs?: readonly string[];
  /**
   * Encrypts all parameters, results and decisions in Temporal's histories. Temporal's own UI then shows them only by a
   * codec server of yours.
   *
   * @default false: only tokens are sealed
   */
  readonly payloads?: boolean;
}

/** What a project's pipelines need of the machines, servers and people around them. */
export interface SluiceConfig {
  /** Names the project's task queues and MLflow experiment: letters, digits, `.`, `_` and `-`. */
  readonly project: string;
  /** Files that export pipelines, relative to the config: names, or patterns such as `pipelines/*.ts`; at least one. */
  readonly pipelines: readonly string[];
  /** Resource classes by name: kinds of machines that steps name by `on`. @default { cpu: {} } */
  readonly classes?: Readonly<Record<string, ResourceClass>>;
  /** Class of steps that name none. @default the first class */
  readonly defaultClass?: string;
  /** Endpoints by name, 1 to 63 ASCII letters, digits, `.`, `_` or `-`; a `deploy` names one of them. @default {} */
  readonly endpoints?: Readonly<Record<string, EndpointConfig>>;
  /** Where artifacts, checkpoints and large payloads are kept. @default file('.sluice/store') */
  readonly store?: StoreConfig;
  /** Tracking server; false turns MLflow off. @default a server that `sluice dev` starts */
  readonly mlflow?: { readonly url: string } | false;
  /**
   * Python for `python(…)`: the path or name of an interpreter, or a hash-locked requirements file, relative to the config,
   * that Sluice installs by uv (see `docs/training.md`). @default the `python3` on the PATH
   */
  readonly python?: { readonly interpreter: string } | { readonly requirements: string };
  /** Server that the command and the workers use where no `sluice dev` runs and no flag names one. @default Temporal's own configuration */
  readonly temporal?: {
    /** `host:port` */
    readonly address?: string;
    /** @default 'default' */
    readonly namespace?: string;
  };
  /** Who may decide. @default anyone, by the name they type */
  readonly approvers?: Approvers;
  /** Keys; needed where `approvers.oidc` is set: tokens are sealed by them. */
  readonly encryption?: Encryption;
  /** Webhooks that are told of questions and outcomes. @default [] */
  readonly notify?: readonly { readonly webhook: string }[];
  /**
   * What workers do with the reports of runs: attach them to the run in MLflow, which shows them to whoever can read it;
   * keep them in the store only; or write none. @default 'attached', and 'stored' with `encryption.payloads`
   */
  readonly reports?: 'attached' | 'stored' | 'off';
}

/** Types a `sluice.config.ts`: `export default defineConfig({ … })`. It is checked when it is loaded. */
export function defineConfig(config: SluiceConfig): SluiceConfig {
  return config;
}
