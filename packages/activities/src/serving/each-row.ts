import type { SupervisedServer } from './supervised-server.ts';

/** Rows in one request. */
export const ROWS_PER_REQUEST = 200;
/** Milliseconds for one request. */
const TIMEOUT = 120_000;
/** Missed deadlines after which the model counts as hung, and is not asked again. */
const DEADLINES = 5;

const HUNG = `given up: ${DEADLINES} requests had no answer within ${TIMEOUT / 1000} s`;

type Row = Readonly<Record<string, unknown>>;

/** What a model said to one row, or why it said nothing. */
export type RowAnswer =
  | { readonly ok: true; readonly prediction: unknown }
  | { readonly ok: false; readonly why: string };

/**
 * Asks a model row by row, many in one request: a request that fails is halved until the rows that spoil it stand alone, so
 * that no row is without an answer for another's fault.
 */
export function eachRow(server: SupervisedServer): (rows: readonly Row[]) => Promise<RowAnswer[]> {
  let missed = 0;
  return async function ask(rows): Promise<RowAnswer[]> {
    if (missed >= DEADLINES) return rows.map(() => ({ ok: false, why: HUNG }));
    const answer = await (await server.current()).predict(rows, { timeout: TIMEOUT });
    if (answer.ok) return answer.predictions.map((prediction) => ({ ok: true, prediction }));
    if (answer.kind === 'transport') await server.settle();
    if (answer.kind === 'deadline') missed += 1;
    if (rows.length === 1) return [{ ok: false, why: answer.message }];
    const half = Math.ceil(rows.length / 2);
    return [...(await ask(rows.slice(0, half))), ...(await ask(rows.slice(half)))];
  };
}
