import type { Artifact } from '@sluice/sdk';
import { isArtifact } from '../../records/artifacts.ts';
import { madeBy, ownWork, type StepWork } from '../../records/step-work.ts';

/** A step whose result is evidence: where its report lies, and what it is about. The report says what kind it is. */
export interface EvidenceStep {
  readonly step: string;
  readonly name: string;
  readonly verdict: unknown;
  /** Digest of the dataset that it is about. */
  readonly digest: string | null;
  readonly report: Artifact;
}

/** The newest result of each step that has evidence, in the order in which they were asked for. */
export function evidenceSteps(works: readonly StepWork[]): EvidenceStep[] {
  const found = new Map<string, EvidenceStep>();
  for (const work of works) {
    if (work.step === '') for (const one of partsOf(work.result)) add(found, one);
    else if (ownWork.has(work.activity)) add(found, evidenceStep(work.step, madeBy(work.activity, work.result)));
  }
  return [...found.values()];
}

function add(found: Map<string, EvidenceStep>, one: EvidenceStep | null): void {
  if (one !== null) found.set(one.step, one);
}

function evidenceStep(step: string, result: unknown): EvidenceStep | null {
  const { name, verdict, report, profile, digest, data } = (result ?? {}) as Readonly<Record<string, unknown>>;
  const file = report ?? profile;
  if (!isArtifact(file)) return null;
  const about = [data, digest].find((one) => typeof one === 'string');
  return {
    step,
    name: typeof name === 'string' ? name : step,
    verdict,
    digest: typeof about === 'string' ? about : null,
    report: file,
  };
}

/** What a slice of a large map returned: datasets and reports of many steps, each of which says its own path. */
function partsOf(value: unknown, deep = 12): (EvidenceStep | null)[] {
  if (typeof value !== 'object' || value === null || deep === 0) return [];
  if (Array.isArray(value)) return value.flatMap((item) => partsOf(item, deep - 1));
  const { step } = value as { readonly step?: unknown };
  const one = typeof step === 'string' ? evidenceStep(step, value) : null;
  if (one !== null) return [one];
  return Object.values(value).flatMap((item) => partsOf(item, deep - 1));
}
