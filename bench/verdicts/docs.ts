import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { heads, rowsOf, type SceneFigures } from './verdicts.ts';

const FILE = 'docs/evaluate.md';
const BEGIN = '<!-- bench verdicts: begin -->';
const END = '<!-- bench verdicts: end -->';

/** Puts the table between its markers; returns the file's name. */
export async function writeVerdicts(figures: readonly SceneFigures[], trials: number): Promise<string> {
  const path = join(import.meta.dirname, '..', '..', FILE);
  const text = await readFile(path, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${FILE} has no line "${BEGIN}" … "${END}".`);
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const rules = line(heads.map((_, i) => (i < 2 ? '---' : '---:')));
  const table = [line(heads), rules, ...rowsOf(figures).map(line)].join('\n');
  await writeFile(
    path,
    `${before}${BEGIN}\n\nPercent of ${trials} suites each, and of ${Math.ceil(trials / 5)} for \`bleu\`.\n\n${table}\n\n${END}${after}`,
  );
  return FILE;
}
