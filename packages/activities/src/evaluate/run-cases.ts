import type { Suite } from '@sluice/sdk';
import type { ActivityScope } from '../serving/activity-scope.ts';
import type { Prediction } from '../serving/predict.ts';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import type { Case } from './cases.ts';
import { type Scored, scoreOf } from './score.ts';

/** Rows in one request. */
const BATCH = 200;
/** Milliseconds for one request. */
const TIMEOUT = 120_000;
/** Missed deadlines after which the model counts as hung, and every case left as an error. */
const DEADLINES = 5;

/**
 * Every case's score, in their order. A batch that fails is halved until the rows that spoil it stand alone, so an
 * error is only ever the fault of its own row.
 */
export async function runCases(
  server: SupervisedServer,
  cases: readonly Case[],
  metric: Suite['metric'],
  scope: ActivityScope,
): Promise<Scored[]> {
  const results: Scored[] = [];
  let missed = 0;
  const run = async (batch: readonly Case[]): Promise<Scored[]> => {
    const answer = missed >= DEADLINES ? hung : await ask(server, batch);
    if (answer.ok) return batch.map((one, i) => scoreOf(metric, one.label, answer.predictions[i]));
    if (answer.kind === 'deadline' && answer !== hung) missed += 1;
    if (batch.length === 1 || answer === hung) return batch.map(() => ({ ok: false, error: answer.message }));
    const half = Math.ceil(batch.length / 2);
    return [...(await run(batch.slice(0, half))), ...(await run(batch.slice(half)))];
  };
  for (let from = 0; from < cases.length; from += BATCH) {
    scope.signal.throwIfAborted();
    scope.heartbeat({ cases: cases.length, done: from });
    results.push(...(await run(cases.slice(from, from + BATCH))));
  }
  return results;
}

const hung: Prediction & { readonly ok: false } = {
  ok: false,
  kind: 'deadline',
  message: `given up: ${DEADLINES} requests had no answer within ${TIMEOUT / 1000} s`,
};

async function ask(server: SupervisedServer, batch: readonly Case[]): Promise<Prediction> {
  const rows = batch.map(({ inputs }) => inputs);
  const answer = await (await server.current()).predict(rows, { timeout: TIMEOUT });
  if (!answer.ok && answer.kind === 'transport') await server.settle();
  return answer;
}
