import { type CheckSpec, checkKind } from './check.ts';
import { type DeploySpec, deployKind } from './deploy.ts';
import { type EvaluateSpec, evaluateKind } from './evaluate.ts';
import { type ExtractSpec, extractKind } from './extract.ts';
import { type JobSpec, jobKind } from './job.ts';
import type { StepKind } from './kind.ts';
import { type ReplaySpec, replayKind } from './replay.ts';

/** A step of any kind, as its function hands it to the runtime. */
export type StepSpec = ExtractSpec | JobSpec | CheckSpec | EvaluateSpec | ReplaySpec | DeploySpec;
type Kind = StepSpec['kind'];

/** The spec of a kind. */
export type SpecOf<K extends Kind> = StepSpec extends infer Spec
  ? Spec extends StepSpec
    ? Has<Spec, K>
    : never
  : never;
type Has<Spec extends StepSpec, K extends Kind> = K extends Spec['kind'] ? Spec : never;

/** Every kind of step there is. */
export const stepKinds: { readonly [K in Kind]: StepKind<SpecOf<K>> } = {
  extract: extractKind,
  train: jobKind,
  merge: jobKind,
  step: jobKind,
  check: checkKind,
  evaluate: evaluateKind,
  replay: replayKind,
  deploy: deployKind,
};

/** Kinds whose work is one activity of the kind's name. */
export type WorkKind = Exclude<Kind, JobSpec['kind'] | 'deploy'>;
export type WorkSpec = SpecOf<WorkKind>;

/** The kind's entry for a spec of it. */
export function kindOf<Spec extends StepSpec>(spec: Spec): StepKind<Spec> {
  return stepKinds[spec.kind] as unknown as StepKind<Spec>;
}

/** A command that may checkpoint and come back. */
export function isJob(spec: StepSpec): spec is JobSpec {
  return 'budgets' in spec;
}

/** Is its work one activity of its kind's name? */
export function isWork(spec: StepSpec): spec is WorkSpec {
  return !isJob(spec) && spec.kind !== 'deploy';
}
