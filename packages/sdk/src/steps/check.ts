import type { Artifact, Dataset } from '../artifact.ts';
import type { Check } from '../column.ts';
import { checkName } from '../name.ts';
import { artifact, checkFields } from '../options.ts';
import { currentRuntime } from '../runtime.ts';
import type { SpecBase } from '../spec.ts';
import type { GateResult } from '../verdict.ts';
import { checksOf } from './extract.ts';
import { passed, planned, type StepKind } from './kind.ts';
import { type Placement, placementFields, placementOf } from './placement.ts';

export interface CheckSpec extends SpecBase<'check', Checked> {
  readonly dataset: Dataset;
  readonly checks: readonly Check[];
}

/** A gate that looked at data; `report` holds every row. */
export interface Checked extends GateResult {
  readonly report: Artifact;
  /** Digest of the dataset. */
  readonly data: string;
  readonly step: string;
}

/** What a {@link check} takes. */
export interface CheckOptions extends Placement {
  /** Rows of any step. */
  readonly dataset: Dataset;
  /** What the rows must keep, at least one. */
  readonly checks: readonly Check[];
}

const fields = { dataset: true, checks: true, ...placementFields } as const;

/**
 * Checks a dataset that is there already: what another pipeline's step must hold, or what must hold before a deploy only.
 * The result is a gate: hand it to `deploy`.
 *
 * @throws SluiceError `InvalidStep` for options that cannot work
 */
export async function check(name: string, options: CheckOptions): Promise<Checked> {
  checkName('check', name);
  const where = `check ${name}`;
  checkFields<CheckOptions>(where, options, fields);
  return currentRuntime().step<CheckSpec>({
    kind: 'check',
    name,
    dataset: artifact<Dataset>(where, 'dataset', options.dataset, 'dataset'),
    checks: checksOf(where, options.checks, 1),
    ...placementOf(options, where),
  });
}

export const checkKind: StepKind<CheckSpec> = {
  planned: (spec, { step }) => ({ ...passed(spec), step, report: planned('report'), data: spec.dataset.digest }),
};
