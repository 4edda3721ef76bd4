import { type Json, SluiceError } from '@sluice/sdk';
import type { DuckDbSession } from '../extract/duckdb-session.ts';

/** Aggregates over a relation that somebody wants to know. */
export interface Question {
  readonly from: string;
  readonly asks: readonly string[];
}

/** The answers, in the order of the asks, or why DuckDB would not give them. */
export type Answers = readonly Json[] | SluiceError;

/** Most aggregates of one query: DuckDB plans more of them slowly. */
const mostAsks = 500;

/** Answers every question; those about one relation share a scan of it. */
export async function answerAll(session: DuckDbSession, questions: readonly Question[]): Promise<Answers[]> {
  const answers: Answers[] = questions.map(() => []);
  const byRelation = Map.groupBy(questions.keys(), (index) => questions[index]?.from ?? '');
  for (const indices of byRelation.values()) {
    for (const part of parts(indices, questions)) {
      const found = await scan(
        session,
        part.map((index) => questions[index] as Question),
      );
      part.forEach((index, place) => {
        answers[index] = found[place] ?? [];
      });
    }
  }
  return answers;
}

function parts(indices: readonly number[], questions: readonly Question[]): number[][] {
  const list: number[][] = [[]];
  let asks = 0;
  for (const index of indices) {
    asks += questions[index]?.asks.length ?? 0;
    if (asks > mostAsks && list.at(-1)?.length !== 0) {
      list.push([]);
      asks = questions[index]?.asks.length ?? 0;
    }
    list.at(-1)?.push(index);
  }
  return list;
}

/** One query. Where it cannot run because of some questions, halves find out which; the others are answered all the same. */
async function scan(session: DuckDbSession, questions: readonly Question[]): Promise<Answers[]> {
  const [first] = questions;
  if (first === undefined) return [];
  const asks = questions.flatMap((question) => question.asks);
  try {
    const named = asks.map((ask, index) => `${ask} AS a${index}`).join(', ');
    const [row = {}] = await session.rows(`SELECT ${named} FROM ${first.from}`);
    let at = 0;
    return questions.map((question) => question.asks.map(() => row[`a${at++}`] ?? null));
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'InvalidSql') throw error;
    if (questions.length === 1) return [error];
    const middle = questions.length >> 1;
    return [...(await scan(session, questions.slice(0, middle))), ...(await scan(session, questions.slice(middle)))];
  }
}
