import type { Dataset, Model } from '@sluice/sdk';
import { artifactsIn } from '../../records/artifacts.ts';
import type { StepWork } from '../../records/step-work.ts';
import type { LineagePart, ModelPart } from '../data.ts';

/** What the run's candidate was made from: its data, code, hyper-parameters and parents. */
export function lineagePart(
  works: readonly StepWork[],
  { commit, dirty }: Pick<LineagePart, 'commit' | 'dirty'>,
): LineagePart {
  const datasets = new Map<string, LineagePart['datasets'][number]>();
  const models = new Map<string, ModelPart>();
  for (const work of works) {
    for (const { value, name, step } of [...artifactsIn(work.input), ...artifactsIn(work.result)]) {
      if (value.kind === 'dataset') {
        datasets.set(value.digest, { name, digest: value.digest, rows: (value as Partial<Dataset>).rows ?? null });
      } else if (value.kind === 'model' && (value as Partial<Model>).lineage !== undefined) {
        models.set(value.digest, modelPart(step ?? name, value as Model));
      }
    }
  }
  return { commit, dirty, datasets: [...datasets.values()], models: [...models.values()] };
}

function modelPart(step: string, { digest, lineage, metrics }: Model): ModelPart {
  return {
    step,
    digest,
    code: lineage.code ?? null,
    hyper: lineage.hyper ?? null,
    data: Object.entries(lineage.data ?? {}),
    parents: lineage.parents ?? [],
    moreParents: Math.max(0, (lineage.allParents?.count ?? 0) - (lineage.parents ?? []).length),
    metrics: Object.entries(metrics ?? {}).map(([name, value]) => [name, String(value)]),
  };
}
