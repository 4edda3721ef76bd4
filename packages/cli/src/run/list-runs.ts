import { type RunMemo, SearchAttribute } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { type FoundRun, type RunInfo, runOf } from './find-run.ts';
import { hasText, MOST_LOOKED_AT, type RunFilter, runsQuery } from './runs-query.ts';
import { temporalCall } from './temporal-call.ts';
import type { TemporalTarget } from './temporal-target.ts';

export interface ListedRun extends FoundRun {
  readonly commit: string | null;
  readonly endpoint: string | null;
  readonly by: string | null;
}

export interface RunPage {
  readonly runs: readonly ListedRun[];
  /** There are more that fit. */
  readonly more: boolean;
}

/** Runs of pipelines: open ones first, then those that ended last; of a run that was reset, its latest execution. */
export async function listRuns(
  client: Client,
  target: TemporalTarget,
  options: RunFilter & { readonly limit: number; readonly after?: number },
): Promise<RunPage> {
  const { limit, after = 0 } = options;
  const query = runsQuery(options);
  return temporalCall(target, async () => {
    const runs: ListedRun[] = [];
    const seen = new Set<string>();
    let looked = 0;
    let fitting = 0;
    // A text is looked for in many.
    const { text } = options;
    const pageSize = text !== undefined ? 1000 : Math.min(1000, limit + after + 1);
    for await (const info of client.workflow.list({ query, pageSize })) {
      if (++looked > MOST_LOOKED_AT) return { runs, more: true };
      if (seen.has(info.workflowId)) continue;
      seen.add(info.workflowId);
      const run = listed(info);
      if (text !== undefined && !hasText({ id: run.workflowId, ...run }, text)) continue;
      if (++fitting <= after) continue;
      if (runs.length === limit) return { runs, more: true };
      runs.push(run);
    }
    return { runs, more: false };
  });
}

function listed(info: RunInfo & { readonly memo?: Record<string, unknown> }): ListedRun {
  const attribute = (name: string) => info.searchAttributes?.[name]?.[0];
  const { by } = (info.memo ?? {}) as RunMemo;
  const [commit, endpoint] = [attribute(SearchAttribute.commit), attribute(SearchAttribute.endpoint)];
  return {
    ...runOf(info),
    commit: typeof commit === 'string' ? commit : null,
    endpoint: typeof endpoint === 'string' ? endpoint : null,
    by: typeof by === 'string' ? by : null,
  };
}
