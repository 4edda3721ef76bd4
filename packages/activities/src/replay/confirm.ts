import type { WholeRequest } from './captured.ts';
import type { Entry } from './diary.ts';
import type { ReplayOptions } from './replay-options.ts';
import { type Answer, answered, replyOf, send, type Worse, worseIn } from './send.ts';

/** Is a difference in shape, by its name, the old version's own noise? */
export type IsNoise = (name: string) => boolean;

/** How an answer differs in shape, by name; null: it fails in another way. */
type Failure = readonly string[] | null;

/**
 * Sends a request again, alone, that failed, or that the old version gave no whole answer. The old version is asked again
 * too: its answer was not held all the while. Where it never answers any more, the request is stale. For each answer
 * that differs in shape it is asked once more: what its own answers differ in is not held against the candidate.
 */
export async function confirmAlone(
  request: WholeRequest,
  first: Entry,
  options: ReplayOptions,
  isNoise: IsNoise,
): Promise<Entry> {
  const { confirm, redactor, second } = options;
  const failedBefore = first.now !== null;
  if (failedBefore && confirm <= 1) return { ...first, outcome: 'regression' };
  const old = await askOld(request, failedBefore ? confirm : 1, options);
  if (!answered(old)) return { ...first, outcome: 'stale', old: replyOf(old, redactor), now: null, why: null };
  const own = new Set<string>();
  const counts = (failure: Failure) => failure?.some((name) => !own.has(name) && !isNoise(name)) ?? true;
  const failures: Failure[] = failedBefore ? [namesOf(first)] : [];
  let last: Entry = { ...first, old: replyOf(old, redactor) };
  let good = false;
  while (!good && failures.length < confirm) {
    const now = await ask(options.fresh, request, options);
    const worse = worseIn(old, now);
    if (worse !== null && worse.shape !== null && second !== null) {
      for (const name of worseIn(old, await ask(options.old, request, options))?.shape?.keys() ?? []) own.add(name);
    }
    good = worse === null || !counts(failureOf(worse));
    if (worse === null || good) continue;
    failures.push(failureOf(worse));
    last = { ...last, now: replyOf(now, redactor), why: whyOf(worse, counts) };
  }
  const counted = failures.filter(counts).length;
  if (counted === 0) return passed(last);
  return { ...last, outcome: good || counted < failures.length ? 'flaky' : 'regression' };
}

/** Does it fail in nothing but noise? */
export function isOnly(isNoise: IsNoise, failed: Entry): boolean {
  const names = namesOf(failed);
  return names?.every(isNoise) ?? false;
}

/** Nobody has to see what was asked and answered. */
export function passed(entry: Entry): Entry {
  return { ...entry, outcome: 'pass', old: null, now: null, why: null, body: null };
}

function namesOf({ shape }: Entry): Failure {
  const names = shape?.flatMap(({ path, raw }) => (raw === null ? [] : [path])) ?? [];
  return names.length === 0 ? null : names;
}

function failureOf({ shape }: Worse): Failure {
  return shape === null ? null : [...shape.keys()];
}

/** The first that counts. */
function whyOf({ why, shape }: Worse, counts: (failure: Failure) => boolean): string {
  const [, found] = [...(shape ?? [])].find(([name]) => counts([name])) ?? [];
  return found?.why ?? why;
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
