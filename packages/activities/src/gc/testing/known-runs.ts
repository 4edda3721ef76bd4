import { referencesIn } from '../references.ts';
import type { KnownRun, KnownRuns } from '../runs.ts';

/** Runs with the texts of their histories. */
export function knownRuns(runs: readonly (Partial<KnownRun> & { readonly history?: string })[]): KnownRuns {
  const known = runs.map(({ history, ...run }, index) => ({
    run: { workflowId: `p/${index}`, runId: String(index), status: 'open' as const, closedAt: null, ...run },
    history: history ?? '',
  }));
  return {
    list: async () => known.map(({ run }) => run),
    async mark(asked, into) {
      for (const { run, history } of known) if (asked.includes(run)) referencesIn(history, into);
    },
  };
}
