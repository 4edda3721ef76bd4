import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellFigures, Judged } from './judge.ts';

const FILE = 'docs/rollouts.md';
const BEGIN = '<!-- bench judge: begin -->';
const END = '<!-- bench judge: end -->';

/** Puts the tables between the markers of the docs; returns the file's name. */
export async function writeTables(figures: readonly CellFigures[]): Promise<string> {
  const path = join(import.meta.dirname, '..', '..', FILE);
  const text = await readFile(path, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${FILE} has no line "${BEGIN}" … "${END}".`);
  await writeFile(path, `${before}${BEGIN}\n\n${markdown(figures)}\n\n${END}${after}`);
  return FILE;
}

export function markdown(figures: readonly CellFigures[]): string {
  const of = (group: CellFigures['group']) => figures.filter((one) => one.group === group);
  const trials = Math.max(...figures.map(({ sluice }) => sluice.trials));
  const beside = Math.max(...figures.map(({ kayenta }) => kayenta.trials));
  return [
    `\`canary([5, 25, 50])\` at its defaults, ${trials.toLocaleString('en')} rollouts a cell (${beside.toLocaleString('en')} for Kayenta), in virtual time.`,
    'Versions that are alike, percent of rollouts that were rolled back (goal: at most 1):',
    alikeTable(of('alike')),
    'Candidates that are worse, percent stopped (goal: at least 99) and seconds from the first bad answer to the verdict, median / p95:',
    badTable(of('bad')),
    'What cannot be told apart at a low rate, where the control share has too few requests to show that both changed (no goal):',
    alikeTable(of('limit')),
  ].join('\n\n');
}

function alikeTable(figures: readonly CellFigures[]): string {
  const rates = [...new Set(figures.map(({ rate }) => rate))].sort((a, b) => a - b);
  const names = [...new Set(figures.map(({ name }) => name))];
  const rows = names.map((name) => {
    const cell = (rate: number) => figures.find((one) => one.name === name && one.rate === rate);
    const before = figures.filter((one) => one.name === name && one.before !== null);
    const told =
      before.length === 0
        ? ''
        : before.length === 1
          ? `${before[0]?.before} (${before[0]?.rate} rps)`
          : `${before[0]?.before}`;
    const own = rates.map((rate) => (cell(rate) === undefined ? '' : String(cell(rate)?.sluice.percent)));
    const theirs = rates.map((rate) => (cell(rate) === undefined ? '–' : String(cell(rate)?.kayenta.percent)));
    return [name, ...own, theirs.join(' / '), told];
  });
  return grid(['', ...rates.map((rate) => `${rate} rps`), 'Kayenta, same rates', 'the judge before'], rows);
}

function badTable(figures: readonly CellFigures[]): string {
  const time = ({ median, p95 }: Judged) => (median === null ? '' : `${median} / ${p95}`);
  const rows = figures.map(({ name, rate, before, sluice, kayenta }) => [
    name,
    String(rate),
    String(sluice.percent),
    time(sluice),
    String(kayenta.percent),
    time(kayenta),
    before ?? '',
  ]);
  return grid(['', 'rps', 'stopped', 'seconds', 'Kayenta', 'seconds', 'the judge before'], rows);
}

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
