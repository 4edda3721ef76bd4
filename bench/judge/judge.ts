import { parseArgs } from 'node:util';
import { virtualEndpoint, virtualRollout } from '../../packages/activities/src/health/testing/virtual-endpoint.ts';
import { canary } from '../../packages/sdk/src/index.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { round } from '../harness/spread.ts';
import { table } from '../harness/table.ts';
import { type Cell, cells } from './cells.ts';
import { writeTables } from './docs-table.ts';
import { kayentaRollout } from './kayenta-rollout.ts';

/** What one judge did in one cell. */
export interface Judged {
  readonly trials: number;
  /** Percent of the rollouts that were rolled back. */
  readonly percent: number;
  /** Seconds from the first bad answer to the verdict; null where none was rolled back. */
  readonly median: number | null;
  readonly p95: number | null;
}

export interface CellFigures {
  readonly group: Cell['group'];
  readonly name: string;
  readonly rate: number;
  readonly before: string | null;
  readonly sluice: Judged;
  readonly kayenta: Judged;
  /** At most 1 % of alike versions, at least 99 % of bad ones; null where nothing is promised. */
  readonly ok: boolean | null;
}

const spec = canary([5, 25, 50]);

export const bench: Bench = {
  summary: 'false alarms, detection and time of the judge of health, and of Kayenta on the same streams',
  options:
    '--trials N (2000)  --kayenta N (a tenth)  --only TEXT  --seed TEXT: other draws  --write: the tables of docs/rollouts.md',
  async run(args, host) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        trials: { type: 'string', default: '2000' },
        kayenta: { type: 'string' },
        only: { type: 'string', default: '' },
        seed: { type: 'string', default: '' },
        write: { type: 'boolean', default: false },
      },
    });
    const trials = count(values.trials, '--trials');
    const beside = values.kayenta === undefined ? Math.ceil(trials / 10) : count(values.kayenta, '--kayenta');
    const chosen = cells.filter(({ name }) => name.includes(values.only));
    const began = process.cpuUsage();
    const figures: CellFigures[] = [];
    for (const cell of chosen) figures.push(await cellFigures(cell, trials, beside, host, values.seed));
    const used = process.cpuUsage(began);
    host.say(`\n${textTable(figures)}`);
    if (values.write) host.say(`written: ${await writeTables(figures)}`);
    const seconds = round((used.user + used.system) / 1e6, 0);
    return {
      ok: figures.every(({ ok }) => ok !== false),
      trials,
      seed: values.seed,
      cpuSeconds: seconds,
      cells: figures,
    };
  },
};

/** All trials of one cell, seeded by its name and rate; another `seed` gives other draws. */
export async function cellFigures(
  cell: Cell,
  trials: number,
  beside: number,
  host: BenchHost,
  seed = '',
): Promise<CellFigures> {
  const { group, name, rate } = cell;
  const seedOf = (trial: number) => `${seed}${name}@${rate}/${trial}`;
  const endpoint = (trial: number) => virtualEndpoint(cell.world, seedOf(trial), cell.slowMs, cell.from);
  const sluice = await judged(trials, host, async (trial) => {
    const { verdict, took } = await virtualRollout(endpoint(trial), spec, cell.lostAt);
    return { stopped: verdict === 'rolled-back', took };
  });
  const kayenta = await judged(beside, host, (trial) => kayentaRollout(endpoint(trial), spec, spec.health.interval));
  const ok = group === 'limit' ? null : group === 'alike' ? sluice.percent <= 1 : sluice.percent >= 99;
  host.say(`${name}, ${rate} rps: ${sluice.percent} %${sluice.median === null ? '' : `, ${sluice.median} s`}`);
  return { group, name, rate, before: cell.before ?? null, sluice, kayenta, ok };
}

async function judged(
  trials: number,
  host: BenchHost,
  run: (trial: number) => Promise<{ readonly stopped: boolean; readonly took: number | null }>,
): Promise<Judged> {
  const times: number[] = [];
  let stopped = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    host.signal.throwIfAborted();
    const outcome = await run(trial);
    if (!outcome.stopped) continue;
    stopped += 1;
    if (outcome.took !== null) times.push(outcome.took);
  }
  times.sort((a, b) => a - b);
  const at = (q: number) => (times.length === 0 ? null : round(times[Math.floor(q * (times.length - 1))] ?? 0, 0));
  return { trials, percent: round((100 * stopped) / Math.max(1, trials), 2), median: at(0.5), p95: at(0.95) };
}

function textTable(figures: readonly CellFigures[]): string {
  const told = ({ percent, median, p95 }: Judged) => [`${percent} %`, median === null ? '' : `${median} / ${p95} s`];
  return table(
    ['', 'rps', 'before', 'rolled back', 'median / p95', 'Kayenta', 'median / p95', ''],
    figures.map(({ name, rate, before, sluice, kayenta, ok }) => [
      name,
      String(rate),
      before ?? '',
      ...told(sluice),
      ...told(kayenta),
      ok === false ? 'MISSED' : '',
    ]),
  );
}

function count(text: string, flag: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new TypeError(`${flag} is ${text}; it must be a whole number of at least 1.`);
  return value;
}
