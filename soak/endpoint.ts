import { parseArgs } from 'node:util';
import { inScope } from '../bench/harness/scope.ts';
import { table } from '../bench/harness/table.ts';
import { LANES, planRound } from './endpoint/plan.ts';
import { Lanes, playRound, type RolloutRecord } from './endpoint/round.ts';
import { cellsOf, tableOf } from './endpoint/table.ts';
import { watchGateway } from './endpoint/watcher.ts';
import type { Figures, Soak, SoakHost } from './harness/soak.ts';
import { writeTable } from './harness/write-table.ts';
import { startStand } from './stand/stand.ts';

/** Rollouts on real servers, under load, while everything dies, stops, repeats and lies. */
export const soak: Soak = {
  summary: 'rollouts while servers, workers, gateway and models are killed, paused and restarted',
  options: '--seeds N (300), in rounds of 6; --seed K, where they begin (then 1 round); --write, into docs/faults.md',
  run,
};

async function run(args: readonly string[], host: SoakHost): Promise<Figures> {
  const options = { seeds: { type: 'string' }, seed: { type: 'string' }, write: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const first = values.seed === undefined ? 0 : Math.floor(Number(values.seed) / LANES);
  const rounds = Math.ceil(Number(values.seeds ?? (values.seed === undefined ? 300 : 1)) / LANES);
  const startedAt = Date.now();
  const { records, leftBehind, disk } = await inScope(host.signal, async (scope) => {
    const stand = await startStand(host.signal);
    let closing: Promise<string[]> | undefined;
    const close = () => {
      closing ??= stand.close();
      return closing;
    };
    scope.defer(close);
    const watcher = watchGateway(stand);
    scope.defer(() => watcher.stop());
    const lanes = new Lanes(stand, watcher);
    const records: RolloutRecord[] = [];
    for (let round = first; round < first + rounds; round += 1) {
      const plan = planRound(round);
      const played = await playRound(stand, watcher, lanes, plan);
      records.push(...played);
      host.say(`round ${round}: ${plan.fault}${plan.fault === 'none' ? '' : ` in ${plan.moment.phase}`}`);
      for (const record of played) for (const line of linesOf(record)) host.say(line);
    }
    await lanes.dropAll();
    await watcher.stop();
    return { records, leftBehind: await close(), disk: stand.disk !== null };
  });

  const cells = cellsOf(records);
  const { head, rows } = tableOf(cells);
  host.say(`\n${table(head, rows)}\n`);
  if (!disk) host.say('The disk was never full: only root can make a small one.');
  for (const line of leftBehind) host.say(`left behind: ${line}`);
  const broken = records.filter(({ problems }) => problems.length > 0);
  const undisturbed = records.filter(({ faults, candidate }) => faults.length === 0 && candidate === 'healthy');
  const figures = {
    rollouts: records.length,
    seconds: Math.round((Date.now() - startedAt) / 1000),
    deployed: records.filter(({ outcome }) => outcome === 'deployed').length,
    undisturbed: { rollouts: undisturbed.length, deployed: undisturbed.filter((r) => r.outcome === 'deployed').length },
    longestUnownedMs: Math.max(0, ...records.map(({ unowned }) => unowned)),
    reverts: records.reduce((sum, { reverts }) => sum + reverts, 0),
    failedRequests: records.reduce((sum, { failed }) => sum + failed, 0),
    leftBehind: leftBehind.length,
    brokenSeeds: broken.map(({ seed }) => seed),
    problems: broken.flatMap(({ seed, problems }) => problems.map((problem) => `${seed}: ${problem}`)),
    cells,
  };
  const ok = broken.length === 0 && leftBehind.length === 0;
  if (values.write) await writeTable('docs/faults.md', 'faults', head, rows, `${records.length} rollouts`);
  return { ok, ...figures };
}

function* linesOf(record: RolloutRecord): Generator<string> {
  const { seed, candidate, faults, outcome, reason, seconds, problems } = record;
  const what = faults.map(({ fault, phase }) => `${fault} (${phase})`).join(', ') || 'nothing';
  const why = reason === null ? '' : `: ${reason.slice(0, 100)}`;
  yield `  ${String(seed).padStart(4)} ${candidate.padEnd(13)} ${what}: ${outcome}${why}, ${seconds.toFixed(1)} s`;
  for (const problem of problems) yield `       ! ${problem}`;
}
