import type { RunRow, RunsView } from '@sluice/ui/api';
import { UsageError } from '../../errors.ts';
import { listExecutions } from '../../records/executions.ts';
import { rowOf } from '../../records/row.ts';
import type { TemporalSource } from '../../records/sources.ts';
import { checkStates, hasText, runsQuery } from '../../run/runs-query.ts';

export interface RunsQuery {
  readonly pipeline: string | null;
  readonly state: string | null;
  readonly text: string | null;
  readonly after: string | null;
  readonly limit: number;
}

/** Rows that a search for a text reads at most; `next` goes on from there. */
const SEARCHED = 2_000;
const SEARCH_PAGE = 200;
/** Counting is a courtesy: a server that takes long over it is not waited for, ms. */
const COUNT_WITHIN = 1_000;

/** Runs, the newest first. Of a run that was reset, a page lists its latest execution. */
export async function runsView({ client }: TemporalSource, asked: RunsQuery): Promise<RunsView> {
  const { pipeline, state, text } = asked;
  const query = runsQuery({
    ...(pipeline === null ? {} : { pipeline }),
    ...(state === null ? {} : { states: checkStates([state]) }),
  });
  const counted =
    text === null
      ? client
          .withDeadline(Date.now() + COUNT_WITHIN, () => client.workflow.count(query))
          .then(
            ({ count }) => count,
            () => null,
          )
      : Promise.resolve(null);
  const rows = new Map<string, RunRow>();
  let token = asked.after === null ? null : tokenOf(asked.after);
  for (let read = 0; read < SEARCHED; read += SEARCH_PAGE) {
    const page = await listExecutions(client, query, text === null ? asked.limit : SEARCH_PAGE, token);
    for (const execution of page.executions) {
      const row = rowOf(execution);
      if (!rows.has(row.id) && (text === null || hasText(row, text))) rows.set(row.id, row);
    }
    token = page.next;
    if (text === null || token === null || rows.size >= asked.limit) break;
  }
  return { runs: [...rows.values()], next: token === null ? null : cursorOf(token), total: await counted };
}

/** Temporal's own token, as a word that an address can hold. */
function cursorOf(token: Uint8Array): string {
  return Buffer.from(token).toString('base64url');
}

function tokenOf(cursor: string): Uint8Array {
  if (!/^[\w-]{1,1500}$/.test(cursor)) throw new UsageError('"after" is not what a page before has given.');
  return Buffer.from(cursor, 'base64url');
}
