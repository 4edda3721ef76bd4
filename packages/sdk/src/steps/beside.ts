import type { Dataset } from '../artifact.ts';
import type { Check } from '../checks/check.ts';
import { artifact, invalidStep } from '../options.ts';
import { datasetsOf } from './job.ts';

/** Datasets that checks hold the rows against. */
export interface BesideOptions {
  /** What `.distribution(…)` and `table().rowsRatio(…)` compare with. @default none */
  readonly reference?: Dataset;
  /** By the names that `.references(name, column)` takes. @default {} */
  readonly others?: Readonly<Record<string, Dataset>>;
}

export const besideFields = { reference: true, others: true } as const;

/**
 * They as a spec has them, once every check has what it is held against.
 *
 * @throws SluiceError `InvalidStep`
 */
export function besideOf(
  where: string,
  { reference, others = {} }: BesideOptions,
  checks: readonly Check[],
): { readonly reference: Dataset | null; readonly others: Readonly<Record<string, Dataset>> } {
  const beside = {
    reference: reference === undefined ? null : artifact<Dataset>(where, 'reference', reference, 'dataset'),
    others: datasetsOf(where, 'others', others),
  };
  for (const { rule } of checks) {
    if ((rule.kind === 'distribution' || rule.kind === 'rowsRatio') && beside.reference === null) {
      const name = rule.kind === 'distribution' ? `distribution('${rule.by}', ${rule.most})` : 'rowsRatio';
      throw invalidStep(where, `${name} has no dataset to compare with.`, 'Give it: reference: lastMonth.');
    }
    if (rule.kind === 'references' && !Object.hasOwn(beside.others, rule.dataset)) {
      const there = Object.keys(beside.others).join(', ') || 'none';
      const what = `references('${rule.dataset}', …) names a dataset that others does not have; there is ${there}.`;
      throw invalidStep(where, what, `Give it: others: { ${rule.dataset}: … }.`);
    }
  }
  return beside;
}
