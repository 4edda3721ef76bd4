import type { ArtifactLink } from '@sluice/ui/api';
import { artifactsIn, type FoundArtifact, linkTo } from './artifacts.ts';
import type { StepWork } from './step-work.ts';

/** What one step of a run took and made. */
export interface StepTrace {
  readonly step: string;
  readonly at: number | null;
  readonly inputs: readonly ArtifactLink[];
  readonly outputs: readonly ArtifactLink[];
}

/**
 * What a run's steps took and made, by what its history holds. Work on a candidate (registering it, deciding on it)
 * makes nothing new and counts as use. What children of a large map made is known by their results alone.
 */
export function traceOf(works: readonly StepWork[]): StepTrace[] {
  return works.flatMap((work) => {
    const inputs = artifactsIn(work.input);
    if (work.step === '')
      return [...byStep(artifactsIn(work.result))].map(([step, made]) => trace(step, work, [], made));
    const taken = new Set(inputs.map(({ digest }) => digest));
    const made = artifactsIn(work.result, true).filter(({ digest }) => !taken.has(digest));
    return inputs.length + made.length === 0 ? [] : [trace(work.step, work, inputs, made)];
  });
}

function trace(
  step: string,
  { at }: StepWork,
  inputs: readonly FoundArtifact[],
  outputs: readonly FoundArtifact[],
): StepTrace {
  return { step, at, inputs: inputs.map(linkTo), outputs: outputs.map(linkTo) };
}

function byStep(made: readonly FoundArtifact[]): Map<string, FoundArtifact[]> {
  const groups = new Map<string, FoundArtifact[]>();
  for (const one of made) {
    if (one.step === null) continue;
    groups.set(one.step, [...(groups.get(one.step) ?? []), one]);
  }
  return groups;
}
