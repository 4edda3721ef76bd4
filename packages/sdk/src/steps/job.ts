import type { Dataset, JsonObject, Model, StepOutput } from '../artifact.ts';
import type { Command } from '../command.ts';
import { type Duration, milliseconds } from '../duration.ts';
import { ErrorCode, SluiceError } from '../errors.ts';
import { checkName } from '../name.ts';
import { currentRuntime } from '../runtime.ts';
import type { JobSpec, TemporalOptions } from '../spec.ts';

export interface JobOptions {
  readonly run: Command;
  readonly data?: Readonly<Record<string, Dataset>>;
  readonly hyper?: JsonObject;
  /** Resource class. @default the project's default class */
  readonly on?: string;
  /** Seed given to the job, the same for every attempt. @default 0 */
  readonly seed?: number;
  /** Budget for the job's own errors. @default { errors: 2 } */
  readonly retry?: { readonly errors: number };
  /** Budget for preemptions. @default { max: 50, onDemandAfter: 5 } */
  readonly preempt?: { readonly max?: number; readonly onDemandAfter?: number | null };
  /** Over all attempts. @default none */
  readonly deadline?: Duration;
  /** Of one attempt. @default none */
  readonly maxRuntime?: Duration;
  /** Of one attempt waiting for a worker. @default none */
  readonly maxQueued?: Duration;
  /** Silence after which the job counts as hung. @default '30 minutes' */
  readonly stall?: Duration | null;
  /** How soon a lost worker is noticed. @default '30 seconds' */
  readonly heartbeat?: Duration;
  /** @default 'same' */
  readonly resume?: 'same' | 'anyway' | 'never';
  /** Verified checkpoints to keep. @default 2 */
  readonly keep?: number;
  readonly temporal?: TemporalOptions;
}

/** Trains a model. The command checkpoints through the trainer protocol, and resumes after a preemption. */
export async function train(name: string, options: JobOptions): Promise<Model> {
  return (await currentRuntime().step(jobSpec('train', name, options, []))) as Model;
}

/** Makes one model of several; the command finds them as local directories in its step file. */
export async function merge(name: string, options: JobOptions & { readonly models: readonly Model[] }): Promise<Model> {
  return (await currentRuntime().step(jobSpec('merge', name, options, options.models))) as Model;
}

/** Runs any command; what it writes to its output directory is kept, and the JSON value it reports is returned. */
export async function step(
  name: string,
  options: JobOptions & { readonly models?: readonly Model[] },
): Promise<StepOutput> {
  return (await currentRuntime().step(jobSpec('step', name, options, options.models ?? []))) as StepOutput;
}

function jobSpec(kind: JobSpec['kind'], name: string, options: JobOptions, models: readonly Model[]): JobSpec {
  checkName(kind, name);
  const where = `${kind} ${name}`;
  const time = (value: Duration | null | undefined, otherwise: Duration | null): number | null => {
    const chosen = value === undefined ? otherwise : value;
    return chosen === null ? null : milliseconds(chosen, where);
  };
  const count = (label: string, value: number, least: number): number => {
    if (Number.isInteger(value) && value >= least) return value;
    throw new SluiceError(
      ErrorCode.InvalidStep,
      `${label} is ${value}; it must be a whole number of at least ${least}.`,
      { where },
    );
  };
  const fallbackAfter = options.preempt?.onDemandAfter === undefined ? 5 : options.preempt.onDemandAfter;
  return {
    kind,
    name,
    run: options.run,
    data: options.data ?? {},
    models,
    hyper: options.hyper ?? {},
    seed: options.seed ?? 0,
    budgets: {
      errors: count('retry.errors', options.retry?.errors ?? 2, 0),
      preemptions: count('preempt.max', options.preempt?.max ?? 50, 0),
      onDemandAfter: fallbackAfter === null ? null : count('preempt.onDemandAfter', fallbackAfter, 0),
      deadline: time(options.deadline, null),
      maxRuntime: time(options.maxRuntime, null),
      maxQueued: time(options.maxQueued, null),
    },
    stall: time(options.stall, '30 minutes'),
    heartbeat: count('heartbeat', time(options.heartbeat, '30 seconds') ?? 0, 1000),
    resume: options.resume ?? 'same',
    keep: count('keep', options.keep ?? 2, 1),
    on: options.on ?? null,
    temporal: options.temporal ?? null,
  };
}
