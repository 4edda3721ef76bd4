import type { Suite } from '@sluice/sdk';
import type { ActivityScope } from '../serving/activity-scope.ts';
import { eachRow, ROWS_PER_REQUEST } from '../serving/each-row.ts';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import type { Case } from './cases.ts';
import { type Scored, scoreOf } from './score.ts';

/** Every case's score, in their order. An error is only ever the fault of its own row. */
export async function runCases(
  server: SupervisedServer,
  cases: readonly Case[],
  metric: Suite['metric'],
  scope: ActivityScope,
): Promise<Scored[]> {
  const ask = eachRow(server);
  const results: Scored[] = [];
  for (let from = 0; from < cases.length; from += ROWS_PER_REQUEST) {
    scope.signal.throwIfAborted();
    scope.heartbeat({ cases: cases.length, done: from });
    const batch = cases.slice(from, from + ROWS_PER_REQUEST);
    const answers = await ask(batch.map(({ inputs }) => inputs));
    results.push(
      ...batch.map(({ label }, i): Scored => {
        const answer = answers[i] ?? { ok: false, why: 'no answer' };
        return answer.ok ? scoreOf(metric, label, answer.prediction) : { ok: false, error: answer.why };
      }),
    );
  }
  return results;
}
