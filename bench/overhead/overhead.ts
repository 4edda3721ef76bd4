import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, type Spread, spreadOf } from '../harness/spread.ts';
import { type Temporal, temporalServer } from '../harness/stack.ts';
import { table } from '../harness/table.ts';
import { bareTemporalSystem } from './bare-temporal.ts';
import { dagsterSystem } from './dagster.ts';
import { metaflowSystem } from './metaflow.ts';
import { sluiceSystem } from './sluice.ts';
import type { System } from './system.ts';

/** Steps at once on every system. */
const CONCURRENCY = 16;

interface Plan {
  readonly branches: number;
  /** Runs on Sluice and on bare Temporal. */
  readonly times: number;
  /** Runs on the others, which take longer. */
  readonly othersTimes: number;
}

const full: readonly Plan[] = [
  { branches: 0, times: 7, othersTimes: 5 },
  { branches: 1, times: 7, othersTimes: 5 },
  { branches: 50, times: 5, othersTimes: 2 },
  { branches: 500, times: 3, othersTimes: 1 },
];
const quick: readonly Plan[] = [
  { branches: 0, times: 3, othersTimes: 1 },
  { branches: 1, times: 3, othersTimes: 1 },
  { branches: 10, times: 3, othersTimes: 1 },
];

/** One system's runs of one case. */
interface Figures {
  readonly system: string;
  readonly branches: number;
  readonly seconds: Spread;
  /** Steps done when the run was given up; its seconds are then a lower bound. */
  readonly doneAtLimit: number | null;
  /** Processor time of workers and server for one step, ms; null for systems without long-lived processes. */
  readonly cpuMsPerStep: number | null;
}

export const bench: Bench = {
  summary: 'the same no-op steps on Sluice, on Temporal by hand, on Metaflow and on Dagster',
  options:
    '--quick   fewer branches and runs     --no-others   Sluice and Temporal only     --others N   runs of these at most [5]     --limit SECONDS   of a run [600]',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

async function measure(args: readonly string[], host: BenchHost, scope: Scope): Promise<object> {
  const { values: flags } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      'no-others': { type: 'boolean', default: false },
      limit: { type: 'string', default: '600' },
      others: { type: 'string', default: '5' },
    },
  });
  const machine = describeMachine();
  host.say(machineLine(machine));
  const env = await ensurePythonEnv({
    name: 'bench-metaflow',
    requirements: `${import.meta.dirname}/../python/metaflow.txt`,
    log: host.say,
  });
  const systemHost = { scope, concurrency: CONCURRENCY, venv: dirname(env.bin), say: host.say };
  const temporal = await temporalServer(scope, host.say);
  const ours = [await sluiceSystem(systemHost, temporal), await bareTemporalSystem(systemHost, temporal)];
  const others = flags['no-others']
    ? []
    : [
        await metaflowSystem(systemHost),
        await dagsterSystem(systemHost, 'spawn'),
        await dagsterSystem(systemHost, 'forkserver'),
      ];
  // The first run on each pays for what is loaded once.
  for (const system of ours) for (const branches of [0, CONCURRENCY]) await system.run(branches, { seconds: 600 });
  const figures: Figures[] = [];
  const limit = { seconds: Number(flags.limit) };
  for (const plan of flags.quick ? quick : full) {
    const capped = { ...plan, othersTimes: Math.min(plan.othersTimes, Number(flags.others)) };
    // What was over the limit with fewer branches is not asked for more.
    const able = others.filter(({ name }) => !figures.some((one) => one.system === name && one.doneAtLimit !== null));
    const measured = await interleaved(capped, ours, able, limit, temporal, host.say);
    figures.push(...measured);
    host.say(`\n${caseName(plan.branches)}\n${tableOf(measured, ours, others)}`);
  }
  return {
    machine: { ...machine, loadAfter: describeMachine().loadBefore },
    concurrency: CONCURRENCY,
    systems: Object.fromEntries([...ours, ...others].map(({ name, about }) => [name, about])),
    figures,
    ratios: ratiosOf(figures),
  };
}

/** Takes turns, so that a slow minute of the machine falls on all of them. */
async function interleaved(
  plan: Plan,
  ours: readonly System[],
  others: readonly System[],
  limit: { readonly seconds: number },
  { server }: Temporal,
  say: (line: string) => void,
): Promise<Figures[]> {
  const runs = new Map<System, { seconds: number[]; cpu: number[]; doneAtLimit: number | null }>();
  for (let round = 0; round < Math.max(plan.times, plan.othersTimes); round++) {
    const turn = [...(round < plan.times ? ours : []), ...(round < plan.othersTimes ? others : [])];
    for (const system of round % 2 === 0 ? turn : turn.toReversed()) {
      const so = runs.get(system) ?? { seconds: [], cpu: [], doneAtLimit: null };
      runs.set(system, so);
      if (so.doneAtLimit !== null) continue; // once over the limit is enough
      const pids = [...system.pids, server.pid];
      const before = cpuSeconds(pids);
      const timing = await system.run(plan.branches, limit);
      const after = cpuSeconds(pids);
      so.seconds.push(timing.seconds);
      so.doneAtLimit = timing.doneAtLimit;
      if (before !== null && after !== null && system.pids.length > 0) so.cpu.push(after - before);
      if (timing.seconds > 20) say(`${system.name}, ${caseName(plan.branches)}: ${timing.seconds.toFixed(1)} s`);
    }
  }
  return [...ours, ...others].flatMap((system) => {
    const so = runs.get(system);
    if (so === undefined) return [];
    const steps = 5 + plan.branches;
    return [
      {
        system: system.name,
        branches: plan.branches,
        seconds: spreadOf(so.seconds),
        doneAtLimit: so.doneAtLimit,
        cpuMsPerStep: so.cpu.length === 0 ? null : round((spreadOf(so.cpu).median / steps) * 1000, 1),
      },
    ];
  });
}

function caseName(branches: number): string {
  return branches === 0
    ? 'five steps in a row'
    : `five steps in a row, then ${branches} branch${branches > 1 ? 'es' : ''}`;
}

function tableOf(figures: readonly Figures[], ours: readonly System[], others: readonly System[]): string {
  const [sluice] = figures;
  return table(
    ['system', 'runs', 'median s', 'min', 'max', 'ms a step', 'CPU ms a step', 'Sluice takes'],
    [...ours, ...others].flatMap((system) => {
      const one = figures.find((figure) => figure.system === system.name);
      if (one === undefined || sluice === undefined) return [];
      const { n, median, min, max } = one.seconds;
      const least = one.doneAtLimit === null ? '' : '> ';
      const ratio = sluice.seconds.median / median;
      return [
        [
          one.system,
          `${n}`,
          `${least}${median.toFixed(3)}`,
          min.toFixed(3),
          max.toFixed(3),
          ((median / (5 + one.branches)) * 1000).toFixed(0),
          one.cpuMsPerStep === null ? '' : one.cpuMsPerStep.toFixed(0),
          one === sluice
            ? ''
            : `${ratio.toFixed(ratio < 0.1 ? 3 : 2)}×${one.doneAtLimit === null ? '' : ` (${one.doneAtLimit} steps done)`}`,
        ],
      ];
    }),
  );
}

/** What the goals are about, by case. */
function ratiosOf(figures: readonly Figures[]): object[] {
  const cases = [...new Set(figures.map(({ branches }) => branches))];
  return cases.flatMap((branches) => {
    const of = (...names: string[]) =>
      figures.filter((one) => one.branches === branches && names.includes(one.system)).sort(bySeconds);
    const [[sluice], [bare], [best]] = [of('sluice'), of('temporal'), of('metaflow', 'dagster', 'dagster-fork')];
    if (sluice === undefined || bare === undefined) return [];
    return [
      {
        branches,
        overTemporal: round(sluice.seconds.median / bare.seconds.median, 2),
        cpuOverTemporal:
          sluice.cpuMsPerStep === null || bare.cpuMsPerStep === null
            ? null
            : round(sluice.cpuMsPerStep / bare.cpuMsPerStep, 2),
        bestOther: best?.system ?? null,
        timesFasterThanBestOther: best === undefined ? null : round(best.seconds.median / sluice.seconds.median, 1),
        atLeast: best !== undefined && best.doneAtLimit !== null,
      },
    ];
  });
}

function bySeconds(a: Figures, b: Figures): number {
  return a.seconds.median - b.seconds.median;
}
