import type { WholeRequest } from './captured.ts';
import type { Entry } from './diary.ts';
import type { ReplayOptions } from './replay-options.ts';
import { type Answer, answered, replyOf, send, whyWorse } from './send.ts';

/**
 * Sends a request that failed again, alone. The old version is asked again too: its answer was not held all the while.
 * Where it never answers any more, the request is stale.
 */
export async function confirmAlone(request: WholeRequest, first: Entry, options: ReplayOptions): Promise<Entry> {
  const { fresh, confirm, deadline, redactor, scope } = options;
  if (confirm <= 1) return { ...first, outcome: 'regression' };
  const old = await askOld(request, options);
  if (!answered(old)) return { ...first, outcome: 'stale', old: replyOf(old, redactor), now: null, why: null };
  let last: Entry = { ...first, old: replyOf(old, redactor) };
  for (let failures = 1; failures < confirm; failures += 1) {
    scope.signal.throwIfAborted();
    scope.heartbeat();
    const now = await send(fresh, request, { deadline, signal: scope.signal });
    const why = whyWorse(old, now);
    if (why === null) return { ...last, outcome: 'flaky' };
    last = { ...last, now: replyOf(now, redactor), why };
  }
  return { ...last, outcome: 'regression' };
}

/** As often as the new version is asked. */
async function askOld(request: WholeRequest, { old, confirm, deadline, scope }: ReplayOptions): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    scope.signal.throwIfAborted();
    scope.heartbeat();
    const answer = await send(old, request, { deadline, signal: scope.signal });
    if (answered(answer) || tries >= confirm) return answer;
  }
}
