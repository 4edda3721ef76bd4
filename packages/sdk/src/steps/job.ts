import {
  type Dataset,
  type JsonObject,
  type Model,
  type ModelRef,
  PARENTS_LISTED,
  type StepOutput,
} from '../artifact.ts';
import { type Command, checkedCommand } from '../command.ts';
import { type Duration, inWords } from '../duration.ts';
import { checkName } from '../name.ts';
import { artifact, checkFields, invalidStep, json, modelRef, oneOf, period, shown, wholeNumber } from '../options.ts';
import { currentRuntime } from '../runtime.ts';
import type { SpecBase, TemporalOptions } from '../spec.ts';
import { planned, type StepKind, zeroes } from './kind.ts';
import { type Placement, placementFields, placementOf } from './placement.ts';

/** How often a job may fail of its own, and how often it may be preempted: two budgets that never mix. */
export interface Budgets {
  /** Further attempts after an error of the job's own. */
  readonly errors: number;
  /** Preemptions (lost workers included) before giving up. */
  readonly preemptions: number;
  /** Preemptions after which the work moves to the class's `fallback`; null never moves it. */
  readonly onDemandAfter: number | null;
  /** Over all attempts, milliseconds from the first dispatch; null for none. */
  readonly deadline: number | null;
  /** Of one attempt, milliseconds. */
  readonly maxRuntime: number | null;
  /** Of one attempt waiting for a worker, milliseconds. */
  readonly maxQueued: number | null;
}

/** A command that speaks the trainer protocol: it may checkpoint, be preempted and resume. */
export interface JobSpec extends SpecBase<'train' | 'merge' | 'step', Model | StepOutput> {
  readonly run: Command;
  readonly data: Readonly<Record<string, Dataset>>;
  readonly models: readonly ModelRef[];
  readonly hyper: JsonObject;
  readonly seed: number;
  readonly budgets: Budgets;
  /** Silence (no event, no output) after which the job counts as hung, milliseconds; null never. */
  readonly stall: number | null;
  /** Heartbeat timeout, milliseconds: how soon a lost worker is noticed. */
  readonly heartbeat: number;
  /** `same`: only checkpoints of the same code, data and hyper-parameters; `anyway`: any; `never`: start over. */
  readonly resume: 'same' | 'anyway' | 'never';
  /** Verified checkpoints to keep. */
  readonly keep: number;
}

/** What a {@link train} takes; `merge` and `step` take more. */
export interface JobOptions extends Placement {
  /** The program: `python('trainers/train.py')` or `command(['./train'])`. */
  readonly run: Command;
  /** Datasets by the name that the job's step file gives them. @default {} */
  readonly data?: Readonly<Record<string, Dataset>>;
  /** Hyper-parameters: any JSON. @default {} */
  readonly hyper?: JsonObject;
  /** Seed given to the job, the same for every attempt: a whole number of at least 0. @default 0 */
  readonly seed?: number;
  /** Budget for the job's own errors: further attempts after the first. @default { errors: 2 } */
  readonly retry?: {
    /** At least 0. */
    readonly errors: number;
  };
  /**
   * Budget for preemptions, and the number of them after which the work moves to the class's `fallback` (null:
   * never). @default { max: 50, onDemandAfter: 5 }
   */
  readonly preempt?: {
    /** Preemptions after which the job fails. @default 50 */
    readonly max?: number;
    /** Preemptions after which it runs on the `fallback`; null: never. @default 5 */
    readonly onDemandAfter?: number | null;
  };
  /** Time over all attempts, from the first. @default none */
  readonly deadline?: Duration;
  /** Time that one attempt may run. @default none */
  readonly maxRuntime?: Duration;
  /** Time that one attempt may wait for a worker. @default none */
  readonly maxQueued?: Duration;
  /** Silence (no event, no output) after which the job counts as hung; null: never. @default '30 minutes' */
  readonly stall?: Duration | null;
  /** Heartbeat timeout, at least a second: how soon a lost worker is noticed. @default '30 seconds' */
  readonly heartbeat?: Duration;
  /**
   * `same`: only checkpoints of the same code, data and hyper-parameters; `anyway`: any; `never`: start over.
   * @default 'same'
   */
  readonly resume?: JobSpec['resume'];
  /** Verified checkpoints to keep. @default 2 */
  readonly keep?: number;
  /** Raw Temporal activity options, save `retry`: attempts are what `retry` and `preempt` say. @default none */
  readonly temporal?: Omit<TemporalOptions, 'retry'>;
}

/** Trains a model. The command checkpoints through the trainer protocol, and resumes after a preemption. */
export async function train(name: string, options: JobOptions): Promise<Model> {
  return (await currentRuntime().step<JobSpec>(jobSpec('train', name, options))) as Model;
}

/** What a {@link merge} takes. */
export interface MergeOptions extends JobOptions {
  /** Models to make one of, at least one; the command finds them as local directories in its step file, in this order. */
  readonly models: readonly Model[];
}

/** Makes one model of several. */
export async function merge(name: string, options: MergeOptions): Promise<Model> {
  return (await currentRuntime().step<JobSpec>(jobSpec('merge', name, options))) as Model;
}

/** What a {@link step} takes. */
export interface CommandStepOptions extends JobOptions {
  /** Models the command reads, as local directories in its step file. @default [] */
  readonly models?: readonly Model[];
}

/** Runs any command; what it writes to its output directory is kept, and the JSON value it reports is returned. */
export async function step(name: string, options: CommandStepOptions): Promise<StepOutput> {
  return (await currentRuntime().step<JobSpec>(jobSpec('step', name, options))) as StepOutput;
}

export const jobKind: StepKind<JobSpec> = {
  planned: (spec, origin) =>
    spec.kind === 'step'
      ? { ...origin, files: planned('files'), value: null }
      : { ...planned('model'), ...origin, mlflowRunId: null, metrics: {}, lineage: plannedLineage(spec) },
  plan: ({ run, budgets: { errors, preemptions, deadline } }) => [
    [...(run.interpreter === 'python' ? ['python'] : []), ...run.argv].join(' '),
    `up to ${errors} more attempts after errors, ${preemptions} after preemptions${deadline === null ? '' : `, all within ${inWords(deadline)}`}`,
  ],
};

function plannedLineage({ data, models }: JobSpec): Model['lineage'] {
  return {
    code: zeroes,
    hyper: zeroes,
    data: Object.fromEntries(Object.entries(data).map(([name, dataset]) => [name, dataset.digest])),
    parents: models.slice(0, PARENTS_LISTED).map((model) => model.digest),
  };
}

const jobFields = {
  run: true,
  data: true,
  hyper: true,
  seed: true,
  retry: true,
  preempt: true,
  deadline: true,
  maxRuntime: true,
  maxQueued: true,
  stall: true,
  heartbeat: true,
  resume: true,
  keep: true,
  ...placementFields,
} as const;
const withModels = { ...jobFields, models: true } as const;

function jobSpec(kind: JobSpec['kind'], name: string, options: CommandStepOptions): JobSpec {
  checkName(kind, name);
  const where = `${kind} ${name}`;
  if (kind === 'train') checkFields<JobOptions>(where, options, jobFields);
  else checkFields<CommandStepOptions>(where, options, withModels);
  if (Object.hasOwn(options.temporal ?? {}, 'retry')) {
    throw invalidStep(where, 'temporal.retry has no effect on a job.', 'Use retry: { errors } and preempt: { max }.');
  }
  const { stall } = options;
  return {
    kind,
    name,
    run: checkedCommand(options.run, where),
    data: datasetsOf(where, 'data', options.data ?? {}),
    models: models(where, kind, options.models ?? []),
    hyper: hyper(where, options.hyper ?? {}),
    seed: wholeNumber(where, 'seed', options.seed ?? 0, 0),
    budgets: budgets(where, options),
    stall: stall === null ? null : period(where, 'stall', stall ?? '30 minutes'),
    heartbeat: wholeNumber(
      where,
      'heartbeat in ms',
      period(where, 'heartbeat', options.heartbeat ?? '30 seconds'),
      1000,
    ),
    resume: oneOf(where, 'resume', options.resume ?? 'same', ['same', 'anyway', 'never']),
    keep: wholeNumber(where, 'keep', options.keep ?? 2, 1),
    ...placementOf(options, where),
  };
}

function budgets(where: string, options: JobOptions): Budgets {
  const retry = options.retry ?? { errors: 2 };
  const preempt = options.preempt ?? {};
  checkFields<NonNullable<JobOptions['retry']>>(where, retry, { errors: true }, 'retry');
  checkFields<NonNullable<JobOptions['preempt']>>(where, preempt, { max: true, onDemandAfter: true }, 'preempt');
  const { onDemandAfter = 5 } = preempt;
  const time = (label: 'deadline' | 'maxRuntime' | 'maxQueued') => {
    const value = options[label];
    return value === undefined ? null : period(where, label, value);
  };
  return {
    errors: wholeNumber(where, 'retry.errors', retry.errors, 0),
    preemptions: wholeNumber(where, 'preempt.max', preempt.max ?? 50, 0),
    onDemandAfter: onDemandAfter === null ? null : wholeNumber(where, 'preempt.onDemandAfter', onDemandAfter, 0),
    deadline: time('deadline'),
    maxRuntime: time('maxRuntime'),
    maxQueued: time('maxQueued'),
  };
}

/** Datasets by name. @throws SluiceError `InvalidStep` */
export function datasetsOf(
  where: string,
  label: string,
  data: Readonly<Record<string, Dataset>>,
): Record<string, Dataset> {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw invalidStep(where, `${label} is ${shown(data)}.`, `Give datasets by name: ${label}: { flights }.`);
  }
  return Object.fromEntries(
    Object.entries(data).map(([name, dataset]) => {
      checkName('data', name);
      return [name, artifact<Dataset>(where, `${label}.${name}`, dataset, 'dataset')];
    }),
  );
}

function models(where: string, kind: JobSpec['kind'], list: readonly Model[]): ModelRef[] {
  if (!Array.isArray(list)) throw invalidStep(where, `models is ${shown(list)}.`, 'Give a list of models.');
  if (kind === 'merge' && list.length === 0) {
    throw invalidStep(
      where,
      'there are no models to merge.',
      'Give at least one; look whether every key of a map failed.',
    );
  }
  return list.map((model, index) => modelRef(where, `models.${index}`, model));
}

function hyper(where: string, value: unknown): JsonObject {
  const copy = json(where, 'hyper', value);
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy)) return copy as JsonObject;
  throw invalidStep(where, `hyper is ${shown(value)}.`, 'Give an object: hyper: { epochs: 20 }.');
}
