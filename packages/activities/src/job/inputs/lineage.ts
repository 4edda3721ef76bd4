import { type JobSpec, type Lineage, PARENTS_LISTED } from '@sluice/sdk';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import type { WorkDigests } from './digests.ts';

/** What a model says of where it came from. Of very many parents it names the first, and a report all of them. */
export async function lineageOf(
  store: Pick<ArtifactStore, 'putText'>,
  { data, models }: Pick<JobSpec, 'data' | 'models'>,
  { code, hyper }: WorkDigests,
): Promise<Lineage> {
  const parents = models.map(({ digest }) => digest);
  const lineage = {
    code,
    hyper,
    data: Object.fromEntries(Object.entries(data).map(([name, dataset]) => [name, dataset.digest])),
    parents: parents.slice(0, PARENTS_LISTED),
  };
  if (parents.length <= PARENTS_LISTED) return lineage;
  const list = await store.putText(JSON.stringify(parents), 'report');
  return { ...lineage, allParents: { count: parents.length, list } };
}
