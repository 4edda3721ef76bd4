import { parseArgs } from 'node:util';
import { grid, writeBetween } from '../coverage/docs-table.ts';
import type { Bench } from '../harness/bench.ts';
import { round } from '../harness/spread.ts';
import { table } from '../harness/table.ts';
import { CATEGORIES, type Kind, kinds, play } from './suites.ts';

export interface VerdictFigures {
  readonly name: string;
  readonly n: number;
  readonly trials: number;
  /** The same model twice, percent. */
  readonly same: { readonly passed: number; readonly failed: number };
  /** Worse by exactly the margin everywhere, percent of whole tasks. */
  readonly edge: { readonly passed: number; readonly failed: number };
  /** One category worse by much, percent: it is named; another is. */
  readonly planted: { readonly loss: number; readonly named: number; readonly wrongly: number };
  readonly ok: boolean;
}

/** Cases of a suite. */
const SIZE = 600;

export const bench: Bench = {
  summary: 'how often verdicts of suite folders are false alarms, miss, and name the category that got worse',
  options: '--trials N (400)  --write: the table of docs/evaluate.md',
  async run(args, host) {
    const { values } = parseArgs({
      args: [...args],
      options: { trials: { type: 'string', default: '400' }, write: { type: 'boolean', default: false } },
    });
    const trials = Number(values.trials);
    if (!Number.isSafeInteger(trials) || trials < 1)
      throw new TypeError(`--trials is ${values.trials}; give a number.`);
    const figures: VerdictFigures[] = [];
    for (const kind of kinds) {
      figures.push(await verdictsOf(kind, SIZE, trials, host.signal));
      host.say(`${kind.name}: ${JSON.stringify(figures.at(-1))}`);
    }
    host.say(`\n${table(head, figures.map(cellsOf))}`);
    if (values.write) await writeBetween('docs/evaluate.md', 'verdicts', verdictTable(figures));
    return { ok: figures.every(({ ok }) => ok), trials, figures };
  },
};

/** Rates of one kind of scores. */
export async function verdictsOf(kind: Kind, n: number, trials: number, signal: AbortSignal): Promise<VerdictFigures> {
  const count = { samePassed: 0, sameFailed: 0, edgePassed: 0, edgeFailed: 0, named: 0, wrongly: 0 };
  for (let trial = 0; trial < trials; trial += 1) {
    signal.throwIfAborted();
    const category = trial % CATEGORIES;
    const same = await play(kind, n, 0, null, `${kind.name}/same/${trial}`);
    const edge = await play(kind, n, kind.margin, null, `${kind.name}/edge/${trial}`);
    const planted = await play(kind, n, kind.planted, category, `${kind.name}/planted/${trial}`);
    count.samePassed += same.verdict === 'pass' ? 1 : 0;
    count.sameFailed += same.verdict === 'fail' ? 1 : 0;
    count.edgePassed += edge.whole === 'pass' ? 1 : 0;
    count.edgeFailed += edge.verdict === 'fail' ? 1 : 0;
    count.named += planted.verdict === 'fail' && planted.failed.includes(category) ? 1 : 0;
    count.wrongly += planted.failed.some((one) => one !== category) ? 1 : 0;
  }
  const percent = (part: number) => round((100 * part) / trials, 1);
  const most = allowed(trials);
  return {
    name: kind.name,
    n,
    trials,
    same: { passed: percent(count.samePassed), failed: percent(count.sameFailed) },
    edge: { passed: percent(count.edgePassed), failed: percent(count.edgeFailed) },
    planted: { loss: kind.planted, named: percent(count.named), wrongly: percent(count.wrongly) },
    ok: [count.edgePassed, count.edgeFailed, count.sameFailed, count.wrongly].every((wrong) => wrong <= most),
  };
}

/** Most of so many trials in which a rate of 2.5 % shows up, but for one time in 2,000. */
export function allowed(trials: number): number {
  const expected = 0.025 * trials;
  return Math.ceil(expected + 3.3 * Math.sqrt(expected * 0.975) + 1);
}

const head = [
  '',
  'same: passes',
  'fails',
  'at the margin: passes',
  'fails',
  'one of 20 worse by',
  'named',
  'another named',
];

function cellsOf({ name, same, edge, planted }: VerdictFigures): string[] {
  const percents = [same.passed, same.failed, edge.passed, edge.failed].map((value) => value.toFixed(1));
  return [name, ...percents, String(planted.loss), planted.named.toFixed(1), planted.wrongly.toFixed(1)];
}

export function verdictTable(figures: readonly VerdictFigures[]): string {
  const [first] = figures;
  const trials = first?.trials.toLocaleString('en') ?? '0';
  const most = first === undefined ? 0 : round((100 * allowed(first.trials)) / first.trials, 1);
  const about = `${trials} suites of ${first?.n ?? 0} cases in ${CATEGORIES} categories a row, in percent; a rate of 2.5 shows up as up to ${most}.`;
  return `${about}\n\n${grid(head, figures.map(cellsOf))}`;
}
