import type { StepStatus } from '@sluice/sdk';

/** A step of its own, or the keys of a map. */
export type StepRow =
  | { readonly kind: 'step'; readonly status: StepStatus }
  | {
      readonly kind: 'map';
      /** `airport` of `airport=EWR/delay`. */
      readonly name: string;
      readonly status: StepStatus | null;
      readonly steps: readonly StepStatus[];
    };

const order = ['failed', 'running', 'waiting', 'done', 'reused'];

/** Steps as they began, with those of one map under its name; what needs a look comes first in there. */
export function groupSteps(steps: readonly StepStatus[]): StepRow[] {
  const rows: StepRow[] = [];
  const maps = new Map<string, { at: number; status: StepStatus | null; steps: StepStatus[] }>();
  const mapOf = (name: string) => {
    const known = maps.get(name);
    if (known !== undefined) return known;
    const group = { at: rows.length, status: null, steps: [] };
    maps.set(name, group);
    rows.push({ kind: 'map', name, status: null, steps: [] });
    return group;
  };
  for (const status of steps) {
    const [first = '', ...rest] = status.step.split('/');
    if (rest.length > 0 && first.includes('=')) mapOf(first.slice(0, first.indexOf('='))).steps.push(status);
    else if (status.kind === 'map') mapOf(status.step).status = status;
    else rows.push({ kind: 'step', status });
  }
  for (const [name, { at, status, steps: inside }] of maps) {
    rows[at] = { kind: 'map', name, status, steps: inside.toSorted((a, b) => rank(a) - rank(b)) };
  }
  return rows;
}

/** How many there are of each state, what needs a look first: `{ failed: 1, done: 299 }`. */
export function countStates(steps: readonly StepStatus[]): [state: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { state } of steps) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
}

/** `EWR / delay` of `airport=EWR/delay`. */
export function labelInMap(path: string): string {
  const [first = '', ...rest] = path.split('/');
  return [first.slice(first.indexOf('=') + 1), ...rest].map(readable).join(' / ');
}

/** Paths hold odd characters of keys as %XX. */
export function readable(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function rank({ state }: StepStatus): number {
  return order.indexOf(state);
}

/** When the last one ended; null while one runs. */
export function endOf(steps: readonly StepStatus[]): number | null {
  const ends = steps.map(({ end }) => end);
  return ends.some((end) => end === null) ? null : Math.max(...ends.filter((end) => end !== null));
}
