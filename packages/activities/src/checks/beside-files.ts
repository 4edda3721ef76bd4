import { join } from 'node:path';
import type { Dataset } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import type { DuckDbSession } from '../extract/duckdb-session.ts';
import type { Beside, Other } from './judge-dataset.ts';
import { parquetSource } from './parquet-source.ts';

/** Brings the datasets that checks are held against into `folder`. */
export async function besideFiles(
  { store }: Pick<ActivityContext, 'store'>,
  reference: Dataset | null,
  others: Readonly<Record<string, Dataset>>,
  session: DuckDbSession,
  folder: string,
): Promise<Beside> {
  const fetched = async (dataset: Dataset, name: string): Promise<Other> => {
    const path = join(folder, `${name}.parquet`);
    await store.fetch(dataset, path);
    return parquetSource(session, path, dataset.rows);
  };
  const named: [string, Other][] = [];
  for (const [i, [name, dataset]] of Object.entries(others).entries()) {
    named.push([name, await fetched(dataset, `beside-${i}`)]);
  }
  return {
    others: Object.fromEntries(named),
    ...(reference === null ? {} : { reference: { data: await fetched(reference, 'reference') } }),
  };
}
