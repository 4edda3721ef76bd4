import { inWords, kindOf, type Plan, type PlannedStep } from '@sluice/sdk';
import type { Io } from '../commands/io.ts';
import { table } from '../text/table.ts';

/** Steps that differ in nothing but the keys of their branches. */
interface Alike {
  /** `airport=…/delay` */
  readonly path: string;
  readonly first: PlannedStep;
  readonly says: readonly string[];
  readonly count: number;
}

/** A plan for people: a line a step, the branches of a map as one; then what it may cost at most. @param now epoch ms */
export function planLines(plan: Plan, now: number, { paint, columns }: Pick<Io, 'paint' | 'columns'>): string[] {
  const rows = alike(plan.steps, now).flatMap(({ path, first, says, count }) => {
    const name = `${paint('name', path)}${count > 1 ? ` ×${count}` : ''}`;
    const [beside = '', ...below] = says;
    return [['', first.kind, name, first.on ?? '', beside], ...below.map((line) => ['', '', '', '', line])];
  });
  const { jobs, errors, preemptions, deadline } = plan.budgets;
  const most = deadline === null ? '' : `; ${inWords(deadline)} of machine time if one runs after the other`;
  return [
    `${paint('name', plan.pipeline)}  ${plan.steps.length} steps, parameters ${JSON.stringify(plan.params)}`,
    '',
    ...table(rows, { width: columns }),
    '',
    `${jobs === 1 ? '1 job' : `${jobs} jobs`}, with up to ${errors} more attempts after errors and ${preemptions} after preemptions${most}.`,
    'Nothing was run; code that branches on a result was planned as if all went well.',
  ];
}

function alike(steps: readonly PlannedStep[], now: number): Alike[] {
  const found = new Map<string, Alike>();
  for (const step of steps) {
    const path = step.path.replaceAll(/=[^/]*/g, '=…');
    const says = saysOf(step, now);
    const id = JSON.stringify([step.kind, path, step.on, says]);
    const known = found.get(id) ?? { path, first: step, says, count: 0 };
    found.set(id, { ...known, count: known.count + 1 });
  }
  return [...found.values()].map((one) => (one.count === 1 ? { ...one, path: one.first.path } : one));
}

function saysOf(step: PlannedStep, now: number): readonly string[] {
  if (step.kind !== 'map') return kindOf(step.spec).plan?.(step.spec, now) ?? [];
  const { keys, concurrency } = step.spec;
  return [`${keys.length} keys, ${Math.min(concurrency, keys.length)} at once`];
}
