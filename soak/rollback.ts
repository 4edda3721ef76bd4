import { parseArgs } from 'node:util';
import { inScope } from '../bench/harness/scope.ts';
import { table } from '../bench/harness/table.ts';
import type { Figures, Soak, SoakHost } from './harness/soak.ts';
import { writeTable } from './harness/write-table.ts';
import { cases } from './rollback/cases.ts';
import { BUDGET, type Played, play, RATE } from './rollback/play.ts';
import { playShape, SHAPE } from './rollback/play-shape.ts';
import { startStand } from './stand/stand.ts';

/** Candidates that go bad in the middle of their canary, under load, and how long they stay. */
export const soak: Soak = {
  summary: `rollbacks under ${RATE} requests a second: from the first bad answer to the last`,
  options: '--case NAME, one of them; --write, into docs/faults.md',
  run,
};

const head = [
  'candidate',
  'bad for, s',
  'known after, s',
  'then bad for, s',
  'budget, s',
  'bad answers',
  'other failures',
];

async function run(args: readonly string[], host: SoakHost): Promise<Figures> {
  const { values } = parseArgs({ args: [...args], options: { case: { type: 'string' }, write: { type: 'boolean' } } });
  const chosen = cases.filter(({ name }) => values.case === undefined || name === values.case);
  const { played, leftBehind } = await inScope(host.signal, async (scope) => {
    const stand = await startStand(host.signal);
    let closing: Promise<string[]> | undefined;
    const close = () => {
      closing ??= stand.close();
      return closing;
    };
    scope.defer(close);
    const played: Played[] = [];
    for (const [i, one] of chosen.entries()) {
      const result = await play(stand, `shop-${i}`, one);
      host.say(`${result.name}: ${result.state}: ${result.reason}`);
      for (const call of result.others.slice(0, 3)) host.say(`  also failed: ${JSON.stringify(call)}`);
      played.push(result);
    }
    if (values.case === undefined || values.case === SHAPE) {
      const result = await playShape(stand);
      host.say(`${result.name}: ${result.state}: ${result.reason}`);
      played.push(result);
    }
    return { played, leftBehind: await close() };
  });

  const seconds = (value: number | null) => (value === null ? '–' : value.toFixed(1));
  const rows = played.map((one) => [
    one.name,
    ...[one.bad, one.detected, one.after, BUDGET / 1000].map(seconds),
    ...[one.badAnswers, one.others.length].map(String),
  ]);
  host.say(`\n${table(head, rows)}\n`);
  for (const line of leftBehind) host.say(`left behind: ${line}`);
  if (values.write) await writeTable('docs/faults.md', 'rollbacks', head, rows, `${RATE} requests a second.`);
  const ok = leftBehind.length === 0 && played.every(holds);
  return { ok, budget: BUDGET / 1000, leftBehind, cases: played.map((one) => ({ ...one, others: one.others.length })) };
}

/** The bad version went within the time that was printed, and took nothing else with it. */
function holds(one: Played): boolean {
  const stopped = one.name === SHAPE ? one.state === 'blocked' && one.badAnswers === 0 : one.state === 'rolled-back';
  return stopped && one.after <= BUDGET / 1000 && one.others.length === 0;
}
