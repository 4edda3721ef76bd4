import type { RunRow } from '@sluice/ui/api';
import type { Client } from '@temporalio/client';
import { hasText, MOST_LOOKED_AT, type RunFilter, runsQuery } from '../run/runs-query.ts';
import { listExecutions } from './executions.ts';
import { rowOf } from './row.ts';

/** Rows that Temporal is asked for at a time while a text is looked for in many. */
const SEARCH_PAGE = 200;

/**
 * At most `limit` runs that fit, the newest first; of a run that was reset, its latest execution. A text is looked for in
 * the newest 20,000.
 */
export async function listRows(client: Client, filter: RunFilter, limit: number): Promise<RunRow[]> {
  const { text } = filter;
  const rows = new Map<string, RunRow>();
  const seen = new Set<string>();
  const size = text === undefined ? Math.min(limit, SEARCH_PAGE) : SEARCH_PAGE;
  let token: Uint8Array | null = null;
  let looked = 0;
  do {
    const page: Awaited<ReturnType<typeof listExecutions>> = await listExecutions(
      client,
      runsQuery(filter),
      size,
      token,
    );
    for (const row of page.executions.map(rowOf)) {
      if (seen.has(row.id)) continue;
      seen.add(row.id);
      if (text === undefined || hasText(row, text)) rows.set(row.id, row);
      if (rows.size >= limit) return [...rows.values()];
    }
    looked += page.executions.length;
    token = page.next;
  } while (token !== null && looked < MOST_LOOKED_AT);
  return [...rows.values()];
}
