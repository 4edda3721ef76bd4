import { pause } from '../serving/activity-scope.ts';
import { type KeptConnections, keptConnections } from '../serving/kept-connections.ts';
import { answerDifferences, shapesBeside } from './answer-differences.ts';
import type { WholeRequest } from './captured.ts';
import { confirmAlone, passed } from './confirm.ts';
import { type Entry, isFinal } from './diary.ts';
import type { ReplayOptions } from './replay-options.ts';
import type { Replayed } from './replayed.ts';
import { type Answer, answered, replyOf, send, type Worse, worseIn } from './send.ts';
import { shapeNoiseOf } from './shape-noise.ts';
import type { Asked } from './spool.ts';
import { timetable } from './timetable.ts';
import { type Failed, toConfirm } from './to-confirm.ts';
import { byteWindow } from './window.ts';

/** Requests under way at a time, and most bytes of their bodies. */
const IN_FLIGHT = 8;
const BYTES_IN_FLIGHT = 64 * 1024 * 1024;
/** Milliseconds between two words of how far it is. */
const TOLD_EVERY = 500;
/** Characters of a request's body that are kept. */
const BODY = 1_000;
/** With this many regressions confirmed, and this many milliseconds spent on confirming, the rest is left. */
const ENOUGH = { regressions: 20, time: 60_000 };
/** Milliseconds for asking the old version again where it gave no whole answer; what is left then is stale. */
const FOR_UNANSWERED = 300_000;

/**
 * Sends every request to both versions. What fails on the new one, or gets no whole answer of the old one, is sent again,
 * alone, so that a request is never blamed for a server that another one brought down, nor let pass for it. What the
 * diary knows is not sent again.
 */
export async function replayRequests(requests: readonly Asked[], options: ReplayOptions): Promise<Replayed[]> {
  const { diary, scope } = options;
  const entries = new Map(diary.entries);
  let told = 0;
  const keep = (place: number, entry: Entry) => {
    entries.set(place, entry);
    diary.note(place, entry);
    if (Date.now() - told < TOLD_EVERY) return;
    told = Date.now();
    scope.heartbeat({ requests: requests.length, done: entries.size });
  };
  await sendAll(requests, entries, keep, options);
  await confirmAll(requests, entries, keep, options);
  return replayedOf(requests, entries);
}

/** Requests with what came of them, in the order of the plan. */
export function replayedOf(requests: readonly Asked[], entries: ReadonlyMap<number, Entry>): Replayed[] {
  return requests.flatMap((request, place) => {
    const entry = entries.get(place);
    return entry === undefined ? [] : [{ request, ...entry }];
  });
}

type Keep = (place: number, entry: Entry) => void;

async function sendAll(
  requests: readonly Asked[],
  entries: ReadonlyMap<number, Entry>,
  keep: Keep,
  options: ReplayOptions,
): Promise<void> {
  const window = byteWindow(BYTES_IN_FLIGHT);
  const left = timetable(requests, options.pace).filter(({ place }) => !entries.has(place));
  const [start, first = 0] = [Date.now(), left[0]?.due];
  // The first one that fails for good ends the others, which may have long to wait.
  const ended = new AbortController();
  const scope = { ...options.scope, signal: AbortSignal.any([options.scope.signal, ended.signal]) };
  const connections = keptConnections(scope.signal);
  const sending = { ...options, scope, connections };
  let next = 0;
  const work = async () => {
    for (let turn = left[next++]; turn !== undefined; turn = left[next++]) {
      const { place, asked, due } = turn;
      const wait = start + due - first - Date.now();
      if (wait > 0) await pause(scope, wait);
      await window.enter(asked.bodyBytes);
      try {
        keep(place, await tryBoth(options.spool.read(asked), sending));
      } finally {
        window.leave(asked.bodyBytes);
      }
    }
  };
  const give = (error: unknown) => {
    ended.abort(error);
    throw error;
  };
  await Promise.allSettled(Array.from({ length: Math.min(IN_FLIGHT, left.length) }, () => work().catch(give)));
  connections.close();
  scope.signal.throwIfAborted();
}

type Sending = ReplayOptions & { readonly connections: KeptConnections };

async function tryBoth(
  request: WholeRequest,
  { old, fresh, second, deadline, redactor, scope, connections }: Sending,
): Promise<Entry> {
  scope.signal.throwIfAborted();
  const limits = { deadline, signal: scope.signal, connections };
  // All at once: what the old version turns out to fail, the candidate was asked for nothing.
  const [before, now, again] = await Promise.all([
    send(old, request, limits),
    send(fresh, request, limits),
    second === null ? null : send(second.server, request, limits),
  ]);
  const body = () => redactor.json(request.body.toString('utf8'))?.text.slice(0, BODY) ?? null;
  if (!answered(before)) {
    const outcome = before.status === null ? 'unconfirmed' : 'stale';
    return { outcome, old: replyOf(before, redactor), now: null, why: null, body: body() };
  }
  const worse = worseIn(before, now);
  const beside = besides({ old: before, now, second: again }, worse, { second, redactor });
  if (worse === null) return { ...beside, outcome: 'pass', old: null, now: null, why: null, body: null };
  const replies = { old: replyOf(before, redactor), now: replyOf(now, redactor) };
  return { ...beside, outcome: 'unconfirmed', ...replies, why: worse.why, body: body() };
}

/** Where answers differ; nothing where the candidate's is none that could be compared. */
function besides(
  { old, now, second: again }: { old: Answer; now: Answer; second: Answer | null },
  worse: Worse | null,
  { second, redactor }: Pick<ReplayOptions, 'second' | 'redactor'>,
): Pick<Entry, 'differences' | 'shape'> {
  if (second === null || (worse !== null && worse.shape === null)) return {};
  const whole = again !== null && answered(again) ? again : null;
  const shape = shapesBeside(worse, whole === null ? null : worseIn(old, whole));
  const shapes = shape.length === 0 ? {} : { shape };
  if (whole === null) return shapes;
  return { ...shapes, differences: answerDifferences({ old, second: whole, now }, second.comparison, redactor) };
}

async function confirmAll(
  requests: readonly Asked[],
  entries: ReadonlyMap<number, Entry>,
  keep: Keep,
  options: ReplayOptions,
): Promise<void> {
  if ([...entries.values()].every(isFinal)) return;
  const start = Date.now();
  const { waived = () => false } = options;
  const isRegression = (place: number) => entries.get(place)?.outcome === 'regression';
  let confirmed = requests.filter((asked, place) => !waived(asked) && isRegression(place)).length;
  const all = [...requests.entries()].flatMap(([place, asked]) => {
    const entry = entries.get(place);
    return entry === undefined ? [] : [{ place, asked, entry }];
  });
  const noise = shapeNoiseOf(replayedOf(requests, entries));
  // Sorted by the first answers to all of them, so that an attempt that goes on sorts them as the one before did.
  const sorted = toConfirm(all.filter(hasFailed), noise);
  const unsure = (some: readonly Failed[]) => some.filter(({ entry }) => !isFinal(entry));
  const confirmOne = ({ asked, entry }: Failed) => {
    const doubt = { standing: (name: string) => noise.standing(asked, name), proofs: sorted.proofs };
    return confirmAlone(options.spool.read(asked), entry, options, doubt);
  };
  const confirmEach = async (some: readonly Failed[]) => {
    for (const one of some) {
      if (confirmed >= ENOUGH.regressions && Date.now() - start > ENOUGH.time) return;
      const again = await confirmOne(one);
      if (again.outcome === 'regression') confirmed += 1;
      keep(one.place, again);
    }
  };
  for (const { place, asked, entry } of unsure(sorted.more)) {
    if (!waived(asked)) confirmed += 1;
    keep(place, { ...entry, outcome: 'regression' });
  }
  for (const { place, entry } of unsure(sorted.noise)) keep(place, passed(entry));
  const failed = unsure(sorted.failed);
  await confirmEach(failed.filter(({ asked }) => !waived(asked)));
  const end = Date.now() + FOR_UNANSWERED;
  for (const one of unsure(all).filter(({ entry: { now } }) => now === null)) {
    keep(one.place, Date.now() < end ? await confirmOne(one) : { ...one.entry, outcome: 'stale' });
  }
  // What is waived must not use up the time of what decides, nor how often a server is started again.
  await confirmEach(failed.filter(({ asked }) => waived(asked)));
}

/** Was its first answer one that would not do? */
function hasFailed({ entry }: Failed): boolean {
  return entry.now !== null || entry.shape?.some(({ raw }) => raw !== null) === true;
}
