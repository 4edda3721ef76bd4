import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SIZES } from './cells.ts';
import type { EvaluateFigures } from './evaluate-cell.ts';
import type { ReplayFigures } from './replay-cell.ts';

/** Puts the tables between the markers of the docs; returns the files' names. */
export async function writeTables(
  evaluate: readonly EvaluateFigures[],
  replay: readonly ReplayFigures[],
): Promise<string[]> {
  await writeBetween('docs/evaluate.md', 'coverage', evaluateTables(evaluate));
  await writeBetween('docs/replay.md', 'coverage', replayTable(replay));
  return ['docs/evaluate.md', 'docs/replay.md'];
}

/** Puts tables between the markers of a bench in a page of the docs. @param file from the root of the repository */
export async function writeBetween(file: string, bench: string, tables: string): Promise<void> {
  const [begin, end] = [`<!-- bench ${bench}: begin -->`, `<!-- bench ${bench}: end -->`];
  const path = join(import.meta.dirname, '..', '..', file);
  const text = await readFile(path, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no line "${begin}" … "${end}".`);
  await writeFile(path, `${before}${begin}\n\n${tables}\n\n${end}${after}`);
}

export function evaluateTables(figures: readonly EvaluateFigures[]): string {
  const trials = Math.max(...figures.map((one) => one.trials)).toLocaleString('en');
  const by = (value: (one: EvaluateFigures) => number | null) => sizesTable(figures, value);
  return [
    `${trials} suites a cell; cases across, and gains in standard deviations (sd) of their differences.`,
    'Candidates that are worse by exactly the margin, percent that passed (promised: at most 2.5):',
    by(({ wrong }) => wrong),
    'Candidates that are as good, percent that passed; the others are `inconclusive`:',
    by(({ passed }) => passed),
    'Worse by exactly the margin again, percent that the percentile bootstrap passed, which was here before:',
    by(({ before }) => before),
  ].join('\n\n');
}

export function replayTable(figures: readonly ReplayFigures[]): string {
  const rows = figures.map(({ name, bound, share, captured, boundBefore, before }) =>
    [name, `${bound} %`, `${share} %`, `${captured} %`, `${boundBefore} %`, `${before} %`].map(String),
  );
  return grid(['', 'bound', 'wrong', 'wrong of the captured', 'one count of all', 'wrong'], rows);
}

function sizesTable(figures: readonly EvaluateFigures[], value: (one: EvaluateFigures) => number | null): string {
  const names = [...new Set(figures.filter((one) => value(one) !== null).map(({ name }) => name))];
  const rows = names.map((name) => [
    name,
    ...SIZES.map((n) => {
      const one = figures.find((each) => each.name === name && each.n === n);
      return one === undefined ? '' : (value(one)?.toFixed(1) ?? '');
    }),
  ]);
  return grid(['', ...SIZES.map((n) => String(n))], rows);
}

/** A table in Markdown, numbers to the right. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
