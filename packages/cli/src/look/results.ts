import type { Artifact, Json, JsonObject } from '@sluice/sdk';
import { isArtifact } from '../records/artifacts.ts';
import type { DoneStep } from '../records/run-record.ts';

/** What a step left, as a person names it. */
export interface StepResult {
  /** What it made: a dataset, a model, a report or files; null for a step that left none. */
  readonly artifact: Artifact | null;
  /** Numbers that it reported: a model's metrics. */
  readonly metrics: Readonly<Record<string, number>>;
  /** What a plain step reported. */
  readonly value: Json | undefined;
}

export function resultOf({ result }: Pick<DoneStep, 'result'>): StepResult {
  const { report, files, metrics, value } = (result ?? {}) as Partial<Record<string, unknown>>;
  const artifact = [result, report, files].find(isArtifact) ?? null;
  return { artifact, metrics: numbersOf(metrics), value: isArtifact(result) ? undefined : (value as Json | undefined) };
}

/** Hyper-parameters that a step was asked to train with; null where it was given none. */
export function hyperOf(spec: unknown): JsonObject | null {
  const { hyper } = (spec ?? {}) as { readonly hyper?: JsonObject };
  return typeof hyper === 'object' && hyper !== null && Object.keys(hyper).length > 0 ? hyper : null;
}

/** The last work of each step: one that ran again has replaced what it made before. */
export function lastOf(works: readonly DoneStep[]): ReadonlyMap<string, DoneStep> {
  return new Map(works.map((work) => [work.step, work]));
}

/** Paths of the steps that a person means: one path, or a name in every branch. */
export function stepsNamed(name: string, steps: Iterable<string>): string[] {
  const all = [...steps];
  return all.includes(name) ? [name] : all.filter((step) => step.endsWith(`/${name}`));
}

function numbersOf(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry) => typeof entry[1] === 'number'));
}
