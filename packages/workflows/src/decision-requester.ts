import { ErrorCode, type RunMemo, type Settings } from '@sluice/sdk';
import { workflowInfo } from '@temporalio/workflow';
import { small } from './activities.ts';
import { applicationFailure } from './failure.ts';

/**
 * Who started a run: as the starter said, or as the starter's token says where the project takes identity from tokens,
 * so that a person is compared with a person and not with a word. Null where nobody knows.
 */
export function requesterOf(run: string, memo: RunMemo): (settings: Settings) => Promise<string | null> {
  let verified: Promise<string | null> | undefined;
  const verify = async (token: string): Promise<string | null> => {
    const options = { scheduleToCloseTimeout: '2 minutes' } as const;
    // By the run's start: a token lives for minutes, and the first worker may come late.
    const input = { token, purpose: { for: 'start', run }, at: workflowInfo().startTime.getTime() } as const;
    try {
      return (await small('run:identity:start', 'who started the run', options).identify(input)).by;
    } catch (error) {
      // An issuer that did not answer is asked again by the next decision.
      if (applicationFailure(error)?.type !== ErrorCode.DecisionRefused) verified = undefined;
      return null;
    }
  };
  return async ({ approvers }) => {
    if (!approvers.oidc) return memo.by ?? null;
    if (memo.token === undefined) return null;
    verified ??= verify(memo.token);
    return verified;
  };
}
