import type { WholeRequest } from './captured.ts';
import type { Entry } from './diary.ts';
import type { ReplayOptions } from './replay-options.ts';
import { type Answer, answered, replyOf, send, whyWorse } from './send.ts';

/**
 * Sends a request again, alone, that failed, or that the old version gave no whole answer. The old version is asked again
 * too: its answer was not held all the while. Where it never answers any more, the request is stale.
 */
export async function confirmAlone(request: WholeRequest, first: Entry, options: ReplayOptions): Promise<Entry> {
  const { fresh, confirm, deadline, redactor, scope } = options;
  const failedBefore = first.now !== null;
  if (failedBefore && confirm <= 1) return { ...first, outcome: 'regression' };
  const old = await askOld(request, failedBefore ? confirm : 1, options);
  if (!answered(old)) return { ...first, outcome: 'stale', old: replyOf(old, redactor), now: null, why: null };
  let last: Entry = { ...first, old: replyOf(old, redactor) };
  for (let failures = failedBefore ? 1 : 0; failures < confirm; failures += 1) {
    scope.signal.throwIfAborted();
    scope.heartbeat();
    const now = await send(fresh, request, { deadline, signal: scope.signal });
    const why = whyWorse(old, now);
    if (why === null && failures === 0) return { ...last, outcome: 'pass', old: null, body: null };
    if (why === null) return { ...last, outcome: 'flaky' };
    last = { ...last, now: replyOf(now, redactor), why };
  }
  return { ...last, outcome: 'regression' };
}

async function askOld(request: WholeRequest, most: number, { old, deadline, scope }: ReplayOptions): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    scope.signal.throwIfAborted();
    scope.heartbeat();
    const answer = await send(old, request, { deadline, signal: scope.signal });
    if (answered(answer) || tries >= most) return answer;
  }
}
