import { parseArgs } from 'node:util';
import { inScope } from '../bench/harness/scope.ts';
import { table } from '../bench/harness/table.ts';
import { startTemporal } from '../packages/cli/src/dev/temporal-server.ts';
import { startStand } from '../test/edits/stand.ts';
import { edits } from './edits/edit.ts';
import { caseOf } from './edits/generate.ts';
import { type Played, playRound } from './edits/round.ts';
import { namesAStep } from './edits/verdict.ts';
import type { Figures, Soak, SoakHost } from './harness/soak.ts';

/** Code that changes while runs wait: no result may come under another step's name. */
export const soak: Soak = {
  summary: 'the code of waiting runs is changed, and they go on, are retried or are reset',
  options: '--seeds N (200); --seed K, where they begin (then 1)',
  run,
};

/** Runs at once. */
const ROUND = 25;

async function run(args: readonly string[], host: SoakHost): Promise<Figures> {
  const { values } = parseArgs({ args: [...args], options: { seeds: { type: 'string' }, seed: { type: 'string' } } });
  const first = Number(values.seed ?? 0);
  const count = Number(values.seeds ?? (values.seed === undefined ? 200 : 1));
  const startedAt = Date.now();
  const played = await inScope(host.signal, async (scope) => {
    const server = await startTemporal({ headless: true });
    scope.defer(() => server.stop());
    const all: Played[] = [];
    for (let seed = first; seed < first + count; seed += ROUND) {
      const cases = Array.from({ length: Math.min(ROUND, first + count - seed) }, (_, i) => caseOf(seed + i));
      const stand = await startStand(server.address);
      scope.defer(() => stand.close());
      const round = await playRound(stand, cases);
      await stand.close();
      all.push(...round);
      for (const one of round) for (const line of linesOf(one)) host.say(line);
    }
    return all;
  });

  host.say(`\n${table(head, [...rowsOf(played), totalOf(played)])}\n`);
  const broken = played.filter(({ problems }) => problems.length > 0);
  const unnamed = played.filter(({ case: one, why }) => why !== null && !namesAStep(one, why));
  return {
    ok: broken.length === 0,
    edits: played.length,
    seconds: Math.round((Date.now() - startedAt) / 1000),
    ...countsOf(played),
    stoppedWithoutAName: unnamed.length,
    brokenSeeds: broken.map(({ case: { seed } }) => seed),
    problems: broken.flatMap(({ case: { seed }, problems }) => problems.map((problem) => `${seed}: ${problem}`)),
  };
}

const head = ['change', 'runs', 'ended right', 'stopped at it', 'retry refused', 'wrong'];

function rowsOf(played: readonly Played[]): string[][] {
  return edits.map((edit) => [edit, ...cellsOf(played.filter(({ case: one }) => one.edit === edit))]);
}

function totalOf(played: readonly Played[]): string[] {
  return ['all', ...cellsOf(played)];
}

function cellsOf(played: readonly Played[]): string[] {
  const { ended, stopped, refused, wrong } = countsOf(played);
  return [played.length, ended, stopped, refused, wrong].map(String);
}

function countsOf(played: readonly Played[]) {
  const of = (wanted: Played['outcome']) => played.filter(({ outcome }) => outcome === wanted).length;
  const wrong = played.filter(({ problems }) => problems.length > 0).length;
  return { ended: of('ended'), stopped: of('stopped'), refused: of('refused'), wrong };
}

function* linesOf({ case: one, outcome, why, problems }: Played): Generator<string> {
  const { seed, what, place, way, held } = one;
  const waits = held === null ? '' : ` while ${held} is under way`;
  yield `${String(seed).padStart(4)} ${place}, ${way}: ${what}${waits}: ${outcome}`;
  if (why !== null && !namesAStep(one, why)) yield `       ${why}`;
  for (const problem of problems) yield `     ! ${problem}`;
}
