import { parseArgs } from 'node:util';
import type { Bench } from '../harness/bench.ts';
import { round } from '../harness/spread.ts';
import { table } from '../harness/table.ts';
import { cells, SIZES } from './cells.ts';
import { writeTables } from './docs-table.ts';
import { type EvaluateFigures, evaluateCell } from './evaluate-cell.ts';
import { type ReplayFigures, replayCell, replayCells } from './replay-cell.ts';

export const bench: Bench = {
  summary: 'how often evaluate and replay promise too much, and pass what is good, in simulated suites and traffic',
  options:
    '--trials N (4000)  --before N (a tenth)  --only TEXT  --write: the tables of docs/evaluate.md and replay.md',
  async run(args, host) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        trials: { type: 'string', default: '4000' },
        before: { type: 'string' },
        only: { type: 'string', default: '' },
        write: { type: 'boolean', default: false },
      },
    });
    const trials = count(values.trials, '--trials');
    const before = values.before === undefined ? Math.ceil(trials / 10) : count(values.before, '--before');
    if (values.write && values.only !== '') throw new TypeError('--write needs every cell; leave --only out.');
    const began = process.cpuUsage();
    const evaluate: EvaluateFigures[] = [];
    for (const cell of cells.filter(({ name }) => name.includes(values.only))) {
      const row: EvaluateFigures[] = [];
      for (const n of SIZES) row.push(await evaluateCell(cell, n, trials, before, host));
      host.say(`${cell.name}: ${row.map(({ n, wrong, passed }) => `${n}: ${wrong} / ${passed} %`).join(', ')}`);
      evaluate.push(...row);
    }
    const replay: ReplayFigures[] = [];
    for (const cell of replayCells.filter(({ name }) => name.includes(values.only))) {
      replay.push(replayCell(cell, trials, host));
    }
    host.say(`\nevaluate, percent: passed at the margin | failed there | passed when alike | bootstrap at the margin`);
    host.say(evaluateTable(evaluate));
    host.say(`\nreplay, percent: wrong by share | by count | before\n${replayTable(replay)}`);
    if (values.write) host.say(`written: ${(await writeTables(evaluate, replay)).join(', ')}`);
    const used = process.cpuUsage(began);
    return {
      ok: [...evaluate, ...replay].every(({ ok }) => ok),
      trials,
      cpuSeconds: round((used.user + used.system) / 1e6, 0),
      worst: {
        evaluate: Math.max(0, ...evaluate.map(({ wrong, failed }) => Math.max(wrong, failed))),
        replay: Math.max(0, ...replay.map(({ share, captured }) => Math.max(share, captured))),
      },
      evaluate,
      replay,
    };
  },
};

function evaluateTable(figures: readonly EvaluateFigures[]): string {
  const names = [...new Set(figures.map(({ name }) => name))];
  const rows = names.map((name) => [
    name,
    ...SIZES.map((n) => {
      const one = figures.find((each) => each.name === name && each.n === n);
      if (one === undefined) return '';
      return `${one.wrong}|${one.failed}|${one.passed}|${one.before ?? ''}${one.ok ? '' : ' MISSED'}`;
    }),
  ]);
  return table(['', ...SIZES.map((n) => `n ${n}`)], rows);
}

function replayTable(figures: readonly ReplayFigures[]): string {
  return table(
    ['', 'bound', 'before', 'wrong', 'captured', 'before', ''],
    figures.map(({ name, bound, boundBefore, share, captured, before, ok }) => [
      name,
      ...[bound, boundBefore, share, captured, before].map((percent) => `${percent} %`),
      ok ? '' : 'MISSED',
    ]),
  );
}

function count(text: string, flag: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new TypeError(`${flag} is ${text}; it must be a whole number of at least 1.`);
  return value;
}
