import { type Answer, exchange, NoAnswer } from './http-exchange.ts';

/** One prediction a row, in their order, or why there is none. */
export type Prediction =
  | { readonly ok: true; readonly predictions: readonly unknown[] }
  | { readonly ok: false; readonly kind: 'transport' | 'deadline' | 'status' | 'answer'; readonly message: string };

/**
 * MLflow's scoring protocol: `POST /invocations` with `{"dataframe_records": […]}` is answered by
 * `{"predictions": […]}`, one for each row.
 *
 * @throws the signal's reason when that aborts, and nothing else.
 */
export async function predict(
  url: string,
  rows: readonly Record<string, unknown>[],
  options: { readonly timeout: number; readonly signal?: AbortSignal },
): Promise<Prediction> {
  let answer: Answer;
  try {
    answer = await exchange({
      url: `${url}/invocations`,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ dataframe_records: rows }),
      ...options,
    });
  } catch (error) {
    if (error instanceof NoAnswer) {
      return { ok: false, kind: error.kind === 'size' ? 'answer' : error.kind, message: error.message };
    }
    throw error;
  }
  if (answer.status !== 200) {
    return { ok: false, kind: 'status', message: `status ${answer.status}: ${answer.body.toString('utf8', 0, 200)}` };
  }
  return predictionsOf(answer.body, rows.length);
}

function predictionsOf(body: Buffer, expected: number): Prediction {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return { ok: false, kind: 'answer', message: `not JSON: ${body.toString('utf8', 0, 100)}` };
  }
  const predictions = (parsed as { predictions?: unknown } | null)?.predictions;
  if (!Array.isArray(predictions)) return { ok: false, kind: 'answer', message: 'no list `predictions` in the answer' };
  if (predictions.length === expected) return { ok: true, predictions };
  return { ok: false, kind: 'answer', message: `${predictions.length} predictions for ${expected} rows` };
}
