import { parseArgs } from 'node:util';
import type { Bench } from '../harness/bench.ts';
import { round } from '../harness/spread.ts';
import { table } from '../harness/table.ts';
import { writeVerdicts } from './docs.ts';
import { lossOf, play } from './play.ts';
import { CATEGORIES, DAMAGED, type Scene, scenes } from './scenes.ts';

/** How trials of a scene ended, percent. */
export interface SceneFigures {
  readonly name: string;
  readonly metric: string;
  readonly cases: number;
  readonly passed: number;
  readonly failed: number;
  readonly inconclusive: number;
  /** The damaged category was named; null where none is. */
  readonly named: number | null;
  /** A category was named that is not damaged. */
  readonly astray: number;
  readonly ok: boolean;
}

export const bench: Bench = {
  summary: 'what suites of twenty categories say of candidates that are as good, worse, or worse in one category',
  options: '--trials N (400; a fifth of it for bleu)  --only TEXT  --write: the table of docs/evaluate.md',
  async run(args, host) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        trials: { type: 'string', default: '400' },
        only: { type: 'string', default: '' },
        write: { type: 'boolean', default: false },
      },
    });
    const trials = Number(values.trials);
    if (!Number.isSafeInteger(trials) || trials < 1) throw new TypeError(`--trials is ${values.trials}.`);
    const figures: SceneFigures[] = [];
    for (const scene of scenes.filter(({ name, metric }) => `${metric}, ${name}`.includes(values.only))) {
      // A corpus is resampled a thousand times for each of its rows.
      const rounds = scene.metric === 'bleu' ? Math.ceil(trials / 5) : trials;
      figures.push(await sceneFigures(scene, rounds, host.signal));
      const { metric, cases, name, passed, failed, named, astray, ok } = figures.at(-1) as SceneFigures;
      host.say(
        `${metric}, ${cases} cases, ${name}: ${passed} pass, ${failed} fail, ${named ?? '-'} named, ${astray} astray${ok ? '' : ' MISSED'}`,
      );
    }
    host.say(`\npercent of ${trials} suites\n${table(heads, rowsOf(figures))}`);
    if (values.write) host.say(`written: ${await writeVerdicts(figures, trials)}`);
    return { ok: figures.every(({ ok }) => ok), trials, figures };
  },
};

export const heads = [
  'metric',
  'candidate',
  'cases',
  'pass',
  'inconclusive',
  'fail',
  'the category is named',
  'another one is',
];

export function rowsOf(figures: readonly SceneFigures[]): string[][] {
  return figures.map(({ metric, name, cases, passed, inconclusive, failed, named, astray, ok }) => [
    metric,
    name,
    cases.toLocaleString('en'),
    ...[passed, inconclusive, failed, named, astray].map((one) => (one === null ? '' : one.toFixed(1))),
    ...(ok ? [] : ['MISSED']),
  ]);
}

export async function sceneFigures(scene: Scene, trials: number, signal?: AbortSignal): Promise<SceneFigures> {
  const margin = scene.margin ?? lossOf(scene);
  const counts = { pass: 0, fail: 0, inconclusive: 0, error: 0, named: 0, astray: 0 };
  for (let seed = 0; seed < trials; seed += 1) {
    signal?.throwIfAborted();
    const { verdict, named } = await play(scene, margin, seed);
    counts[verdict] += 1;
    const right = scene.damaged === null ? null : `category ${DAMAGED}`;
    if (right !== null && named.includes(right)) counts.named += 1;
    if (named.some((one) => one !== right)) counts.astray += 1;
  }
  const percent = (count: number) => round((100 * count) / trials, 1);
  const { promise } = scene;
  const within = (count: number, most: number | undefined) => most === undefined || count <= allowed(trials, most);
  return {
    name: scene.name,
    metric: scene.metric,
    cases: scene.each * CATEGORIES,
    passed: percent(counts.pass),
    failed: percent(counts.fail),
    inconclusive: percent(counts.inconclusive),
    named: scene.damaged === null ? null : percent(counts.named),
    astray: percent(counts.astray),
    ok:
      counts.error === 0 &&
      within(counts.pass, promise.passes) &&
      within(counts.fail, promise.fails) &&
      within(counts.astray, promise.astray) &&
      (promise.atLeast === undefined || counts.pass >= (promise.atLeast / 100) * trials),
  };
}

/** Trials that may end so where `percent` of all would: three standard errors more. */
function allowed(trials: number, percent: number): number {
  const mean = (trials * percent) / 100;
  return mean + 3 * Math.sqrt(mean * (1 - percent / 100));
}
