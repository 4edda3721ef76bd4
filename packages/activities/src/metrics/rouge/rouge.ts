import { ngramCounts, numbering, shared, total } from '../ngrams.ts';
import { lcsLength, lcsSteps, MOST_BYTES, MOST_STEPS, unionOfLcs, workspace } from './lcs.ts';
import type { Tokenize } from './rouge-tokens.ts';

/** Precision, recall and their harmonic mean, 0 to 1. */
export interface Rouge {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** A comparison that would take too long or too much memory. */
export interface TooLong {
  readonly tooLong: string;
}

/**
 * n-grams that answer and expected text share: `rouge1` … `rouge9` of Google's `rouge_score`, after Lin, "ROUGE: a
 * package for automatic evaluation of summaries" (2004).
 */
export function rougeN(expected: string, answer: string, order: number, tokenize: Tokenize): Rouge {
  const number = numbering();
  const texts = [number(tokenize(expected)), number(tokenize(answer))];
  let counts: readonly Int32Array[] = [];
  for (const one of ngramCounts(texts, number.size(), order)) counts = one.counts;
  const [wanted, said] = counts as [Int32Array, Int32Array];
  return rougeOf(shared(wanted, said), total(wanted), total(said));
}

/** The longest common subsequence of the whole texts: `rougeL` of `rouge_score`. */
export function rougeL(expected: string, answer: string, tokenize: Tokenize): Rouge | TooLong {
  const number = numbering();
  const wanted = number(tokenize(expected));
  const said = number(tokenize(answer));
  if (lcsSteps(wanted.length, said.length) > MOST_STEPS) return tooLong('rougeL', wanted.length, said.length);
  return rougeOf(lcsLength(wanted, said, workspace(number.size())), wanted.length, said.length);
}

/**
 * For each line of the expected text, what its longest common subsequences with the lines of the answer cover
 * together: `rougeLsum` of `rouge_score`. A word counts no oftener than each text has it.
 */
export function rougeLsum(expected: string, answer: string, tokenize: Tokenize): Rouge | TooLong {
  const number = numbering();
  const lines = (text: string) =>
    text
      .split('\n')
      .map((line) => number(tokenize(line)))
      .filter((line) => line.length > 0);
  const wanted = lines(expected);
  const said = lines(answer);
  const [m, n] = [words(wanted), words(said)];
  const longest = said.reduce((most, line) => Math.max(most, line.length), 0);
  const steps = wanted.reduce((sum, line) => sum + lcsSteps(line.length, n), 0);
  const bytes = wanted.reduce((most, line) => Math.max(most, 4 * lcsSteps(line.length, longest)), 0);
  if (bytes > MOST_BYTES) return tooLong('rougeLsum, which looks for sentences on lines of their own', m, n);
  if (steps > MOST_STEPS) return tooLong('rougeLsum', m, n);
  const space = workspace(number.size());
  const leftWanted = bag(wanted, number.size());
  const leftSaid = bag(said, number.size());
  let hits = 0;
  for (const line of wanted) {
    const covered = unionOfLcs(line, said, space);
    for (let i = 0; i < line.length; i += 1) {
      const word = line[i] as number;
      if (covered[i] === 0 || leftWanted[word] === 0 || leftSaid[word] === 0) continue;
      hits += 1;
      leftWanted[word] = (leftWanted[word] as number) - 1;
      leftSaid[word] = (leftSaid[word] as number) - 1;
    }
  }
  return rougeOf(hits, m, n);
}

function rougeOf(hits: number, expected: number, answer: number): Rouge {
  const precision = hits / Math.max(answer, 1);
  const recall = hits / Math.max(expected, 1);
  return { precision, recall, f1: precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0 };
}

function words(lines: readonly Int32Array[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}

function bag(lines: readonly Int32Array[], symbols: number): Int32Array {
  const counts = new Int32Array(symbols);
  for (const line of lines) for (const word of line) counts[word] = (counts[word] as number) + 1;
  return counts;
}

function tooLong(name: string, expected: number, answer: number): TooLong {
  return { tooLong: `texts of ${expected} and ${answer} words are too long for ${name}` };
}
