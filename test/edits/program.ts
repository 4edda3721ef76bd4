/**
 * Pipelines as data, so that a change of one can be drawn by a seed. Safe in Temporal's sandbox: `pipelines.ts` plays
 * them there.
 */

export const kinds = ['extract', 'train', 'merge', 'step', 'check', 'evaluate', 'replay', 'deploy'] as const;
export type Kind = (typeof kinds)[number];

/** A step. */
export interface Work {
  readonly kind: Kind;
  readonly name: string;
  /** Of a `deploy`: it waits for somebody's approval. */
  readonly asks?: boolean;
}

export interface Several {
  readonly kind: 'map';
  readonly name: string;
  readonly keys: readonly string[];
  readonly concurrency: number;
  readonly body: readonly Part[];
}

/** Parts that are begun together. */
export interface Together {
  readonly kind: 'together';
  readonly body: readonly Part[];
}

/** The author's own waiting: for a signal alone, or with a timer beside it. */
export type Wait = { readonly kind: 'signal' } | { readonly kind: 'timer' };

export type Part = Work | Several | Together | Wait;
export type Program = readonly Part[];

/** The signal that ends the author's waits. */
export const GO = 'go';

export function isWork(part: Part): part is Work {
  return (kinds as readonly string[]).includes(part.kind);
}

/** The paths of the steps that a run of it does, in no order. */
export function pathsOf(program: Program, prefix = ''): string[] {
  return program.flatMap((part) => {
    if (part.kind === 'map') return part.keys.flatMap((key) => pathsOf(part.body, `${prefix}${part.name}=${key}/`));
    if (part.kind === 'together') return pathsOf(part.body, prefix);
    return isWork(part) ? [prefix + part.name] : [];
  });
}
