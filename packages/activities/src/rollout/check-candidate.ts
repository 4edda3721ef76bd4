import { type Digest, describeError, type Evidence, type SluiceActivities, worstFirst, worstOf } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { activityScope, alive } from '../serving/activity-scope.ts';
import { withModelServer } from '../serving/model-server.ts';
import { endpointState } from './endpoint-state.ts';

type Input = Parameters<SluiceActivities['checkCandidate']>[0];

/** Is the candidate whole, does it answer, and is production still what the evidence was measured against? */
export function checkCandidateActivity(context: ActivityContext): SluiceActivities['checkCandidate'] {
  return async (input) => {
    const scope = activityScope();
    return alive(scope, async () => {
      const whole = await wholeRow(context, input);
      const answers = whole.verdict === 'pass' ? [await answersRow(context, input, scope.signal)] : [];
      // Last, because a server may take minutes to get ready: whoever decides is told what serves now.
      const production = (await endpointState(context, input.endpoint))?.stable?.digest ?? null;
      const evidence = [whole, ...answers, ...productionRow(production, input)];
      return {
        name: 'candidate health',
        verdict: worstOf(evidence.map(({ verdict }) => verdict)),
        evidence: worstFirst(evidence),
        production,
      };
    });
  };
}

async function wholeRow(context: ActivityContext, { candidate }: Input): Promise<Evidence> {
  const artifact = { uri: candidate.uri, digest: candidate.digest as Digest };
  const problem = await context.store.verify(artifact, 'sizes');
  const row = { metric: 'artifact is whole', value: null } as const;
  return problem === null ? { ...row, verdict: 'pass' } : { ...row, verdict: 'fail', note: problem };
}

/** A fresh server, only to see that it starts and answers `/ping`. */
async function answersRow(context: ActivityContext, input: Input, signal: AbortSignal): Promise<Evidence> {
  const { endpoint, candidate } = input;
  const row = { metric: 'server gets ready', value: null } as const;
  const model = { uri: candidate.uri, digest: candidate.digest as Digest };
  try {
    await withModelServer({ context, endpoint, model }, async () => {});
    return { ...row, verdict: 'pass' };
  } catch (error) {
    signal.throwIfAborted();
    return { ...row, verdict: 'fail', note: describeError(error).slice(0, 1000) };
  }
}

/** Evidence against a version that no longer serves says nothing about the one that does. */
function productionRow(now: string | null, { candidate, baselines }: Input): Evidence[] {
  if (baselines.length === 0) return [];
  const row = { metric: 'production is what was measured against', value: null } as const;
  if (now === candidate.digest) return [{ ...row, verdict: 'pass', note: 'the candidate is production already' }];
  if (baselines.every((baseline) => baseline === now)) return [{ ...row, verdict: 'pass' }];
  const measured = [...new Set(baselines.map(nameOf))].join(' and ');
  const note = `production moved from ${measured} to ${nameOf(now)} since the evidence was measured`;
  return [{ ...row, verdict: 'inconclusive', note }];
}

function nameOf(digest: string | null): string {
  return digest === null ? 'an empty endpoint' : digest.slice(0, 19);
}
