import type { WholeRequest } from './captured.ts';
import type { Entry } from './diary.ts';
import { type Failure, namesOf, worstOf } from './failure.ts';
import type { ReplayOptions } from './replay-options.ts';
import { type Answer, answered, replyOf, send, type Worse, worseIn } from './send.ts';
import type { Standing } from './shape-noise.ts';

/** What is known of noise when requests are confirmed. */
export interface Doubt {
  /** By the name of a difference in shape. */
  standing(name: string): Standing;
  /** Times that an answer must fail where that is in doubt. */
  readonly proofs: number;
}

/**
 * Sends a request again, alone, that failed, or that the old version gave no whole answer. The old version is asked again
 * too: its answer was not held all the while. Where it never answers any more, the request is stale. For each answer
 * that differs in shape it is asked once more: what its own answers differ in is not held against the candidate.
 */
export async function confirmAlone(
  request: WholeRequest,
  first: Entry,
  options: ReplayOptions,
  doubt: Doubt,
): Promise<Entry> {
  const { confirm, redactor, second } = options;
  const own = new Set<string>();
  const standing = (name: string) => (own.has(name) ? 'noise' : doubt.standing(name));
  const counts = (failure: Failure) => ['counts', 'more'].includes(worstOf(failure, standing));
  /** Is there a difference that all have, and that may be more than noise? */
  const isAlike = (failures: readonly Failure[]) => {
    const shortest = failures.find((failure) => failure !== null) ?? [];
    return shortest.some((name) => standing(name) !== 'noise' && failures.every((one) => one?.includes(name) ?? true));
  };
  const failures: Failure[] = first.now === null ? [] : [namesOf(first)];
  if (failures.length >= confirm && failures.every(counts)) return { ...first, outcome: 'regression' };
  const old = await askOld(request, first.now === null ? 1 : confirm, options);
  if (!answered(old)) return { ...first, outcome: 'stale', old: replyOf(old, redactor), now: null, why: null };
  let last: Entry = { ...first, old: replyOf(old, redactor) };
  // The first answers are why it is in doubt, so they are no proof.
  const proofs = Math.max(confirm, failures.length + doubt.proofs);
  const most = () => (failures.every(counts) ? confirm : proofs);
  while (failures.length < most()) {
    const now = await ask(options.fresh, request, options);
    const worse = worseIn(old, now);
    if (worse !== null && worse.shape !== null && second !== null) {
      for (const name of worseIn(old, await ask(options.old, request, options))?.shape?.keys() ?? []) own.add(name);
    }
    if (worse !== null) failures.push(failureOf(worse));
    if (worse === null || !(failures.every(counts) || isAlike(failures))) {
      return failures.some(counts) ? { ...last, outcome: 'flaky' } : passed(last);
    }
    last = { ...last, now: replyOf(now, redactor), why: whyOf(worse, standing) };
  }
  return { ...last, outcome: 'regression' };
}

/** Nobody has to see what was asked and answered. */
export function passed(entry: Entry): Entry {
  return { ...entry, outcome: 'pass', old: null, now: null, why: null, body: null };
}

function failureOf({ shape }: Worse): Failure {
  return shape === null ? null : [...shape.keys()];
}

/** By what says most. */
function whyOf({ why, shape }: Worse, standing: (name: string) => Standing): string {
  const worst = worstOf(failureOf({ why, shape }), standing);
  return [...(shape ?? [])].find(([name]) => standing(name) === worst)?.[1].why ?? why;
}

async function ask(
  server: ReplayOptions['old'],
  request: WholeRequest,
  { deadline, scope }: ReplayOptions,
): Promise<Answer> {
  scope.signal.throwIfAborted();
  scope.heartbeat();
  return send(server, request, { deadline, signal: scope.signal });
}

async function askOld(request: WholeRequest, most: number, options: ReplayOptions): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask(options.old, request, options);
    if (answered(answer) || tries >= most) return answer;
  }
}
