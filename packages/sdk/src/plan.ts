import type { Json } from './artifact.ts';
import { rollbackBudget } from './rollout.ts';
import type { MapSpec } from './spec.ts';
import { isJob, type StepSpec } from './steps/kinds.ts';

/** What a pipeline would do for given parameters, as far as that can be said without doing it. */
export interface Plan {
  readonly pipeline: string;
  /** The parameters with their defaults filled in. */
  readonly params: Json;
  /** In the order in which they would be declared; the branches of a map one after another. */
  readonly steps: readonly PlannedStep[];
  readonly budgets: PlanBudgets;
}

export type PlannedStep = PlannedOf<StepSpec> | Planned<'map', MapSpec>;
type PlannedOf<Spec extends StepSpec> = Spec extends StepSpec ? Planned<Spec['kind'], Spec> : never;

interface Planned<Kind extends string, Spec> {
  /** `airport=EWR/delay` */
  readonly path: string;
  readonly kind: Kind;
  /** Resource class it asks for; null is the project's default class. */
  readonly on: string | null;
  readonly spec: Spec;
}

/** What a run may spend at most before it gives up; null is without limit. */
export interface PlanBudgets {
  /** Jobs: every `train`, `merge` and `step`. */
  readonly jobs: number;
  /** Further attempts after errors, of all jobs together. */
  readonly errors: number;
  /** Preemptions, of all jobs together. */
  readonly preemptions: number;
  /** Sum of the jobs' deadlines, ms: their machine time if they ran one after another; null where one has none. */
  readonly deadline: number | null;
  /** The longest that a bad version could stay on traffic, ms, by endpoint. */
  readonly rollback: Readonly<Record<string, number>>;
}

/** Adds up the budgets of planned steps. */
export function budgetsOf(steps: readonly PlannedStep[]): PlanBudgets {
  const jobs = steps.flatMap((step) => (step.kind !== 'map' && isJob(step.spec) ? [step.spec.budgets] : []));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const deadlines = jobs.map(({ deadline }) => deadline);
  const rollback: Record<string, number> = {};
  for (const step of steps) {
    if (step.kind !== 'deploy') continue;
    const { endpoint, rollout } = step.spec;
    rollback[endpoint] = Math.max(rollback[endpoint] ?? 0, rollbackBudget(rollout));
  }
  return {
    jobs: jobs.length,
    errors: sum(jobs.map(({ errors }) => errors)),
    preemptions: sum(jobs.map(({ preemptions }) => preemptions)),
    deadline: deadlines.includes(null) ? null : sum(deadlines.map((deadline) => deadline ?? 0)),
    rollback,
  };
}
