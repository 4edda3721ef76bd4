import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { CaseMetric } from '../../packages/activities/src/metrics/metric.ts';
import { metricOf } from '../../packages/activities/src/metrics/table.ts';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, type Spread, spreadOf } from '../harness/spread.ts';
import { temporaryFolder } from '../harness/stack.ts';
import { table } from '../harness/table.ts';
import { summaries } from './summaries.ts';

const execute = promisify(execFile);
const types = ['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const;

/** Times as fast as `rouge_score`. */
const goal = 10;

export const bench: Bench = {
  summary: 'ROUGE-1, 2, L and Lsum of summaries, against rouge_score',
  options: '--pairs N [10000]   --runs N [5]   --reference-runs N [1]',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

interface Timed {
  /** Of the processor: other programs of a busy machine do not count. */
  readonly seconds: number;
  /** Sum of the F1 of all pairs, by type. */
  readonly sums: Readonly<Record<string, number>>;
}

async function measure(args: readonly string[], host: BenchHost, scope: Scope): Promise<object> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pairs: { type: 'string', default: '10000' },
      runs: { type: 'string', default: '5' },
      'reference-runs': { type: 'string', default: '1' },
    },
  });
  const machine = describeMachine();
  host.say(machineLine(machine));
  const { python } = await ensurePythonEnv({
    name: 'metrics',
    requirements: join(import.meta.dirname, '../python/metrics.txt'),
    log: host.say,
  });
  const pairs = summaries(Number(values.pairs), 1);
  const file = join(await temporaryFolder(scope, 'metrics'), 'pairs.json');
  const figures = [];
  for (const stemmer of [true, false]) {
    await writeFile(file, JSON.stringify({ pairs, types, stemmer }));
    // In turns, so that a slow minute of the machine falls on both.
    const [own, theirs]: [Timed[], Timed[]] = [[], []];
    for (let run = 0; run < Math.max(Number(values.runs), Number(values['reference-runs'])); run += 1) {
      if (run < Number(values.runs)) own.push(ours(pairs, stemmer));
      if (run < Number(values['reference-runs'])) theirs.push(await reference(python, file, host.signal));
    }
    const [a, b] = [spreadOf(own.map(({ seconds }) => seconds)), spreadOf(theirs.map(({ seconds }) => seconds))];
    figures.push({ stemmer, ours: a, rougeScore: b, ratio: round(b.median / a.median), same: same(own, theirs) });
  }
  host.say(`\n${pairs.length} pairs, seconds of the processor\n${tableOf(figures)}`);
  return {
    machine: { ...machine, loadAfter: describeMachine().loadBefore },
    pairs: pairs.length,
    figures,
    goal,
    ok: figures.every(({ ratio, same }) => ratio >= goal && same),
  };
}

/** As an evaluation does it: every metric by itself, from the texts on. */
function ours(pairs: readonly (readonly [string, string])[], stemmer: boolean): Timed {
  const started = process.cpuUsage();
  const sums: Record<string, number> = {};
  for (const type of types) {
    const metric = metricOf(type, { stemmer }) as CaseMetric;
    let sum = 0;
    for (const [expected, answer] of pairs) sum += metric.score({ expected, answer, latencyMs: null }) as number;
    sums[type] = sum;
  }
  const { user, system } = process.cpuUsage(started);
  return { seconds: (user + system) / 1e6, sums };
}

async function reference(python: string, file: string, signal: AbortSignal): Promise<Timed> {
  const script = join(import.meta.dirname, 'rouge_score_seconds.py');
  const { stdout } = await execute(python, [script, file], { signal });
  return JSON.parse(stdout) as Timed;
}

function same(own: readonly Timed[], theirs: readonly Timed[]): boolean {
  return types.every((type) => Math.abs((own[0]?.sums[type] ?? 0) - (theirs[0]?.sums[type] ?? 1)) < 1e-6);
}

interface Figure {
  readonly stemmer: boolean;
  readonly ours: Spread;
  readonly rougeScore: Spread;
  readonly ratio: number;
  readonly same: boolean;
}

function tableOf(figures: readonly Figure[]): string {
  return table(
    ['', 'Sluice', 'rouge_score', 'times as fast', 'same scores'],
    figures.map(({ stemmer, ours, rougeScore, ratio, same }) => [
      stemmer ? 'with stems' : 'without stems',
      String(round(ours.median)),
      String(round(rougeScore.median)),
      String(ratio),
      same ? 'yes' : 'no',
    ]),
  );
}
