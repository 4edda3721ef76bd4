import type { ActivityScope } from '../../serving/activity-scope.ts';
import type { AnswerLog } from './answer-log.ts';
import { type Answerer, failed, isAnswer, type Reply } from './reply.ts';
import type { SuiteCase } from './suite-cases.ts';

export interface AskOptions {
  /** Cases under way at a time. */
  readonly concurrency: number;
  /** Further tries of a case that found no connection. */
  readonly retries: number;
  readonly scope: ActivityScope;
  /** For heartbeats: whose answers these are. */
  readonly who: string;
}

/** Deadlines missed in a row after which a task counts as hung, at least; and as many as are under way at a time. */
const DEADLINES = 5;
/** Tries in a row that find no connection, one at a time, after which there is none: as often as a server is started again. */
const UNREACHED = 30;

/**
 * Asks every case that the log does not have yet, and answers with what could not be kept: a case that found no
 * connection, or came after its task was given up, is asked again by whoever goes on. Cases that found no connection are
 * tried again one by one: one that brings its server down takes those beside it along, and only itself when it is alone.
 *
 * @throws the signal's reason when that aborts; what the log throws
 */
export async function askAll(
  cases: readonly SuiteCase[],
  answerer: Answerer,
  log: AnswerLog,
  { concurrency, retries, scope, who }: AskOptions,
): Promise<ReadonlyMap<string, Reply>> {
  const left = cases.filter(({ id }) => !log.has(id));
  const passing = new Map<string, Reply>();
  const alone: SuiteCase[] = [];
  const hung = Math.max(DEADLINES, concurrency);
  // By task, because each may be answered by something else.
  const missed = new Map<string, number>();
  const unreached = new Map<string, number>();
  let next = 0;
  let stop: { readonly error: unknown } | null = null;

  const one = async (asked: SuiteCase): Promise<void> => {
    const { task } = asked;
    if ((missed.get(task) ?? 0) >= hung) {
      passing.set(asked.id, failed('deadline', `given up: ${hung} cases in a row had no answer in time`));
      return;
    }
    if ((unreached.get(task) ?? 0) >= UNREACHED * concurrency) {
      passing.set(
        asked.id,
        failed('transport', `given up: ${UNREACHED * concurrency} cases in a row found no connection`),
      );
      return;
    }
    const reply = await answerer.ask(asked);
    scope.signal.throwIfAborted(); // what a worker that stops takes down with it is no fault of the model's
    const problem = isAnswer(reply) ? null : reply.problem;
    missed.set(task, problem === 'deadline' ? (missed.get(task) ?? 0) + 1 : 0);
    unreached.set(task, problem === 'transport' ? (unreached.get(task) ?? 0) + 1 : 0);
    if (isAnswer(reply) || reply.problem !== 'transport') {
      passing.delete(asked.id);
      await log.add(asked.id, reply);
      return;
    }
    if (!passing.has(asked.id)) alone.push(asked);
    passing.set(asked.id, reply);
  };
  const lane = async (): Promise<void> => {
    while (stop === null) {
      const asked = left[next];
      if (asked === undefined) return;
      next += 1;
      try {
        scope.signal.throwIfAborted();
        scope.heartbeat({ model: who, cases: cases.length, done: log.size });
        await one(asked);
      } catch (error) {
        stop ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, left.length) }, lane));
  if (stop !== null) throw (stop as { error: unknown }).error;
  unreached.clear();
  for (const asked of alone) {
    for (let tried = 0; tried < retries && passing.has(asked.id); tried += 1) {
      if ((unreached.get(asked.task) ?? 0) >= UNREACHED) break;
      scope.heartbeat({ model: who, cases: cases.length, done: log.size });
      await one(asked);
    }
  }
  return passing;
}
