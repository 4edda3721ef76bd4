import type { ArtifactStore } from '@sluice/activities';
import type { RunRow } from '@sluice/ui/api';
import { listExecutions } from '../../records/executions.ts';
import type { TemporalSource } from '../../records/sources.ts';
import { stepWork } from '../../records/step-work.ts';
import { runsQuery } from '../../run/runs-query.ts';
import { type EvidenceStep, evidenceSteps } from './steps.ts';

/** Bytes of one profile that is read. */
const PROFILE = 16 * 2 ** 20;
/** Time the history of an earlier run may take, ms. */
const WITHIN = 15_000;

/** What a dataset is shown beside: the profile of the same step in an earlier run. */
export interface References {
  /** The run that they are from; null where there is none. */
  readonly from: string | null;
  /** Parsed, or null where that run had none of this step. */
  profileOf(step: string): Promise<unknown>;
}

export const noReferences: References = { from: null, profileOf: async () => null };

/**
 * Profiles of the last run of the same pipeline before this one that deployed its candidate, or else that ended well:
 * what production was made from, as far as that is quickly found.
 *
 * @throws what Temporal's client throws
 */
export async function referencesFor(
  { client }: TemporalSource,
  store: Pick<ArtifactStore, 'getText'>,
  run: RunRow,
): Promise<References> {
  for (const states of [['deployed'], ['done']]) {
    const query = runsQuery({ pipeline: run.pipeline, states, until: run.startedAt });
    const { executions } = await listExecutions(client, query, 10, null);
    const former = executions.find(({ workflowId }) => workflowId !== run.id);
    if (former === undefined) continue;
    const works = await client.withDeadline(Date.now() + WITHIN, () => stepWork(client, former));
    const steps = new Map(evidenceSteps(works).map((one) => [one.step, one]));
    return { from: former.workflowId, profileOf: (step) => profileIn(store, steps.get(step)) };
  }
  return noReferences;
}

async function profileIn(store: Pick<ArtifactStore, 'getText'>, step: EvidenceStep | undefined): Promise<unknown> {
  if (step === undefined || step.report.bytes > PROFILE) return null;
  // It may have been collected since; then there is nothing to be shown beside.
  return store.getText(step.report).then(JSON.parse, () => null);
}
